"""A web site of the retailer's, and what its pages send."""

import json
from secrets import token_hex
from typing import Any

from django.test import Client

from consent.portal.embed.sites import make_key
from consent.portal.models import Site
from consent.records.models import ConsentRecord
from tests.portal_world import open_shop

SHOP = "https://www.northwind.example"
KEY = "k" * 22
DEVICE = "acd_" + "0a" * 16
ADS, MEASURING, GROUPS = "advertising.audience", "analytics.measurement", "profiling.segmentation"
SIGNALS = {
    "ad_storage": ADS,
    "ad_user_data": ADS,
    "ad_personalization": ADS,
    "analytics_storage": MEASURING,
}


def make_site(**changes: Any) -> Site:
    """Make a site of the retailer's."""
    row = {
        "slug": "northwind-shop",
        "key": KEY,
        "controller": "northwind",
        "notice": "privacy",
        "origins": [SHOP],
        "categories": {"marketing": [ADS, GROUPS], "analytics": [MEASURING]},
        "signals": SIGNALS,
        **changes,
    }
    return Site.objects.create(**row)


def make_other_site(**changes: Any) -> Site:
    """Make a site of the other brand's."""
    return make_site(
        **{
            "slug": "other",
            "key": make_key(),
            "controller": "harbor",
            "origins": ["https://b.example"],
            **changes,
        }
    )


def open_site(**changes: Any) -> Site:
    """Put the retailer's policy in force, and make a site of its."""
    open_shop()
    return make_site(**changes)


def say(choices: dict[str, Any] | None = None, *, key: str = "", headers: Any = None, **changes: Any) -> Any:
    """Send what a page sends, and return the answer."""
    body = {"site": KEY, "device": DEVICE, **({} if choices is None else {"choices": choices}), **changes}
    told = {"Origin": SHOP, "Idempotency-Key": key or token_hex(16), **(headers or {})}
    return post("choices", body, headers={name: value for name, value in told.items() if value is not None})


def ask(device: str = DEVICE, **changes: Any) -> Any:
    """Ask what holds for a device, and return the answer."""
    return post("state", {"site": KEY, "device": device, **changes}, headers={"Origin": SHOP})


def post(path: str, body: Any, *, headers: dict[str, str]) -> Any:
    """Send a body to an address of the embed."""
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/embed/v1/{path}", sent, content_type="application/json", headers=headers)


def list_said() -> list[tuple[str, str]]:
    """Return what is on record: each record's purpose and choice, in their order."""
    rows = ConsentRecord.objects.order_by("subject", "version", "pk")
    return list(rows.values_list("purpose", "choice"))
