"""Writes of sites by other floors."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from consent.portal.embed.changes import tell_site
from consent.portal.embed.origins import read_origin
from consent.portal.models import Site

__all__ = ["set_site"]


@transaction.atomic
def set_site(
    *,
    slug: str,
    key: str,
    controller: str,
    notice: str,
    origins: Sequence[str],
    categories: Mapping[str, Sequence[str]],
    signals: Mapping[str, str],
    at: datetime,
) -> None:
    """Have a site be as told, from nothing or in place of what it was; the audit stream tells of a change.

    :raises MalformedOrigin: if a page cannot be at one of `origins`.
    """
    row = {
        "key": key,
        "controller": controller,
        "notice": notice,
        "origins": [read_origin(one, allow_local=settings.ALLOW_LOCAL_DESTINATIONS) for one in origins],
        "categories": {name: list(purposes) for name, purposes in categories.items()},
        "signals": dict(signals),
        "is_active": True,
    }
    before = Site.objects.filter(slug=slug).order_by("pk").values(*row).first() or {}
    changed = [name for name, value in row.items() if before.get(name) != value]
    site, _ = Site.objects.update_or_create(slug=slug, defaults=row)
    if changed:
        tell_site(site, officer_id=None, fields=changed, at=at)
