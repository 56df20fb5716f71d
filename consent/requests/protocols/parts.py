"""What a protocol's caller said beside the request, in the request's sealed part `protocol`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from consent.requests import vault
from consent.requests.mails import links
from consent.requests.models import Request
from consent.requests.types import LinkPurpose, RequestState

PART = "protocol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whom to tell, and what a person can prove themselves by."""

    callbacks: tuple[str, ...] = field(default=(), repr=False)
    verification_url: str = field(default="", repr=False)


def keep(request: Request, *, callbacks: Iterable[str], at: datetime) -> None:
    """Seal where the caller is told of the request, and the page on which its person proves who they are."""
    content = {"callbacks": list(callbacks), "verification_url": ""}
    if request.state == RequestState.VERIFYING:
        purpose = LinkPurpose.STATUS
        token = links.make_link(request, purpose, at=at, lifetime=settings.VERIFIED_WITHIN)
        content["verification_url"] = links.make_address(token, purpose)
    vault.write_json(request, vault.open_key(request), PART, content)


def end_proving(request: Request, *, at: datetime) -> None:
    """End the link that the caller was told of: what becomes of the request from now on is its person's.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if it cannot be read now.
    """
    if address := read(request).verification_url:
        links.revoke_address(address, at=at)


def read(request: Request) -> Told:
    """Return what was kept; nothing once the request's content was destroyed.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be read now.
    """
    if not request.kek_version:
        return Told()
    content = vault.read_json(request, vault.open_key(request), PART)
    return Told(
        callbacks=tuple(content.get("callbacks", ())), verification_url=content.get("verification_url", "")
    )
