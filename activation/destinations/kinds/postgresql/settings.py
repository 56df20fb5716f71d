"""What the register asks for of a PostgreSQL."""

from typing import Annotated, Literal

import msgspec

_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,49}\Z"
_WORD = r"^[^\x00-\x20\x7f]{1,63}\Z"


class PostgresqlSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table in PostgreSQL."""

    host: Annotated[
        str,
        msgspec.Meta(
            description="Name or address of the server; a name is looked up and its address checked",
            min_length=1,
            max_length=253,
        ),
    ]
    database: Annotated[str, msgspec.Meta(description="Name of the database", pattern=_WORD)]
    user: Annotated[
        str,
        msgspec.Meta(
            description="Name of the database user, who may select, insert and delete in the table",
            pattern=_WORD,
        ),
    ]
    table: Annotated[
        str,
        msgspec.Meta(
            description="Name of the table, 1 to 50 letters, digits and `_`. It is made if it is not there,"
            " and beside it one whose name ends in `_deliveries`",
            pattern=_NAME,
        ),
    ]
    schema: Annotated[
        str, msgspec.Meta(description="Schema of the table, 1 to 50 letters, digits and `_`", pattern=_NAME)
    ] = "public"
    port: Annotated[int, msgspec.Meta(description="Port, 1 to 65535", ge=1, le=65_535)] = 5432
    tls: Annotated[
        Literal["verify-full", "disable"],
        msgspec.Meta(
            description="`verify-full` holds the server's certificate against its name; `disable` is for"
            " local addresses only"
        ),
    ] = "verify-full"
    connect_seconds: Annotated[
        int, msgspec.Meta(description="How long connecting may take, 2 to 300", ge=2, le=300)
    ] = 10
    step_seconds: Annotated[
        int,
        msgspec.Meta(
            description="How long one statement, or the taking of one batch of rows, may take, 1 to 86400",
            ge=1,
            le=86_400,
        ),
    ] = 600
