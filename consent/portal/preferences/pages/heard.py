"""What consent strings of sites and apps had to do with what stands, in the terms of a page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.portal.preferences.pages.person import Person
from consent.portal.preferences.pages.states import Says, Standing
from consent.records.queries import get_kinds_of_records, list_signals
from consent.records.types import YES, SignalKind, SignalOnRecord
from consent.subjects.types import SubjectRef

_AT_MOST = 100
"""How many signals in conflict are looked at, the latest; a text that is sent again is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StringNote:
    """That a no came by a string, or that a string's yes was not taken."""

    at: datetime
    is_source: bool
    """Whether the no that stands came by it."""
    is_followed: bool
    """Whether its no is followed although a yes of the person's stood."""
    is_lost: bool
    """Whether its yes was not taken, because the no stands."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The signals in conflict towards one controller, and which choices came by a string."""

    signals: Sequence[SignalOnRecord]
    """The latest first; without the browser's own, of which the page tells otherwise."""
    kinds: Mapping[str, SignalKind]
    """By the record of a choice."""

    def find(self, purpose: str, standing: Standing) -> StringNote | None:
        """Return what to tell beside a no that stands at `purpose`; None if there is nothing."""
        if standing.says is not Says.NO or standing.at is None:
            return None
        is_source = self.kinds.get(standing.record_id, SignalKind.GPC) is not SignalKind.GPC
        followed = self._latest(purpose, won="heard") if is_source else None
        lost = None if followed else self._latest(purpose, won="against")
        if not is_source and lost is None:
            return None
        return StringNote(
            at=lost.effective_at if lost else standing.at,
            is_source=is_source,
            is_followed=followed is not None,
            is_lost=lost is not None,
        )

    def _latest(self, purpose: str, *, won: str) -> SignalOnRecord | None:
        is_yes = won == "against"  # a yes that lost, or a no that was followed
        return next(
            (
                signal
                for signal in self.signals
                for one in signal.conflicts
                if one.purpose == purpose and one.won == won and (one.heard in YES) is is_yes
            ),
            None,
        )


def read_heard(person: Person, standings: Iterable[Standing], *, controller: str) -> Heard:
    """Return what of signals the page tells. Two statements of somebody who is known."""
    refs = person.refs | {SubjectRef(one.subject_ref) for one in person.choices.in_force}
    if not refs:
        return Heard((), {})
    found = list_signals(refs=sorted(refs), only_conflicts=True, limit=_AT_MOST)
    return Heard(
        signals=[
            one for one in found if one.kind is not SignalKind.GPC and one.controller in {None, controller}
        ],
        kinds=get_kinds_of_records(one.record_id for one in standings),
    )
