"""How the brokers are reached, and what their errors mean."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from activation.destinations.kinds.kafka.settings import KafkaSettings
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.resolving import check_host

_SILENT = logging.getLogger("accordant.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False  # the library's own lines go on while a broker is away, and say nothing new

_LASTING = {
    KafkaError._AUTHENTICATION: "the user or the password is wrong",
    KafkaError.SASL_AUTHENTICATION_FAILED: "the user or the password is wrong",
    KafkaError.UNSUPPORTED_SASL_MECHANISM: "the brokers do not know this `mechanism`",
    KafkaError._SSL: "TLS fails: is the certificate trusted, and for this name?",
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "the user may not read and write the topics",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "the user may not write with idempotence",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "the user may not read",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "the user may not use transactions named `accordant.…`",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "a topic is not there: make it",
    KafkaError._UNKNOWN_TOPIC: "a topic is not there: make it",
    KafkaError._UNKNOWN_PARTITION: "a topic is not there: make it",
    KafkaError.MSG_SIZE_TOO_LARGE: "a row is larger than the brokers take (`message.max.bytes`)",
    KafkaError.INVALID_TRANSACTION_TIMEOUT: "`delivery_seconds` is more than the brokers allow",
    KafkaError.POLICY_VIOLATION: "a policy of the brokers says no",
    KafkaError.INVALID_RECORD: "the brokers refuse a message: is the topic of another form?",
}


def describe_client(settings: KafkaSettings, password: str, *, allow_local: bool) -> dict[str, Any]:
    """Return the configuration of a client of the library's.

    :raises DeliveryRefused: if a broker may not be connected to.
    :raises DeliveryFailed: if it has no address now.
    """
    for server in settings.servers:
        host, _, port = server.rpartition(":")
        check_host(host, int(port), allow_local=allow_local)
    protocols = {"sasl_tls": "SASL_SSL", "tls": "SSL", "plaintext": "PLAINTEXT"}
    described = {
        "bootstrap.servers": ",".join(settings.servers),
        "security.protocol": protocols[settings.security],
        "client.id": "accordant",
        "allow.auto.create.topics": False,
        "socket.connection.setup.timeout.ms": max(1000, settings.step_seconds * 1000),
        "logger": _SILENT,
    }
    if settings.security == "sasl_tls":
        described |= {
            "sasl.mechanism": settings.mechanism,
            "sasl.username": settings.user,
            "sasl.password": password,
        }
    return described


def check_cluster(described: dict[str, Any], settings: KafkaSettings, *, allow_local: bool) -> None:
    """Return if both topics are there, and each broker is where it may be connected to.

    :raises DeliveryRefused, DeliveryFailed: if not.
    """
    with telling():
        told = AdminClient(described).list_topics(timeout=settings.step_seconds)
    for broker in told.brokers.values():
        check_host(str(broker.host), int(broker.port), allow_local=allow_local)
    for topic in (settings.topic, settings.deliveries_topic):
        if topic not in told.topics:
            raise DeliveryRefused(
                f"there is no topic {topic}, or the user may not see it: make it, or permit it"
            )


@contextmanager
def telling() -> Iterator[None]:
    """Turn an error of the library's into what the operator can do."""
    try:
        yield
    except KafkaException as error:
        raise _tell(error.args[0]) from None


def _tell(error: KafkaError) -> DeliveryRefused | DeliveryFailed:
    code = error.code()
    if code in _LASTING:
        return DeliveryRefused(f"Kafka says no: {_LASTING[code]} ({error.name()}); nothing was delivered")
    if code == KafkaError._FENCED:
        return DeliveryFailed("another delivery of this audience took over: this one ended without a trace")
    return DeliveryFailed(
        f"Kafka cannot take it now ({error.name()}): its brokers are away, slow, or in trouble; run again"
    )
