"""The kinds of subscription, and what each asks for. Pure."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from activation.changes.types import MalformedSubscription, SubscriptionKindUnknown

SIGNING_SECRET = "signing_secret"  # noqa: S105 - the names of credentials
PASSWORD = "password"  # noqa: S105
SECRET_PREFIX = "whsec_"  # noqa: S105


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A service that takes signed messages (Standard Webhooks)."""

    url: Annotated[
        str,
        msgspec.Meta(
            description="Where messages are sent: https://host/path, at a public address. It is shown in"
            " clear: put no token into it",
            max_length=2048,
        ),
    ]
    timeout_seconds: Annotated[
        float, msgspec.Meta(ge=0.1, le=30, description="Seconds that one message may take, 0.1 to 30")
    ] = 15.0
    in_flight: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=32,
            description="How many messages are on their way at once, 1 to 32; those of one subject never are",
        ),
    ] = 8


class TopicSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Kafka topic that keeps the latest message of each key (`cleanup.policy=compact`)."""

    servers: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}\Z")]],
        msgspec.Meta(
            description="Brokers to begin with, each as `host:port`. The addresses of these, and of those"
            " that the cluster names, are checked",
            min_length=1,
            max_length=20,
        ),
    ]
    topic: Annotated[
        str,
        msgspec.Meta(
            description="Name of the topic, which must be there and be compacted",
            pattern=r"^[A-Za-z0-9._-]{1,200}\Z",
        ),
    ]
    security: Annotated[
        Literal["sasl_tls", "tls", "plaintext"],
        msgspec.Meta(
            description="`sasl_tls` with user and password over TLS; `plaintext` is for local addresses only"
        ),
    ] = "sasl_tls"
    user: Annotated[str, msgspec.Meta(description="Name of the user, for `sasl_tls`", max_length=200)] = ""
    mechanism: Annotated[
        Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"],
        msgspec.Meta(description="How the password is shown to the broker"),
    ] = "SCRAM-SHA-512"
    step_seconds: Annotated[
        int,
        msgspec.Meta(
            description="How long connecting, or ending a transaction, may take, 1 to 15", ge=1, le=15
        ),
    ] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionKind:
    """One way for changes to go out."""

    slug: str
    title: str
    settings: type[Any]
    secrets: Mapping[str, str]
    """Name of each credential -> what it is, for whoever enters it. Kept sealed."""


WEBHOOK = SubscriptionKind(
    slug="webhook",
    title="Signed webhook",
    settings=WebhookSettings,
    secrets={
        SIGNING_SECRET: "Secret that messages are signed with: whsec_ and 24 to 64 bytes in Base64; made"
        " here, and shown once, if none is given"
    },
)
TOPIC = SubscriptionKind(
    slug="topic",
    title="Compacted Kafka topic",
    settings=TopicSettings,
    secrets={PASSWORD: "The user's password, where the settings name a user"},
)
KINDS: Mapping[str, SubscriptionKind] = {kind.slug: kind for kind in (WEBHOOK, TOPIC)}


def find_kind(slug: str) -> SubscriptionKind:
    """Return the kind.

    :raises SubscriptionKindUnknown: if there is none.
    """
    if slug not in KINDS:
        raise SubscriptionKindUnknown(
            f"there is no such kind of subscription: write one of {', '.join(KINDS)}"
        )
    return KINDS[slug]


def check_secrets(kind: SubscriptionKind, settings: Any, secrets: Mapping[str, str]) -> None:
    """Return if `secrets` are those that the kind needs with these settings.

    :raises MalformedSubscription: otherwise.
    """
    if set(secrets) - set(kind.secrets):
        raise MalformedSubscription(
            f"{kind.slug} asks for no credential of that name: it asks for {', '.join(kind.secrets)}"
        )
    if kind is WEBHOOK:
        check_signing_secret(secrets.get(SIGNING_SECRET, ""))
    elif (settings.security == "sasl_tls") != bool(settings.user and secrets.get(PASSWORD)):
        raise MalformedSubscription("`sasl_tls`, and it alone, needs a user, and the credential password")


def check_signing_secret(secret: str) -> None:
    """Return if messages can be signed with it.

    :raises MalformedSubscription: otherwise.
    """
    try:
        key = binascii.a2b_base64(secret.removeprefix(SECRET_PREFIX), strict_mode=True)
    except ValueError:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not 24 <= len(key) <= 64:
        raise MalformedSubscription(
            f"the credential {SIGNING_SECRET} must be {SECRET_PREFIX} and 24 to 64 random bytes in Base64"
        )
