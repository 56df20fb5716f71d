"""Values that describe canaries and incidents. Pure: no Django, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from activation.decisions.types import Question
from consent.kernel.errors import AccordantError

SOURCE = "canary"
"""What the ledger names as the source of a canary's choices."""


class Way(StrEnum):
    """The way in which a canary said no. Each destination has one canary of each."""

    REFUSED = "refused"  # each purpose by its name
    WITHDRAWN = "withdrawn"  # an ancestor of each purpose
    UNSUBSCRIBED = "unsubscribed"  # objected to everything, towards everybody
    OPTED_OUT = "opted_out"  # everything, at this destination only
    LAPSED = "lapsed"  # said yes until a moment that is over
    ERASED = "erased"


NAMES_PURPOSES = frozenset({Way.REFUSED, Way.WITHDRAWN})
"""Ways whose no names purposes of a policy: under another policy they may not speak to the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One invented person, as far as the installation must remember: all else follows from its secret."""

    destination: str
    way: Way
    generation: int
    """From 1: a canary that can be mended no more is followed by the next generation."""
    jurisdiction: str
    """Where the canary lives; empty: nowhere that is known."""
    policy_digest: str
    """Of the policy whose purposes its choices name."""
    made_at: datetime
    """By the database's clock: from then on its no is on record."""
    prepared_at: datetime
    """By the same clock: from then on it speaks to the purposes of that policy."""


class IncidentKind(StrEnum):
    """What happened that must never happen."""

    CANARY_PASSED = "canary_passed"
    CANARY_UNACCOUNTED = "canary_unaccounted"  # nothing was decided about it: rows are lost on the way
    CANARY_LOST = "canary_lost"  # its no, or the canary itself, is not on record any more
    WITHDRAWAL_MISSED = "withdrawal_missed"  # who said no was found held, and nothing had brought it up


SUSPENDING = frozenset({IncidentKind.CANARY_PASSED, IncidentKind.CANARY_UNACCOUNTED})
"""Incidents after which the destination gets nothing until an officer resumes it."""


class CanaryAlarm(AccordantError):
    """A path that decides cannot be trusted. Nothing may be delivered, and an incident must be raised."""

    kind: IncidentKind
    status = 409

    def __init__(self, question: Question, ways: Sequence[Way]) -> None:
        names = ", ".join(ways)
        super().__init__(f"{self.reason}: {names}. Nothing was delivered, and an incident was raised.")
        self.question = question
        self.ways = tuple(ways)

    reason = ""


class CanaryPassed(CanaryAlarm):
    """An invented person who said no was allowed."""

    code = "canary_passed"
    kind = IncidentKind.CANARY_PASSED
    reason = "canaries that said no were allowed"


class CanaryUnaccounted(CanaryAlarm):
    """Nothing was decided about an invented person who was asked about: people may be lost on the way."""

    code = "canary_unaccounted"
    kind = IncidentKind.CANARY_UNACCOUNTED
    reason = "canaries were asked about, and not answered about once each"


class CanariesNotApplicable(AccordantError):
    """No canary can be placed, for the reason given. A run goes on, and says so."""

    code = "canaries_not_applicable"


class CanaryRefused(AccordantError):
    """A canary could not be put on record: its identifiers lead to somebody else."""

    code = "canary_refused"
    status = 409


class IncidentNotFound(AccordantError):
    """There is no such incident."""

    code = "incident_not_found"
    status = 404


class IncidentAcknowledged(AccordantError):
    """An officer acknowledged the incident before."""

    code = "incident_acknowledged"
    status = 409


class NoteMissing(AccordantError):
    """An incident is acknowledged with a note: what was found, and what was done."""

    code = "note_missing"
