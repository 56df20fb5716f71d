"""The demo's web site: what its page may record."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from config.demo.people import NORTHWIND
from config.demo.shop_page import KEY
from consent.portal.services import set_site

SLUG = "northwind-records"
ADS, GROUPS, MEASURING = "advertising.audience", "profiling.segmentation", "analytics.measurement"
CATEGORIES: Mapping[str, Sequence[str]] = {"marketing": [ADS, GROUPS], "analytics": [MEASURING]}
SIGNALS = {
    "ad_storage": ADS,
    "ad_user_data": ADS,
    "ad_personalization": ADS,
    "analytics_storage": MEASURING,
}


def open_site(origin: str, *, at: datetime) -> None:
    """Let the shop's page at `origin` record what people choose in its banner."""
    set_site(
        slug=SLUG,
        key=KEY,
        controller=NORTHWIND,
        notice="privacy",
        origins=[origin],
        categories=CATEGORIES,
        signals=SIGNALS,
        at=at,
    )
