"""How much room people take in the decision store, as people of the bench's world have it."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from activation.decisions.types import Member, SubjectState
from activation.snapshots.store.environment import Databases, open_to_write
from activation.snapshots.store.writing import StoreWriter
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName, IdentifierKind
from tests.bench.check.people import CHOSEN_AT, CONTROLLER, PURPOSES, Person
from tests.bench.report import Figure

PEOPLE = int(os.environ.get("ACCORDANT_BENCH_STORE_PEOPLE", "1000000"))
AT_ONCE = 20_000
_CHOSEN_AT = datetime.fromisoformat(CHOSEN_AT).astimezone(UTC)


def measure() -> Iterator[Figure]:
    """Yield the bytes a subject, of its state and of what leads to it, and what all takes on disk."""
    with tempfile.TemporaryDirectory() as folder:
        databases = open_to_write(Path(folder))
        _fill(StoreWriter(databases))
        people, index = (
            _bytes_of(databases, table) / PEOPLE for table in (databases.people, databases.index)
        )
        size = (Path(folder) / "data.mdb").stat().st_size
        databases.environment.close()
    title = f"decision store, {PEOPLE:,} subjects x {len(PURPOSES)} purposes"
    yield Figure(f"{title}: state", people, "bytes a subject", "aim: 100")
    yield Figure(f"{title}: identifier index, 2 each", index, "bytes a subject")
    yield Figure(f"{title}: on disk", size / 2**20, "MiB")


def _fill(writer: StoreWriter) -> None:
    refs = sorted(sha256(b"%d" % number).hexdigest()[:32] for number in range(PEOPLE))
    for start in range(0, PEOPLE, AT_ONCE):
        with writer.writing() as changes:
            for number, ref in enumerate(refs[start : start + AT_ONCE], start):
                changes.put_state([f"sub_{ref}"], state_of(Person(number), f"sub_{ref}"))
                for kind in (IdentifierKind.USER_ID, IdentifierKind.EMAIL):
                    changes.put_index(kind, sha256(b"%b%d" % (kind.encode(), number)).digest(), f"sub_{ref}")


def state_of(person: Person, ref: str) -> SubjectState:
    """Return what is known of somebody who chose at one moment; one in eight said no later."""
    chosen_at = _CHOSEN_AT + timedelta(milliseconds=person.number)
    records = [_record(person, ref, purpose, chosen_at) for purpose in PURPOSES]
    if person.number % 8 == 0:
        later = chosen_at + timedelta(days=30)
        withdrawn = replace(
            records[0], version=10, choice=Choice.WITHDRAWN, effective_at=later, recorded_at=later
        )
        records.append(withdrawn)
    fact = Fact(
        subject_ref=ref,
        name=FactName.RESIDENCE,
        value=person.residence,
        effective_at=chosen_at,
        recorded_at=chosen_at,
        version=9,
    )
    member = Member(subject_ref=ref, version=10, choices=tuple(records), facts=(fact,))
    return SubjectState(asked=frozenset({ref}), members=(member,))


def _record(person: Person, ref: str, purpose: str, at: datetime) -> ChoiceRecord:
    return ChoiceRecord(
        record_id=f"rec_{PURPOSES.index(purpose)}",
        subject_ref=ref,
        version=1 + PURPOSES.index(purpose),
        purpose=purpose,
        choice=Choice(person.choice(purpose)),
        effective_at=at,
        recorded_at=at,
        controller=CONTROLLER,
        notice="privacy",
        notice_version=1,
    )


def _bytes_of(databases: Databases, table: Any) -> int:
    with databases.environment.begin() as transaction:
        stat = transaction.stat(table)
    pages = stat["branch_pages"] + stat["leaf_pages"] + stat["overflow_pages"]
    return int(pages * stat["psize"])
