"""Members sealed under their holding's data key."""

import secrets

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.types import Member
from consent.kernel.errors import AccordantError
from consent.keys import queries as keys

_NONCE = 12


class MembershipUnreadable(AccordantError):
    """A member does not open."""

    code = "membership_unreadable"
    status = 500


def seal_member(holding: Holding, member: Member) -> bytes:
    """Return the member, sealed."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_key(holding)).encrypt(nonce, msgspec.json.encode(member), None)


def open_member(holding: Holding, sealed: bytes) -> Member:
    """Return the member that was sealed.

    :raises MembershipUnreadable: if it does not open.
    """
    try:
        opened = AESGCM(_key(holding)).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        return msgspec.json.decode(opened, type=Member)
    except (InvalidTag, ValueError):
        raise MembershipUnreadable("a member does not open: its row was changed") from None


def _key(holding: Holding) -> bytes:
    return bytes.fromhex(keys.open_secret(holding.as_sealed(), name="holding"))
