"""Links that are sent to people. Whoever has one has its token: 256 bits, of which we keep the SHA-256."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings

from consent.requests.models import Link, Request
from consent.requests.types import LinkPurpose

PORTAL = "/privacy/"
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
LIFETIMES: Mapping[LinkPurpose, timedelta] = {
    LinkPurpose.STATUS: timedelta(days=180),
    LinkPurpose.CONFIRM: timedelta(days=14),
    LinkPurpose.PACKAGE: timedelta(days=14),
}
"""How long a link is good for, if its maker does not say."""


def make_link(
    request: Request, purpose: LinkPurpose, *, at: datetime, lifetime: timedelta | None = None
) -> str:
    """Keep a new link to the request, and return its token, which is nowhere else."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    Link.objects.create(
        request=request,
        purpose=purpose,
        token_hash=_hash(token),
        created_at=at,
        expires_at=at + (LIFETIMES[purpose] if lifetime is None else lifetime),
    )
    return token


def read_lifetime(purpose: LinkPurpose, until: str, *, at: datetime) -> timedelta:
    """Return how long a link of `at` is good for: `until` that ISO time, or as its purpose says."""
    return max(datetime.fromisoformat(until) - at, timedelta()) if until else LIFETIMES[purpose]


def find_link(token: str, purpose: LinkPurpose, *, at: datetime) -> Request | None:
    """Return the request that the token leads to, None if it leads nowhere, or not any more."""
    if not _TOKEN.fullmatch(token):
        return None
    standing = Link.objects.filter(purpose=purpose, expires_at__gt=at, revoked_at__isnull=True)
    link = standing.filter(token_hash=_hash(token)).select_related("request").order_by("pk").first()
    return None if link is None else link.request


def revoke_links(request: Request, *, at: datetime, purpose: LinkPurpose | None = None) -> int:
    """End the request's links, or those of one purpose, and return how many stood."""
    standing = Link.objects.filter(request=request, revoked_at__isnull=True, expires_at__gt=at)
    if purpose is not None:
        standing = standing.filter(purpose=purpose)
    return standing.update(revoked_at=at)


def make_address(token: str, purpose: LinkPurpose) -> str:
    """Return the link as it is sent: the token in the query, which neither we nor Django's log keeps."""
    return f"{get_portal()}{purpose.value}/link?{urlencode({'token': token})}"


def revoke_address(address: str, *, at: datetime) -> None:
    """End the link that has this address."""
    token = parse_qs(urlsplit(address).query).get("token", [""])[0]
    Link.objects.filter(token_hash=_hash(token), revoked_at__isnull=True).update(revoked_at=at)


def get_portal() -> str:
    """Return the address of the portal's first page."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{PORTAL}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
