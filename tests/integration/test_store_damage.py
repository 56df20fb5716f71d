"""A store that is damaged in any way gives no wrong allow and no error, and the tailer builds it anew."""

import asyncio
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import lmdb
import msgspec
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import services
from activation.checks.answering.application import CheckApplication
from activation.checks.answering.decision_log import DecisionLog
from activation.checks.answering.quick_lane import QuickLane
from activation.checks.answering.reference import Reference
from activation.checks.answering.verifying import KeyVerifier
from activation.checks.limits import Meter
from activation.checks.management.commands.run_tailer import list_keys
from activation.checks.types import Scope
from activation.snapshots.local import LocalStore
from activation.snapshots.store import environment
from activation.snapshots.store.environment import (
    Databases,
    current,
    make_current,
    new_generation,
    open_to_read,
    open_to_write,
)
from activation.snapshots.store.forms import Cursor, unpack_cursor, unpack_poll
from activation.snapshots.store.writing import CURSOR, IDENTITY, POLL, WORLD
from activation.snapshots.tailing.loop import TailerLoop
from consent.subjects.queries import fingerprint
from tests.enforcement_world import BRITON, GERMAN, QUESTION, REFUSED, STRANGER, WITHDRAWN, make_world
from tests.ledger_world import sequence_all
from tests.store_world import head_of, make_resolver, no_key, read_response

pytestmark = pytest.mark.django_db
EVERYBODY = (GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER)
NOW = 1_000_000_000
DATA = "data.mdb"
Damage = Callable[[Path, Path], object]


def with_file(change: Callable[[Path], object]) -> Damage:
    return lambda _, folder: change(folder / DATA)


def with_store(change: Callable[[Databases, Any], object]) -> Damage:
    def damage(_: Path, folder: Path) -> None:
        databases = open_to_write(folder)
        with databases.environment.begin(write=True) as transaction:
            change(databases, transaction)
        databases.environment.close()

    return damage


def meta(name: bytes, change: Callable[[bytes], bytes]) -> Damage:
    def put(databases: Databases, transaction: Any) -> None:
        packed = transaction.get(name, db=databases.meta)
        transaction.put(name, change(packed), db=databases.meta)

    return with_store(put)


def emptied(table: str) -> Damage:
    return with_store(
        lambda databases, transaction: transaction.drop(getattr(databases, table), delete=False)
    )


def filled(table: str, value: bytes) -> Damage:
    """Every value of the table is `value`."""

    def put(databases: Databases, transaction: Any) -> None:
        named = getattr(databases, table)
        for key in [bytes(key) for key, _ in transaction.cursor(db=named)]:
            transaction.put(key, value, db=named)

    return with_store(put)


def other_policy_text(packed: bytes) -> bytes:
    world = msgspec.msgpack.decode(packed)
    world[0][0][3] = world[0][0][3].replace(b"Audiences", b"Audience ")
    return msgspec.msgpack.encode(world)


def other_ledger(packed: bytes) -> bytes:
    return Cursor(unpack_cursor(packed).position, b"another leaf").pack()


def empty(folder: Path) -> None:
    for one in folder.iterdir():
        one.unlink()


def name_nothing(home: Path, _: Path) -> None:
    (home / "CURRENT").write_text("generation-nothing")


def killed_while_building(home: Path, folder: Path) -> None:
    """A first building was cut short: nothing is current, and half a store lies about."""
    (home / "CURRENT").unlink()
    databases = open_to_write(new_generation(home))
    databases.environment.close()


def half_built(home: Path, folder: Path) -> None:
    made = new_generation(home)
    databases = open_to_write(made)
    databases.environment.close()
    make_current(home, made)


NOISE = random.Random(7).randbytes(1 << 16)  # noqa: S311 - no secret
DAMAGES: dict[str, Damage] = {
    "there is no store": lambda home, _: shutil.rmtree(home),
    "the folder is empty": lambda _, folder: empty(folder),
    "CURRENT names nothing": name_nothing,
    "CURRENT is no text": lambda home, _: (home / "CURRENT").write_bytes(b"\xff\xfe"),
    "CURRENT names another place": lambda home, _: (home / "CURRENT").write_text("../.."),
    "half of the file is lost": with_file(lambda file: os.truncate(file, file.stat().st_size // 2)),
    "a page is lost": with_file(lambda file: os.truncate(file, file.stat().st_size - 4096)),
    "all but the heads is lost": with_file(lambda file: os.truncate(file, 2 * 4096)),
    "the file is cut within a head": with_file(lambda file: os.truncate(file, 100)),
    "the file is empty": with_file(lambda file: os.truncate(file, 0)),
    "the file holds zeros": with_file(lambda file: file.write_bytes(bytes(file.stat().st_size))),
    "the file holds noise": with_file(lambda file: file.write_bytes(NOISE)),
    "noise follows the heads": with_file(lambda file: file.write_bytes(file.read_bytes()[:8192] + NOISE)),
    "the format is newer": meta(POLL, lambda packed: b"\xff" + packed[1:]),
    "the poll is cut": meta(POLL, lambda packed: packed[:-3]),
    "the poll is of another boot": meta(
        POLL, lambda packed: replace(unpack_poll(packed), boot=b"b" * 16).pack()
    ),
    "there is no poll": with_store(
        lambda databases, transaction: transaction.delete(POLL, db=databases.meta)
    ),
    "the tokens are lost": emptied("tokens"),
    "the tokens are noise": filled("tokens", b"\xc1\xc1"),
    "the people are lost": emptied("people"),
    "the people are noise": filled("people", b"\x07\x07"),
    "the people are empty": filled("people", b""),
    "the people are of a general form that is cut": filled("people", b"\x01\x92\x91"),
    "the keys are noise": filled("keys", b"\xc1"),
    "the world is noise": meta(WORLD, lambda _: b"\xc1\x00"),
    "the world is cut": meta(WORLD, lambda packed: packed[:-9]),
    "the policy is another than its digest says": meta(WORLD, other_policy_text),
    "the ledger is another": meta(CURSOR, other_ledger),
    "the keys of the index are others": meta(IDENTITY, lambda _: b"others"),
    "a building was killed": killed_while_building,
    "the current store is half built": half_built,
}
STAYS = {"the people are lost", "the people are noise", "the people are empty"} | {
    "the people are of a general form that is cut"
}
"""What the tailer cannot see: nobody is allowed, and `rebuild_snapshot` mends it."""


class Machine:
    """One machine's tailer and check server, of which one runs at a time."""

    def __init__(self, home: Path, key: str) -> None:
        self.home, self.key, self.now = home, key, NOW

    def tail(self, *, rebuild: bool = False) -> None:
        """Let the tailer run until it has caught up."""
        done: list[bool] = []
        self.now += 1_000
        TailerLoop(
            home=self.home,
            list_keys=list_keys,
            should_stop=lambda: bool(done),
            wait=lambda _: None,
            monotonic=lambda: self.now,
            rebuild=rebuild,
            caught_up=lambda: done.append(True),
        ).run()

    def ask(self) -> dict[str, bool | None]:
        """Return the answer about each, with the views away; None where nothing is decided."""
        store = LocalStore(
            self.home, resolver=make_resolver(), monotonic=lambda: self.now, identity=fingerprint()
        )
        application = CheckApplication(
            store=store,
            lane=QuickLane(store=store, meter=Meter(), log=DecisionLog(None)),
            reference=Reference(_away),
            verifier=KeyVerifier(no_key, monotonic=lambda: 0),
            bound=NOW,
            micros=lambda: time.time_ns() // 1000,
            monotonic=lambda: self.now,
        )
        try:
            return {customer: asyncio.run(self._ask(application, customer)) for customer in EVERYBODY}
        finally:
            store.close()

    async def _ask(self, application: CheckApplication, customer: str) -> bool | None:
        answer = application.answer(
            head_of("/access/v1/evaluation", self.key), json.dumps(question(customer)).encode()
        )
        status, _, body = read_response(answer if isinstance(answer, bytes) else await answer)
        assert status in {200, 503}, body
        return bool(body["decision"]) if status == 200 else None


def _away(*_: object) -> Any:
    raise ConnectionError


def question(customer: str) -> dict[str, Any]:
    return {
        "subject": {"type": "customer_id", "id": customer},
        "action": {"name": QUESTION["purpose"]},
        "resource": {"type": "destination", "id": QUESTION["destination"]},
    }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    make_world()
    key = services.create_key(
        name="tool", scopes=[Scope.CHECK], valid_for=timedelta(hours=1), at=timezone.now()
    )
    sequence_all()
    made = Machine(tmp_path / "store", key)
    made.tail()
    return made


ALLOWED = {GERMAN: True, BRITON: True, WITHDRAWN: False, REFUSED: False, STRANGER: False}


def test_a_whole_store_answers(machine: Machine) -> None:
    assert machine.ask() == ALLOWED


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_store_allows_nothing_wrong_and_is_built_anew(name: str, machine: Machine) -> None:
    folder = current(machine.home)
    assert folder is not None
    DAMAGES[name](machine.home, folder)

    damaged = machine.ask()
    machine.tail(rebuild=name in STAYS)

    assert not any(damaged[customer] for customer in (WITHDRAWN, REFUSED, STRANGER))
    assert machine.ask() == ALLOWED
    assert [one.name for one in machine.home.glob("generation-*")] == [current(machine.home).name]  # type: ignore[union-attr]


@pytest.mark.parametrize("open_store", [open_to_read, open_to_write])
def test_a_file_that_is_cut_is_refused_before_it_is_mapped(open_store: Any, machine: Machine) -> None:
    folder = current(machine.home)
    assert folder is not None
    os.truncate(folder / DATA, 3 * 4096)

    with pytest.raises(lmdb.CorruptedError, match="cut"):
        open_store(folder)


def test_a_revoked_key_stays_revoked_when_the_store_is_built_anew(machine: Machine) -> None:
    """Who remembers a caller by the number of the keys must not find that number again."""
    key_versions: list[int] = []
    for _ in range(2):
        folder = current(machine.home)
        assert folder is not None
        databases = environment.open_to_read(folder)
        with databases.environment.begin() as transaction:
            packed = transaction.get(POLL, db=databases.meta)
            assert packed is not None
            key_versions.append(unpack_poll(packed).keys_version)
        databases.environment.close()
        machine.tail(rebuild=True)

    assert len(set(key_versions)) == 2


def test_the_views_say_the_same(machine: Machine) -> None:
    client = APIClient(headers={"Authorization": f"Bearer {machine.key}"})
    theirs = {
        one: client.post("/access/v1/evaluation", question(one)).json()["decision"] for one in EVERYBODY
    }

    assert theirs == ALLOWED
