"""What the register asks for of Google Customer Match."""

from typing import Annotated, Literal

import msgspec

from activation.destinations.kinds.http_settings import Columns, HttpSettings

MOST_MEMBERS = 10_000
"""People that one request to `audienceMembers:ingest` or `:remove` may hold."""
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,20}\Z")]
Account = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5,12}\Z")]


class CustomerMatchSettings(HttpSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Google Ads account and its lists."""

    account_id: Annotated[Account, msgspec.Meta(description="Google Ads account, without hyphens")]
    audiences: Annotated[
        dict[str, Digits],
        msgspec.Meta(description="Audience -> id of the Customer Match list that its people go to"),
    ]
    terms_accepted: Annotated[
        bool,
        msgspec.Meta(
            description="Whether the account accepted the Customer Match terms: must be true, and is told"
            " with every upload"
        ),
    ]
    login_account_id: Annotated[
        Account | None,
        msgspec.Meta(description="Manager account through which the credentials reach the account"),
    ] = None
    ad_user_data: Annotated[
        Literal["by_row", "granted"],
        msgspec.Meta(
            description="Consent to use their data for ads: by_row needs a column ad_user_data, and sends"
            " nobody whose row does not say granted; write granted if the destination's purpose covers it"
        ),
    ] = "by_row"
    ad_personalization: Annotated[
        Literal["by_row", "granted", "denied"],
        msgspec.Meta(
            description="Consent to personalised ads: by_row needs a column ad_personalization, in which"
            " anything but granted is denied"
        ),
    ] = "by_row"
    hashed_emails: Annotated[
        Literal["refuse", "accept"],
        msgspec.Meta(
            description="Addresses that were hashed before lack Google's own rule for gmail.com (no dots, no"
            " + and what follows): accept sends them, and such people are then not matched"
        ),
    ] = "refuse"
    left_out: Annotated[
        Columns, msgspec.Meta(description="Columns of the audience that are not sent to Google")
    ] = []
    people_a_request: Annotated[
        int, msgspec.Meta(ge=1, le=MOST_MEMBERS, description="How many people one request names at most")
    ] = MOST_MEMBERS
    endpoint: Annotated[str, msgspec.Meta(description="The Data Manager API")] = (
        "https://datamanager.googleapis.com"
    )
    token_endpoint: Annotated[str, msgspec.Meta(description="Where access tokens are got")] = (
        "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    )
