"""Delivers into a topic: rows and the marker of their end in one transaction."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
from confluent_kafka import KafkaException, Producer

from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.kafka.client import check_cluster, describe_client, telling
from activation.destinations.kinds.kafka.held import find_keys, list_rows
from activation.destinations.kinds.kafka.markers import find_rows, make_marker
from activation.destinations.kinds.kafka.reading import read_topic
from activation.destinations.kinds.kafka.row_keys import is_found_by_key, keys_of_person, keys_of_rows
from activation.destinations.kinds.kafka.settings import KafkaSettings
from activation.destinations.kinds.people import known_people, read_people
from activation.destinations.kinds.row_forms import json_rows, refuse_unless_flat
from activation.destinations.kinds.rows_listed import columns_listed
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.subjects.types import IdentifierKind

Headers = list[tuple[str, str | bytes | None]]
Send = Callable[[str, str | None, bytes | None, Headers], None]


class KafkaConnector:
    """Two topics: the rows, added with their run's id; and the deliveries that are complete."""

    def __init__(self, settings: KafkaSettings, password: str, *, allow_local: bool) -> None:
        self._settings = settings
        self._password = password
        self._allow_local = allow_local

    def check(self) -> None:
        """Return if the brokers let us in and have both topics."""
        self._describe()

    def prepare(self, delivery: Delivery) -> None:
        """Return if each row can be written as one JSON object, under a key."""
        refuse_unless_flat(delivery.schema, form="a message in JSON")
        key = self._settings.key_column
        if key and key not in delivery.schema.names:
            raise DeliveryRefused(f"the rows have no column {key}, which `key_column` names")
        if not key and not delivery.identifiers:
            raise DeliveryRefused("the rows have no identifier to make keys of: name a `key_column`")

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Send the rows and their marker: a reader of what is committed sees all or none."""
        self.prepare(delivery)
        described = self._describe()
        with self._transaction(described, delivery.audience) as send:
            rows = self._find_rows(described, delivery)
            if rows is None:
                rows = self._send_rows(delivery, send, progress)
                send(self._settings.deliveries_topic, str(delivery.run_id), make_marker(delivery, rows), [])
        progress(rows)
        return Receipt(reference=f"{self._settings.topic} {delivery.run_id}", rows=rows)

    def remove(self, removal: Removal) -> Receipt:
        """Send a message without a value for each key that these people's rows may have: a tombstone."""
        headers: Headers = [
            ("removal_id", str(removal.removal_id)),
            ("audience", removal.audience),
        ]
        described, sent = self._describe(), 0
        with self._transaction(described, removal.audience) as send:
            for key in self._find_keys(described, removal):
                send(self._settings.topic, key, None, headers)
                sent += 1
        return Receipt(reference=f"{self._settings.topic} {removal.removal_id}", rows=sent)

    def list_held(self, audience: str, identifiers: Mapping[IdentifierKind, str]) -> Iterator[pa.RecordBatch]:
        """Read the topic to its end: of each key, the last row that is committed and was not taken out."""
        columns = columns_listed(audience, identifiers)
        described = self._describe()
        with telling():
            messages = read_topic(described, self._settings.topic, seconds=self._settings.step_seconds)
            yield from list_rows(messages, audience, columns)

    def _find_keys(self, described: dict[str, Any], removal: Removal) -> Iterator[str]:
        """Yield every key under which rows of these people may be.

        Somebody who is not known by what keys are made of is looked for in the topic: in all that is written,
        be it committed or not, so that nobody's open transaction keeps us waiting.
        """
        key_column, is_certain = self._settings.key_column, True
        for person in known_people(removal):
            yield from keys_of_person(person, removal.audience, removal.identifiers, key_column)
            is_certain = is_certain and is_found_by_key(person, removal.identifiers, key_column)
        if not is_certain:
            topic, seconds = self._settings.topic, self._settings.step_seconds
            with telling():
                messages = read_topic(described, topic, seconds=seconds, committed=False)
                yield from find_keys(messages, removal.audience, read_people(removal))

    def _send_rows(self, delivery: Delivery, send: Send, progress: Progress) -> int:
        headers: Headers = [
            ("run_id", str(delivery.run_id)),
            ("audience", delivery.audience),
            ("purpose", delivery.purpose),
            ("destination", delivery.destination),
            ("controller", delivery.controller),
        ]
        sent = 0
        for batch in delivery.batches():
            keys = keys_of_rows(batch, delivery.audience, delivery.identifiers, self._settings.key_column)
            if self._settings.key_column and None in keys:
                raise DeliveryRefused(
                    "a row has nothing in the `key_column`: it could not be taken out again"
                )
            for key, row in zip(keys, json_rows(batch), strict=True):
                send(self._settings.topic, key, row, headers)
            sent += batch.num_rows
            progress(sent)
        return sent

    def _find_rows(self, described: dict[str, Any], delivery: Delivery) -> int | None:
        with telling():
            return find_rows(
                described,
                self._settings.deliveries_topic,
                delivery.run_id,
                seconds=self._settings.step_seconds,
            )

    def _describe(self) -> dict[str, Any]:
        if self._settings.security == "plaintext" and not self._allow_local:
            raise DeliveryRefused(
                "write `sasl_tls` or `tls` for security: in clear only local addresses are served"
            )
        described = describe_client(self._settings, self._password, allow_local=self._allow_local)
        check_cluster(described, self._settings, allow_local=self._allow_local)
        return described

    @contextmanager
    def _transaction(self, described: dict[str, Any], audience: str) -> Iterator[Send]:
        """Give what sends within a transaction; whoever had one for this audience is shut out by it.

        What an earlier process left open is ended by this, so that its rows are never seen.
        """
        seconds, milliseconds = self._settings.step_seconds, self._settings.delivery_seconds * 1000
        producer = Producer(
            {
                **described,
                "transactional.id": f"accordant.{self._settings.topic}.{audience}",
                "transaction.timeout.ms": milliseconds,
                "delivery.timeout.ms": milliseconds,
                "compression.type": "lz4",
                "linger.ms": 20,
            }
        )
        ends_at = time.monotonic() + self._settings.delivery_seconds
        try:
            with telling():
                producer.init_transactions(seconds)
                producer.begin_transaction()
            yield lambda *message: _send(producer, ends_at, *message)
            commit(producer, seconds)
        except BaseException:
            with suppress(KafkaException):
                producer.purge()
                producer.abort_transaction(seconds)
            raise


def commit(producer: Producer, seconds: float) -> None:
    """End the transaction: now all of it can be seen.

    :raises DeliveryRefused, DeliveryFailed: if the brokers do not take it.
    """
    with telling():
        producer.commit_transaction(seconds)


def _send(
    producer: Producer, ends_at: float, topic: str, key: str | None, value: bytes | None, headers: Headers
) -> None:
    with telling():
        while True:
            try:
                producer.produce(topic, key=key, value=value, headers=headers)
            except BufferError:
                if time.monotonic() > ends_at:
                    raise DeliveryFailed(
                        "the brokers take the rows too slowly: see `delivery_seconds`"
                    ) from None
                producer.poll(0.1)
            else:
                producer.poll(0)
                return


def open_connector(
    settings: KafkaSettings, secrets: Mapping[str, str], surroundings: Surroundings
) -> KafkaConnector:
    """Return the connector of that topic.

    :raises DeliveryRefused: if user and password do not go with the security.
    """
    password = secrets.get("password", "")
    if settings.security == "sasl_tls" and not (settings.user and password):
        raise DeliveryRefused("`sasl_tls` needs a user, and the credential password")
    if settings.security != "sasl_tls" and (settings.user or password):
        raise DeliveryRefused("a user and a password are for `sasl_tls` only: leave them out")
    if settings.topic == settings.deliveries_topic:
        raise DeliveryRefused("write two different names for topic and deliveries_topic")
    return KafkaConnector(settings, password, allow_local=surroundings.allow_local)
