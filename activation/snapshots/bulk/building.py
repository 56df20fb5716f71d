"""Writing the file of people from PostgreSQL."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from activation.decisions.compiler import compile_policy
from activation.decisions.types import SubjectState
from activation.snapshots.bulk.writing import Basis, PeopleWriter, list_files
from activation.snapshots.queries import consistent_view
from activation.snapshots.tailing.people import read_people
from consent.ledger import queries as ledger
from consent.policies.queries import list_policies_from
from consent.subjects.queries import fingerprint, list_refs_after
from consent.subjects.types import SubjectRef

PEOPLE_AT_A_TIME = 2_000
FILES_KEPT = 2
"""A run that began before a new file was written reads on in the old one."""


def build(folder: Path, *, at: datetime, told: Callable[[int], None] = lambda _: None) -> Path:
    """Write everybody's state into a new file in `folder`, and return it; all but the last before it go.

    It can be asked about the purposes of the policies in force at `at` and later. What happens while it is
    written may be in it or not: readers look up what came after its watermark. `told` hears how many are
    done.
    """
    with consistent_view():
        basis, purposes = _begin(), _purposes(at)
    with PeopleWriter(folder, purposes=purposes, basis=basis) as writer:
        ref = ""
        while refs := _write_next(writer, ref):
            ref = refs[-1]
            told(writer.people)
        path = writer.finish()
    for old in list_files(folder)[FILES_KEPT:]:
        old.unlink(missing_ok=True)
    return path


def _begin() -> Basis:
    size = ledger.get_size()
    last = ledger.list_touched(after=size, limit=0) if size else []
    return Basis(
        watermark=size,
        last_hash=last[0].leaf_hash if last else b"",
        complete_at=ledger.get_time(),
        identity=fingerprint(),
    )


def _purposes(at: datetime) -> list[str]:
    return sorted({slug for policy in list_policies_from(at=at) for slug in compile_policy(policy).purposes})


def _write_next(writer: PeopleWriter, after: str) -> list[SubjectRef]:
    with consistent_view():
        refs = list_refs_after(after, limit=PEOPLE_AT_A_TIME)
        people = read_people(refs) if refs else None
    if people is not None:
        states: dict[str, SubjectState | None] = {
            ref: state for members, state in people.states for ref in members
        }
        for ref in refs:
            writer.add(ref, states[ref])
    return refs
