"""Agents and the tokens that they and we share. A token is told once, and kept as its SHA-256."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction

from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream
from consent.requests.models import Agent, HeardMessage
from consent.requests.protocols.drp import errors
from consent.requests.protocols.drp.messages import LONGEST, Message, Signer

TOKEN_KIND = "request_agent_token"  # noqa: S105 - what the ledger's entry is called
_CLOCKS_DIFFER_BY = timedelta(days=1)
_NO_KEY = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
"""What a message of nobody is checked with, so that it takes as long as any other. Nobody can sign for it."""


def find_agent(agent_id: str) -> Agent | None:
    """Return the agent of that id who may ask for people now, and has a key."""
    active = Agent.objects.filter(slug=agent_id, is_active=True).exclude(verify_key="")
    return active.order_by("pk").first()


def find_signer(agent_id: str) -> Signer:
    """Return whose signature a message has to carry: nobody's whom we know, if there is no such agent."""
    agent = find_agent(agent_id)
    return Signer(agent=agent_id, verify_key=agent.verify_key if agent else _NO_KEY)


def authenticate(header: str) -> Agent:
    """Return the agent whose token an `Authorization` header carries.

    :raises TokenRefused: if it is none that stands.
    """
    scheme, _, token = header.partition(" ")
    hashed = hash_token(token.strip())
    found = Agent.objects.filter(token_hash=hashed, is_active=True).exclude(verify_key="")
    agent = found.order_by("pk").first() if scheme.lower() == "bearer" and token.strip() else None
    if agent is None or not hmac.compare_digest(agent.token_hash, hashed):
        raise errors.TokenRefused("the token is missing, unknown, or was replaced by another")
    return agent


def issue_token(agent: Agent, *, at: datetime) -> str:
    """Return a new token, in the caller's transaction. The one before it counts no more."""
    token = secrets.token_urlsafe(32)
    Agent.objects.filter(pk=agent.pk).update(token_hash=hash_token(token), token_issued_at=at)
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(TOKEN_KIND, {"agent": agent.slug})], recorded_at=at)
    return token


def hash_token(token: str) -> str:
    """Return what is kept of a token: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def hear(agent: Agent, message: Message, *, at: datetime) -> None:
    """Note, in the caller's transaction, that the message is acted on.

    Two of the same at once: one waits for the other here, and is refused if that one is done.

    :raises MessageReplayed: if it was before.
    """
    expires_at = message.expires_at or at + LONGEST
    try:
        with transaction.atomic():
            HeardMessage(digest=message.digest, agent=agent, expires_at=expires_at).save(force_insert=True)
    except IntegrityError:
        raise errors.MessageReplayed("this message was acted on before: sign a new one") from None


def forget_heard(*, at: datetime) -> int:
    """Forget messages that are over for a day, and return how many: they are refused for that.

    The day is for clocks that differ.
    """
    return HeardMessage.objects.filter(expires_at__lt=at - _CLOCKS_DIFFER_BY).delete()[0]


@transaction.atomic
def set_up(agent_id: str, message: Message, *, at: datetime) -> str:
    """Return a new token for the agent whose checked message asks for one.

    :raises TokenRefused: if there is no such agent any more.
    :raises MessageReplayed: if the message was acted on before: who overheard it gets no token.
    """
    agent = find_agent(agent_id)
    if agent is None:
        raise errors.TokenRefused("there is no such agent")
    hear(agent, message, at=at)
    return issue_token(agent, at=at)
