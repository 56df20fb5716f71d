"""What the register asks for of a Braze workspace."""

from typing import Annotated, Literal

import msgspec

from activation.destinations.kinds.http_settings import Columns, HttpSettings

MOST_ATTRIBUTES = 75
"""Objects that one request to `/users/track` may hold."""
MOST_SUBSCRIPTIONS = 50
"""People that one request to `/v2/subscription/status/set` may name."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class BrazeSettings(HttpSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A workspace."""

    endpoint: Annotated[
        str, msgspec.Meta(description="REST endpoint of the workspace, such as https://rest.fra-01.braze.eu")
    ]
    identify_by: Annotated[
        Literal["external_id", "email"],
        msgspec.Meta(
            description="What profiles are found by: external_id (the customer number, else the user number)"
            " or email"
        ),
    ] = "external_id"
    attribute_prefix: Annotated[
        str,
        msgspec.Meta(
            description="Who is in an audience carries the custom attribute of this prefix and the audience's"
            " name, true",
            pattern=r"^[A-Za-z][A-Za-z0-9_ -]{0,100}\Z",
        ),
    ] = "audience_"
    subscription_groups: Annotated[
        dict[str, Name],
        msgspec.Meta(
            description="Audience -> id of the subscription group that its people are subscribed to in place"
            " of an attribute"
        ),
    ] = {}
    attributes: Annotated[
        dict[str, Name],
        msgspec.Meta(
            description="Column -> custom attribute that it is written to. An empty value takes it away"
        ),
    ] = {}
    left_out: Annotated[
        Columns, msgspec.Meta(description="Columns of the audience that are not sent to Braze")
    ] = []
    create_profiles: Annotated[
        bool,
        msgspec.Meta(description="Whether people whom Braze does not know get a profile; otherwise not"),
    ] = False
    people_a_request: Annotated[
        int, msgspec.Meta(ge=1, le=MOST_ATTRIBUTES, description="How many people one request names at most")
    ] = MOST_ATTRIBUTES
