"""A bounded load on a check plane: people withdraw and are asked about, and the answers are judged."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from django.db import Error, connections

from consent.keys.types import KeysUnavailable
from consent.records.rules.rows import read_row
from consent.records.services import record_rows
from consent.records.types import NewRow, Vocabulary
from tests.chaos.cluster import Cluster, django_connected
from tests.checks_world import question

PAUSE = 0.01
"""Seconds between two questions of one asker."""
WITHDRAWN_EVERY = 0.05
TIMEOUT = 15.0
"""Seconds after which a request counts as one that got no answer."""
RECENT = 60
"""So many of the last who withdrew are asked about most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and what came of it."""

    sent_at: float
    """Monotonic seconds."""
    person: str
    status: int | None
    """None: the connection ended without an answer."""
    answer: dict[str, Any]

    @property
    def allows(self) -> bool:
        """Whether it was allowed."""
        return self.status == 200 and bool(self.answer["decision"])

    @property
    def reason(self) -> str:
        """The reason given."""
        return str(self.answer["context"]["reason"]) if self.status == 200 else ""


@dataclass(slots=True)
class Load:
    """What was written and asked so far. `faults` judges it."""

    port: int
    key: str
    people: Sequence[str]
    withdrawn_at: dict[str, float] = field(default_factory=dict)
    """When the write of a person's withdrawal was known to be committed: monotonic seconds."""
    unsure: set[str] = field(default_factory=set)
    """Those of whose withdrawal nobody knows whether it was written."""
    asked: list[Asked] = field(default_factory=list)
    silent: list[Asked] = field(default_factory=list)
    """Questions that got neither an answer nor the end of the connection in time."""
    is_over: threading.Event = field(default_factory=threading.Event)

    def find_faults(self, *, bound: float) -> list[str]:
        """Return what must not have been: wrong allows, errors of the server, silence."""
        faults = [f"no answer about {one.person}" for one in self.silent]
        for one in list(self.asked):
            if one.status not in {200, None}:
                faults.append(f"status {one.status}: {one.answer}")
            withdrawn_at = self.withdrawn_at.get(one.person)
            if one.allows and withdrawn_at is not None and one.sent_at > withdrawn_at + bound:
                faults.append(f"wrong allow, {one.sent_at - withdrawn_at:.3f} s after the withdrawal")
        return faults

    def has_answered(self, *, since: float) -> bool:
        """Return whether somebody is allowed, and somebody who withdrew since then is denied for that."""
        recent = [one for one in list(self.asked)[-400:] if one.sent_at > since]
        return any(one.allows and one.reason == "granted" for one in recent) and any(
            one.reason == "withdrawn" and self.withdrawn_at.get(one.person, 0) > since for one in recent
        )

    def ask_on(self, seed: int) -> None:
        """Ask about one person after the other, those first who have just withdrawn."""
        random = Random(seed)  # noqa: S311 - which person is asked about is no secret
        connection: http.client.HTTPConnection | None = None
        while not self.is_over.wait(PAUSE):
            recent = list(self.withdrawn_at)[-RECENT:]
            person = random.choice(recent if recent and random.random() < 0.7 else self.people)
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
            one = ask(connection, self.key, person, silent=self.silent)
            self.asked.append(one)
            if one.status is None:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def withdraw_on(self, cluster: Cluster, database: str, vocabulary: Vocabulary) -> None:
        """Have one person after the other withdraw, for as long as there are any."""
        with django_connected(cluster.parameters(database)):
            for person in self.people:
                if self.is_over.wait(WITHDRAWN_EVERY):
                    return
                self._withdraw(person, vocabulary)

    def _withdraw(self, person: str, vocabulary: Vocabulary) -> None:
        try:
            record(vocabulary, [person], "withdrawn")
        except (Error, KeysUnavailable):
            self.unsure.add(person)
            _forget_connections()
        else:
            self.withdrawn_at[person] = time.monotonic()


def ask(
    connection: http.client.HTTPConnection, key: str, person: str, *, silent: list[Asked] | None = None
) -> Asked:
    """Ask about one person; one that gets no answer in time is put among the `silent`."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    sent_at = time.monotonic()
    try:
        connection.request("POST", "/access/v1/evaluation", json.dumps(question(person)), headers)
        response = connection.getresponse()
        return Asked(sent_at, person, response.status, json.load(response))
    except TimeoutError:
        one = Asked(sent_at, person, None, {})
        if silent is not None:
            silent.append(one)
        return one
    except (OSError, http.client.HTTPException):
        return Asked(sent_at, person, None, {})


@contextmanager
def running_load(load: Load, cluster: Cluster, database: str, vocabulary: Vocabulary) -> Iterator[Load]:
    """Ask and withdraw for the length of the block."""
    threads = [
        threading.Thread(target=load.withdraw_on, args=(cluster, database, vocabulary)),
        *(threading.Thread(target=load.ask_on, args=(seed,)) for seed in (1, 2)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.is_over.set()
        for thread in threads:
            thread.join()


def record(vocabulary: Vocabulary, people: Sequence[str], choice: str) -> None:
    """Write that people made a choice just now."""
    at = datetime.now(UTC)
    rows = [_row(person, choice, vocabulary, at) for person in people]
    record_rows(rows=rows, source="chaos", at=at)


def _row(person: str, choice: str, vocabulary: Vocabulary, at: datetime) -> NewRow:
    value = {
        "identifiers": [{"kind": "customer_id", "value": person}],
        "choices": [
            {
                "purpose": "advertising.audience",
                "choice": choice,
                "controller": "shop",
                "effective_at": at.isoformat().replace("+00:00", "Z"),
                "notice": "privacy",
                "notice_version": 1,
                "method": "checkbox",
                "form": "account",
            }
        ],
        "facts": [{"name": "residence", "value": "DE", "effective_at": "2026-01-05T10:00:00Z"}],
    }
    row = read_row(value, vocabulary=vocabulary, at=at)
    assert isinstance(row, NewRow), row
    return row


def _forget_connections() -> None:
    with suppress(Error):
        connections.close_all()
