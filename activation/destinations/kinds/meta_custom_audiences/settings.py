"""What the register asks for of Meta Custom Audiences."""

from typing import Annotated, Literal

import msgspec

from activation.destinations.kinds.http_settings import Columns, HttpSettings

MOST_PEOPLE = 10_000
"""People that one request may hold."""
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}\Z")]


class CustomAudiencesSettings(HttpSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Custom Audiences that exist already, made of a customer file."""

    audiences: Annotated[
        dict[str, Digits],
        msgspec.Meta(description="Audience -> id of the Custom Audience that its people go to"),
    ]
    mode: Annotated[
        Literal["add", "replace"],
        msgspec.Meta(
            description="add: people are added. replace: they take the place of those who are there, in one"
            " session of at most 90 minutes, during which Meta lets nobody be taken out"
        ),
    ] = "add"
    send_external_ids: Annotated[
        bool,
        msgspec.Meta(description="Whether the customer number, else the user number, is sent (EXTERN_ID)"),
    ] = False
    limited_data_use: Annotated[
        Literal["always", "by_row"],
        msgspec.Meta(
            description="always: Meta is told to limit the use of every row, which it does for people in the"
            " states that have it. by_row: a column limited_data_use or jurisdiction tells for whom; whoever"
            " it tells nothing of is limited"
        ),
    ] = "always"
    left_out: Annotated[
        Columns, msgspec.Meta(description="Columns of the audience that are not sent to Meta")
    ] = []
    people_a_request: Annotated[
        int, msgspec.Meta(ge=1, le=MOST_PEOPLE, description="How many people one request names at most")
    ] = MOST_PEOPLE
    api_version: Annotated[
        str, msgspec.Meta(description="Version of the Marketing API", pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}\Z")
    ] = "v25.0"
    endpoint: Annotated[str, msgspec.Meta(description="The Graph API")] = "https://graph.facebook.com"
