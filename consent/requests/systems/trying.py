"""Trying a system from the admin: whether it answers, and what an erasure of somebody would touch."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from consent.kernel.errors import AccordantError
from consent.requests.connectors.interface import Row
from consent.requests.connectors.opening import open_connector
from consent.requests.models import System
from consent.requests.systems.recording import TRIED, tell
from consent.requests.types import Outcome, Person
from consent.subjects import queries as subjects
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier

SHOWN = 5
"""Rows of each dataset that a dry run shows."""


class NobodyNamed(AccordantError):
    """A dry run needs an identifier."""

    code = "nobody_named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a dry run found. It holds personal data: it is shown once and kept nowhere."""

    outcome: Outcome
    rows: dict[str, list[Row]] = field(repr=False)


def check_connection(system: System, *, at: datetime) -> str:
    """Ask the system whether it is there and as it is declared, note that it was, and return its answer.

    :raises SystemFailed, SystemRefused: if not; the message says what to do.
    """
    told = open_connector(system, subjects=(), at=at).probe()
    System.objects.filter(pk=system.pk).update(tested_at=at)
    return told


def try_erasure(system: System, identifier: Identifier, *, officer_id: int, at: datetime) -> Tried:
    """Return what an erasure of this person would touch in the system. Nothing is changed.

    Who looked, and at which system, is told to the audit stream before anything is shown; not at whom.

    :raises MalformedIdentifier: if the value is none of its kind.
    :raises SystemFailed, SystemRefused: if the system cannot be asked.
    """
    normalised = normalise(identifier)
    person = Person(identifiers={normalised.kind: (normalised.value,)})
    (refs,) = subjects.find_subjects([[normalised]])
    tell(TRIED, {"system": system.slug, "kind": normalised.kind.value}, changed_by=str(officer_id))
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    connector = open_connector(system, subjects=refs, at=at)
    outcome = connector.find(person, lambda dataset, row: rows[dataset].append(row), limit=SHOWN)
    return Tried(outcome=outcome, rows=dict(rows))
