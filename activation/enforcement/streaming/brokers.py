"""How the brokers are reached, and what their errors mean for a stream."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from activation.enforcement.streaming.types import BrokersAway, StreamFenced, StreamRefused

_SILENT = logging.getLogger("accordant.streams.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False  # the library's own lines go on while a broker is away, and say nothing new

PROTOCOLS = {"sasl_tls": "SASL_SSL", "tls": "SSL", "plaintext": "PLAINTEXT"}
MECHANISMS = frozenset({"SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"})
USUAL_LARGEST = 1_000_000
"""Bytes of an event that brokers take unless they are told otherwise, a little less."""

_LASTING = {
    KafkaError._AUTHENTICATION: "the user or the password is wrong (ACCORDANT_KAFKA_USER, …_PASSWORD)",
    KafkaError.SASL_AUTHENTICATION_FAILED: (
        "the user or the password is wrong (ACCORDANT_KAFKA_USER, …_PASSWORD)"
    ),
    KafkaError.UNSUPPORTED_SASL_MECHANISM: "the brokers do not know this ACCORDANT_KAFKA_MECHANISM",
    KafkaError._SSL: "TLS fails: is the certificate trusted (ACCORDANT_KAFKA_CA), and for this name?",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "the user may not read the input, or write the other topics",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "the user may not write with idempotence",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "the user may not read as this group",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: (
        "the user may not use transactions whose names begin with `accordant.`"
    ),
    KafkaError.UNKNOWN_TOPIC_OR_PART: "a topic is not there: make it",
    KafkaError._UNKNOWN_TOPIC: "a topic is not there: make it",
    KafkaError.INVALID_TRANSACTION_TIMEOUT: "the brokers allow no transaction this long",
    KafkaError.INVALID_SESSION_TIMEOUT: "the brokers allow no session this short, or this long",
    KafkaError._INVALID_ARG: "a setting of the client's is refused",
}
_FENCING = frozenset({KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.FENCED_INSTANCE_ID})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the brokers are and how they know us; from the environment."""

    brokers: str
    """`host:port`, several with commas between."""
    security: str
    user: str
    password: str
    mechanism: str
    ca_file: str

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "BrokerSettings":
        """Return the settings from those of the service (`KAFKA`).

        :raises StreamRefused: if they do not go together.
        """
        found = cls(**values)
        if not found.brokers.strip():
            raise StreamRefused("name the brokers in ACCORDANT_KAFKA_BROKERS, as host:port,host:port")
        if found.security not in PROTOCOLS:
            raise StreamRefused(f"write one of {', '.join(PROTOCOLS)} in ACCORDANT_KAFKA_SECURITY")
        if found.mechanism not in MECHANISMS:
            raise StreamRefused(f"write one of {', '.join(sorted(MECHANISMS))} in ACCORDANT_KAFKA_MECHANISM")
        if (found.security == "sasl_tls") is not bool(found.user and found.password):
            raise StreamRefused(
                "`sasl_tls` needs ACCORDANT_KAFKA_USER and ACCORDANT_KAFKA_PASSWORD; leave them out otherwise"
            )
        return found

    def describe(self) -> dict[str, Any]:
        """Return the configuration of a client of the library's."""
        described: dict[str, Any] = {
            "bootstrap.servers": self.brokers,
            "security.protocol": PROTOCOLS[self.security],
            "client.id": "accordant",
            "allow.auto.create.topics": False,
            "logger": _SILENT,
        }
        if self.ca_file:
            described["ssl.ca.location"] = self.ca_file
        if self.security == "sasl_tls":
            described |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.user,
                "sasl.password": self.password,
            }
        return described


@dataclass(frozen=True, slots=True)
class Topics:
    """What the brokers say of the topics."""

    partitions: Mapping[str, int]
    input: str
    largest: int
    """Bytes of an event that the topic of allowed events takes."""

    def keeps_partitions(self, name: str) -> bool:
        """Return whether a topic has as many partitions as the input."""
        return self.partitions[name] == self.partitions[self.input]


def find_topics(described: Mapping[str, Any], names: Sequence[str], *, seconds: float) -> Topics:
    """Return what the brokers say of the topics: the input, and of the last one how large its events may be.

    :raises StreamRefused: if one is not there, or we are not let in; :raises BrokersAway: if nobody answers.
    """
    heard: list[KafkaError] = []
    configured: dict[str, Any] = {**described, "error_cb": heard.append}
    admin = AdminClient(configured)
    try:
        told = admin.list_topics(timeout=seconds)
    except KafkaException as error:
        lasting = [one for one in heard if one.code() in _LASTING]
        raise tell(lasting[-1] if lasting else error.args[0]) from None
    for name in names:
        topic = told.topics.get(name)
        if topic is None or not topic.partitions:
            raise StreamRefused(
                f"there is no topic {name}, or the user may not see it: make it, or permit it"
            )
    partitions = {name: len(told.topics[name].partitions) for name in names}
    return Topics(partitions, names[0], _find_largest(admin, names[-1], seconds))


def _find_largest(admin: AdminClient, topic: str, seconds: float) -> int:
    """Return what the topic says of itself; the usual if the user may not ask."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    try:
        [answer] = admin.describe_configs([resource], request_timeout=seconds).values()
        told = answer.result(seconds)
        return int(told["max.message.bytes"].value)
    except (KafkaException, KeyError, ValueError, TypeError, TimeoutError):
        return USUAL_LARGEST


@contextmanager
def telling() -> Iterator[None]:
    """Turn an error of the library's into what it means for a stream."""
    try:
        yield
    except KafkaException as error:
        raise tell(error.args[0]) from None


def tell(error: KafkaError) -> StreamRefused | StreamFenced | BrokersAway:
    """Return what an error of the library's means."""
    code = error.code()
    if code in _FENCING:
        return StreamFenced(
            "another process took over this instance's place: this one ended without a trace. Give each"
            " process of a group its own --instance"
        )
    if code in _LASTING:
        return StreamRefused(f"Kafka says no: {_LASTING[code]} ({error.name()})")
    return BrokersAway(f"Kafka cannot do it now ({error.name()}): its brokers are away, slow, or in trouble")
