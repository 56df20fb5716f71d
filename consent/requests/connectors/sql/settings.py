"""What a database of the data map may be told besides its address. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from consent.requests.connectors.interface import SystemRefused

_Seconds = Annotated[int, msgspec.Meta(ge=1, le=3600)]


class SqlSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a system of the kind `sql`."""

    connect_seconds: Annotated[_Seconds, msgspec.Meta(description="Wait so long for a connection.")] = 10
    statement_seconds: Annotated[
        _Seconds, msgspec.Meta(description="No statement may take longer, nor wait longer for a row.")
    ] = 60
    lock_seconds: Annotated[
        _Seconds, msgspec.Meta(description="Wait so long for a lock that another holds.")
    ] = 10
    batch_rows: Annotated[
        int, msgspec.Meta(ge=1, le=10_000, description="So many rows are in memory at once.")
    ] = 500
    written_normalised: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="Fields (`dataset.field`) whose identifiers are written as Accordant writes them"
            " (e-mail in lower case, telephone in E.164): they are looked up as they are, and an index helps."
        ),
    ] = ()
    restricted_flags: Annotated[
        dict[str, str],
        msgspec.Meta(
            description="Dataset -> its column that says whether a row's use is restricted (GDPR Art. 18)."
            " Datasets that are not named need a human."
        ),
    ] = {}


def read_settings(settings: Mapping[str, Any]) -> SqlSettings:
    """Return the settings of a database.

    :raises SystemRefused: if one is unknown or malformed; the message names it, and not what it was.
    """
    try:
        return msgspec.convert(dict(settings), SqlSettings)
    except msgspec.ValidationError as error:
        raise SystemRefused(f"settings: {error}") from None
