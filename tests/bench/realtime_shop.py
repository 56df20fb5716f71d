"""A shop whose customers a destination holds, and the processes that take them out of it."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connection
from django.utils import timezone

from activation.destinations.services import connect_destination
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.types import Member
from activation.enforcement.membership.world import world_digest
from activation.snapshots.queries import open_snapshot
from config.launch.arguments import ROOT
from consent.policies.document.writing import write_yaml
from consent.records.queries import get_vocabulary
from consent.records.rules.rows import read_row
from consent.records.services import import_rows, record_rows
from consent.records.types import NewRow
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from tests.bench.check.people import CHOSEN_AT, CONTROLLER, DESTINATION, PURPOSES
from tests.bench.check.world import make_policy
from tests.bench.sequencer import sequencer_beside
from tests.enforcement_world import publish_policy, register_ads
from tests.fakes.webhook_receiver import SECRET

PURPOSE = PURPOSES[0]
AUDIENCE = "customers"
_AT_ONCE = 50_000
READY = b" ready."


def batched(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Yield them, some at a time."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def name(number: int) -> str:
    """Return the identifier of a customer."""
    return f"user-{number:08}"


def open_shop(url: str) -> None:
    """Put a policy in force, and connect its destination to the recipient at `url`."""
    publish_policy(write_yaml(make_policy()))
    register_ads()
    connect_destination(
        slug=DESTINATION,
        connector="webhook",
        settings={"url": url},
        secrets={"signing_secret": SECRET},
        changed_by="officer",
        at=timezone.now(),
    )


def win(numbers: range, *, until: datetime | None = None) -> None:
    """Let these customers say yes, and the destination hold them."""
    report = import_rows(
        lines=(json.dumps(_yes(number, until)).encode() for number in numbers),
        digest=hashlib.sha256(repr(numbers).encode()).hexdigest(),
        source="bench",
        at=timezone.now(),
    )
    if report.rejected:
        raise RuntimeError(f"{report.rejected} people were rejected, such as {report.faults[0]}")
    with open_snapshot(at=timezone.now()) as snapshot:
        world = world_digest(snapshot.policy, snapshot.register)
    for some in batched(numbers, _AT_ONCE):
        membership.add_members(
            destination=DESTINATION,
            audience=AUDIENCE,
            purpose=PURPOSE,
            controller=CONTROLLER,
            members=list(_list_members(some, until)),
            world=world,
        )


def withdraw(numbers: Sequence[int]) -> None:
    """Record, in one transaction, that these customers withdrew just now."""
    at = timezone.now()
    vocabulary = get_vocabulary(at=at)
    rows = [read_row(_no(number, at.isoformat()), vocabulary=vocabulary, at=at) for number in numbers]
    record_rows(rows=[row for row in rows if isinstance(row, NewRow)], source="bench", at=at)


def _list_members(numbers: Sequence[int], until: datetime | None) -> Iterator[Member]:
    for some in batched(numbers, 1_000):
        found = find_subjects([[Identifier(IdentifierKind.USER_ID, name(number))] for number in some])
        for number, [ref] in zip(some, found, strict=True):
            yield Member(ref=ref, identifiers={IdentifierKind.USER_ID: (name(number),)}, ends_at=until)


def _yes(number: int, until: datetime | None) -> dict[str, object]:
    choice = {**_choice("granted", CHOSEN_AT), "notice": "privacy", "notice_version": 1}
    choice |= {"method": "checkbox", "form": "account"}
    choice |= {"expires_at": until.isoformat()} if until else {}
    facts = [{"name": "residence", "value": "DE", "effective_at": CHOSEN_AT}]
    return {**_who(number), "choices": [choice], "facts": facts}


def _no(number: int, at: str) -> dict[str, object]:
    return {**_who(number), "choices": [_choice("withdrawn", at)]}


def _who(number: int) -> dict[str, object]:
    return {"identifiers": [{"kind": "user_id", "value": name(number)}]}


def _choice(choice: str, at: str) -> dict[str, object]:
    return {"purpose": PURPOSE, "choice": choice, "controller": CONTROLLER, "effective_at": at}


@contextmanager
def staff(*, sweeps: bool = True) -> Iterator[None]:
    """Run what a shop runs: a sequencer, a follower of the feed, a Celery worker and the beat."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(sequencer_beside())
        log = folder / "worker.log"
        celery = ["-m", "celery", "-A", "config.celery"]
        stack.enter_context(_process([*celery, "worker", "-c2", "--loglevel=INFO"], log))
        stack.enter_context(_process(["manage.py", "run_follower"], folder / "follower.log"))
        beat = [*celery, "beat", "-s", str(folder / "schedule")]
        if sweeps:
            stack.enter_context(_process(beat, folder / "beat.log"))
        while READY not in log.read_bytes():
            time.sleep(0.1)
        yield


@contextmanager
def _process(words: list[str], log: Path) -> Iterator[None]:
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": url},
            stdout=output,
            stderr=output,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()
