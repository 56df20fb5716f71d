"""Links to the preference centre: sealed, and kept nowhere. Whoever holds one can neither read nor alter it.

A token is its key's version, 16 random bytes, and what the link says, sealed with AES-256-GCM. Each token has
a key of its own, made of its random bytes: any number may be sealed under one version.
"""

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.http import urlsafe_base64_encode

from consent.kernel.errors import AccordantError
from consent.portal.models import UsedLink
from consent.portal.preferences.packing import LinkTerms, pack, unpack

__all__ = ["LinkBroken", "LinkOver", "LinkTerms", "LinkUse", "LinkUsed", "make_link", "open_link", "use_link"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,2000}", re.ASCII)
_VERSION_SIZE, _SALT_SIZE = 2, 16
_NONCE = bytes(12)  # each token's key seals that token alone


class LinkUse(StrEnum):
    """What a token is good for: one that was made for the one does not open the other."""

    PAGE = "page"
    ONE_CLICK = "one_click"


class LinkBroken(AccordantError):
    """The token is none of ours: changed, cut off, for something else, or sealed by a key that is gone."""

    code = "link_broken"
    status = 404


class LinkOver(AccordantError):
    """The link's time is over."""

    code = "link_over"
    status = 410


class LinkUsed(AccordantError):
    """The link works once, and did."""

    code = "link_used"
    status = 410


class _Opened(NamedTuple):
    salt: bytes
    terms: LinkTerms


def make_link(terms: LinkTerms, *, use: LinkUse = LinkUse.PAGE) -> str:
    """Return a token that says `terms`; every call returns another one."""
    version, salt = max(settings.LINK_KEYS), secrets.token_bytes(_SALT_SIZE)
    head = version.to_bytes(_VERSION_SIZE, "big") + salt
    sealed = _cipher(version, salt).encrypt(_NONCE, pack(terms), _bound_to(head, use))
    return urlsafe_base64_encode(head + sealed)


def read_link(token: str, *, use: LinkUse = LinkUse.PAGE) -> LinkTerms:
    """Return what a token says, be its time over or not: a no is taken from it all the same.

    :raises LinkBroken: if it is none of ours.
    """
    return _open(token, use).terms


def open_link(token: str, *, at: datetime) -> LinkTerms:
    """Return what a link to the page says. It changes nothing: those who scan mails follow links, too.

    :raises LinkBroken, LinkOver, LinkUsed: if it leads nowhere, or not any more.
    """
    opened = _open_standing(token, at)
    if opened.terms.works_once and UsedLink.objects.filter(nonce=opened.salt).exists():
        raise LinkUsed("this link was used already")
    return opened.terms


def use_link(token: str, *, at: datetime) -> LinkTerms:
    """Return what a link to the page says; one that works once opens nothing from now on.

    Of two who use one at the same time, one does. Call it in the transaction of what the link is used for.

    :raises LinkBroken, LinkOver, LinkUsed: if it leads nowhere, or not any more.
    """
    opened = _open_standing(token, at)
    if opened.terms.works_once:
        try:
            with transaction.atomic():
                UsedLink.objects.create(nonce=opened.salt, expires_at=opened.terms.expires_at)
        except IntegrityError:
            raise LinkUsed("this link was used already") from None
    return opened.terms


def _open_standing(token: str, at: datetime) -> _Opened:
    opened = _open(token, LinkUse.PAGE)
    if opened.terms.expires_at <= at:
        raise LinkOver("this link's time is over")
    return opened


def _open(token: str, use: LinkUse) -> _Opened:
    try:
        raw = _decode(token)
        head, sealed = raw[: _VERSION_SIZE + _SALT_SIZE], raw[_VERSION_SIZE + _SALT_SIZE :]
        salt = head[_VERSION_SIZE:]
        cipher = _cipher(int.from_bytes(head[:_VERSION_SIZE], "big"), salt)
        return _Opened(salt, unpack(cipher.decrypt(_NONCE, sealed, _bound_to(head, use))))
    except (InvalidTag, KeyError, ValueError):
        raise LinkBroken("there is no such link") from None


def _decode(token: str) -> bytes:
    """Return the bytes of a token. Each has one spelling: another one is none of ours.

    :raises ValueError: if they are no token's.
    """
    if not _TOKEN.fullmatch(token):
        raise ValueError("no token is written so")
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    if urlsafe_base64_encode(raw) != token:
        raise ValueError("no token is written so")
    return raw


def _cipher(version: int, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(settings.LINK_KEYS[version], b"accordant/link/1" + salt, hashlib.sha256))


def _bound_to(head: bytes, use: LinkUse) -> bytes:
    return head + use.value.encode()
