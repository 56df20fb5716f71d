"""Values about who was in a run. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from consent.subjects.types import Identifier
from consent.verifier.manifests.membership import hash_member, hash_reference


class Presence(StrEnum):
    """What became, in one run, of the rows about a person."""

    RECEIVED = "received"  # the destination was given a row of theirs; there may be denied ones too
    MAY_HAVE = "may_have"  # a row of theirs was allowed, and the run failed while it handed rows over
    DENIED = "denied"
    ABSENT = "absent"
    GONE = "gone"  # the evidence is not there: its time was over, or another run took its place
    UNREADABLE = "unreadable"  # the evidence does not hold what it should: it says nothing about anybody
    NOTHING_LEFT = "nothing_left"  # the run ended before anything left, and kept no evidence
    UNFINISHED = "unfinished"  # the run goes on


class Trust(StrEnum):
    """How much of the evidence was looked at."""

    WHOLE = "whole"  # every byte is what the run's manifest says
    GLANCED = "glanced"  # what was read is in order; the rest was not read
    UNVOUCHED = "unvouched"  # as before, and the run's manifest is not there to say what it should be


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """All that one person may be called in a run."""

    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    """Normalised."""
    refs: tuple[str, ...] = ()

    def members(self, run_key: bytes) -> Iterator[bytes]:
        """Yield what stands for the person in the run of this key."""
        for identifier in self.identifiers:
            yield hash_member(run_key, identifier)
        for ref in self.refs:
            yield hash_reference(run_key, ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What the evidence of one run says of a person."""

    presence: Presence
    reasons: tuple[str, ...] = ()
    """What rows of theirs were denied for."""
    trust: Trust | None = None
    """None: there was no evidence to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedRun:
    """One run, and what became in it of the rows about a person."""

    run_id: UUID
    purpose: str
    destination: str
    controller: str
    started_at: datetime
    finished_at: datetime | None
    looked_up: LookedUp


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs. None: whichever."""

    purpose: str | None = None
    destination: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Runs that started before."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last run of a page: the next one begins behind it."""

    started_at: datetime
    run_id: UUID
