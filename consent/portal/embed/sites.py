"""Sites: finding one by its key, and whether a page may speak for it."""

import re
import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from consent.kernel.errors import AccordantError
from consent.portal.embed.types import EmbeddedSite
from consent.portal.models import Site

_NOTED_EVERY = timedelta(minutes=1)  # one write a minute tells enough
_KEY_BYTES = 16
_KEY = re.compile(r"[A-Za-z0-9_-]{1,43}", re.ASCII)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)


class SiteUnknown(AccordantError):
    """No site that is switched on has the key."""

    code = "site_unknown"
    status = 404


class OriginRefused(AccordantError):
    """The page that calls is on no origin of the site, or does not say where it is."""

    code = "origin_refused"
    status = 403


def make_key() -> str:
    """Return a new site's key. It is public: it names the site, and proves nothing."""
    return secrets.token_urlsafe(_KEY_BYTES)


def find_site(key: str, *, origin: str | None, at: datetime) -> EmbeddedSite:
    """Return the site of `key`, for a page on `origin`.

    :raises SiteUnknown: if no site that is switched on has it.
    :raises OriginRefused: if the origin is none of the site's. That one did is noted, for officers.
    """
    is_key = _KEY.fullmatch(key) is not None
    row = Site.objects.filter(key=key, is_active=True).order_by("pk").first() if is_key else None
    if row is None:
        raise SiteUnknown("no site that is switched on has this key")
    if origin not in row.origins:
        note(key, "refused_at", at=at)
        raise OriginRefused("this page is on no origin of the site: an officer can add it in the admin")
    return describe(row)


def describe(row: Site) -> EmbeddedSite:
    """Return a site's row as a value."""
    return EmbeddedSite(
        slug=row.slug,
        key=row.key,
        controller=row.controller,
        notice=row.notice,
        origins=tuple(row.origins),
        categories={name: tuple(purposes) for name, purposes in row.categories.items()},
        signals=dict(row.signals),
    )


def is_of_a_site(origin: str) -> bool:
    """Return whether any site that is switched on has the origin: only then may it read our answers."""
    is_origin = _ORIGIN.fullmatch(origin) is not None
    return is_origin and Site.objects.filter(is_active=True, origins__contains=[origin]).exists()


def note(key: str, moment: str, *, at: datetime) -> None:
    """Note that a call of this sort came in now: `loaded_at`, `recorded_at` or `refused_at`."""
    is_old = Q(**{f"{moment}__isnull": True}) | Q(**{f"{moment}__lt": at - _NOTED_EVERY})
    Site.objects.filter(is_old, key=key).update(**{moment: at})
