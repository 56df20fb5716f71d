"""Signed messages of agents, checked in the order that the protocol mandates. Pure.

Base64, signature, agent, business, issued, expires: nothing of a message is believed, nor even read as JSON,
before its signature holds. Version and form come after (section 3.07 of the protocol).
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.requests.protocols.drp import errors
from consent.requests.protocols.schemas import MessageMalformed, check_form, read_object

VERSION = "1.0"
MOST_BYTES = 64 * 1024
LONGEST = timedelta(days=60)
"""How long a message may be good for: as long as it is, what was heard is remembered."""
_SIGNATURE = 64
ENVELOPE = ("agent-id", "business-id", "issued-at", "expires-at", "drp.version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The agent that a message has to come from."""

    agent: str
    verify_key: str
    """Ed25519, Base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a message whose signature held says, before it was checked any further."""

    body: dict[str, Any] = field(repr=False)
    signer: Signer
    businesses: Collection[str]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that passed every check."""

    body: dict[str, Any] = field(repr=False)
    digest: str
    """Of the agent and the message; whatever signature it came with."""
    expires_at: datetime | None
    """None: it says nothing of when it is over."""


def read_message(
    content: bytes,
    *,
    signer: Signer,
    businesses: Collection[str],
    form: str,
    at: datetime,
    is_enveloped: bool = True,
) -> Message:
    """Return the message that `content` carries, once it passed every check, in the mandated order.

    Of one that is not `is_enveloped`, what stands outside of its own words is checked if any of it is there.

    :raises NotDecodable, SignatureRefused, AnotherAgent, AnotherBusiness, NotYetIssued, MessageExpired,
        VersionUnknown, MessageMalformed: for the first check that it fails.
    """
    signature, text = split(content)
    check_signature(signature, text, verify_key=signer.verify_key)
    body = read_object(text)
    expires_at = None
    if is_enveloped or any(name in body for name in ENVELOPE):
        claims = Claims(body=body, signer=signer, businesses=businesses, at=at)
        for check in CHECKS:
            check(claims)
        expires_at = read_time(body, "expires-at")
    check_form(body, "drp", form)
    digest = hashlib.sha256(signer.agent.encode() + b"\n" + text).hexdigest()
    return Message(body=body, digest=digest, expires_at=expires_at)


def split(content: bytes) -> tuple[bytes, bytes]:
    """Return the signature and the message.

    :raises NotDecodable: if there are none.
    """
    try:
        raw = base64.b64decode(content.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise errors.NotDecodable("Base64 of a signature and a message is expected") from None
    if len(raw) <= _SIGNATURE or base64.b64encode(raw) != content.strip():
        raise errors.NotDecodable("64 bytes of signature and a message are expected, in plain Base64")
    return raw[:_SIGNATURE], raw[_SIGNATURE:]


def check_signature(signature: bytes, text: bytes, *, verify_key: str) -> None:
    """Return if the key's owner has signed `text`.

    :raises SignatureRefused: if not, or if there is no such key.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(verify_key, validate=True))
        key.verify(signature, text)
    except (InvalidSignature, ValueError):
        raise errors.SignatureRefused("the agent's key has not signed this") from None


def check_agent(claims: Claims) -> None:
    """Return if the message is of the agent that presents it. `AnotherAgent` rises if not."""
    if claims.body.get("agent-id") != claims.signer.agent:
        raise errors.AnotherAgent("the message is another agent's")


def check_business(claims: Claims) -> None:
    """Return if the message is meant for us. `AnotherBusiness` rises if not."""
    if claims.body.get("business-id") not in list(claims.businesses):  # it may be anything, a list, too
        raise errors.AnotherBusiness("the message is meant for another business")


def check_issued(claims: Claims) -> None:
    """Return if the message was written already. `NotYetIssued` rises if not."""
    if read_time(claims.body, "issued-at") > claims.at:
        raise errors.NotYetIssued("issued-at lies ahead: is a clock wrong?")


def check_expires(claims: Claims) -> None:
    """Return if the message is in time, and not for too long. `MessageExpired` rises if not."""
    expires_at = read_time(claims.body, "expires-at")
    if expires_at <= claims.at:
        raise errors.MessageExpired("expires-at is over")
    if expires_at > read_time(claims.body, "issued-at") + LONGEST:
        raise errors.MessageExpired(f"a message is good for at most {LONGEST.days} days")


def check_version(claims: Claims) -> None:
    """Return if the message is of our version. `VersionUnknown` rises if not."""
    if claims.body.get("drp.version") != VERSION:
        raise errors.VersionUnknown(f"drp.version {VERSION} is spoken here")


CHECKS: tuple[Callable[[Claims], None], ...] = (
    check_agent,
    check_business,
    check_issued,
    check_expires,
    check_version,
)
"""In the mandated order."""


def read_time(body: dict[str, Any], name: str) -> datetime:
    """Return a time with its zone.

    :raises MessageMalformed: if it is none.
    """
    try:
        read = datetime.fromisoformat(body[name])
    except (KeyError, TypeError, ValueError):
        read = None
    if read is None or read.tzinfo is None:
        raise MessageMalformed(f"{name}: a time with its zone is expected")
    return read
