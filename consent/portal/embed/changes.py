"""What officers do with sites, told to the ledger's audit stream."""

from collections.abc import Iterable
from datetime import datetime

from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.portal.models import Site

CHANGED_KIND = "site_changed"


def tell_site(site: Site, *, officer_id: int | None, fields: Iterable[str], at: datetime) -> None:
    """Put on record who changed what of a site, and how it stands now, in the caller's transaction.

    `officer_id`: None for the service itself, as in a demo.
    """
    body = {
        "site": site.slug,
        "officer": officer_id,
        "fields": sorted(fields),
        "active": site.is_active,
        "controller": site.controller,
        "notice": site.notice,
        "origins": sorted(site.origins),
        "categories": site.categories,
        "signals": site.signals,
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(CHANGED_KIND, body)], recorded_at=at)
