"""What holds for a device, by its own records and those of whoever it is linked to. Pure.

It is narrower than a decision, never wider: a page that is told yes may still be denied by a check. A yes is
the device's own; a no of anybody it is linked to counts against it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from consent.portal.embed.terms import Terms
from consent.portal.embed.types import Holding
from consent.records.types import ANY_PURPOSE, NO, YES, Choice, ChoiceRecord


def find_holding(
    records: Sequence[ChoiceRecord],
    *,
    device: Collection[str],
    purposes: Iterable[str],
    controller: str,
    terms: Terms,
    linked_at: datetime | None,
    at: datetime,
) -> Holding:
    """Return what holds at `at`; `device` are the subjects that the device's id leads to directly.

    `linked_at`: when the last of the links was made. A yes from before it lifts nobody else's no.
    """
    reader = _Reader([one for one in records if _speaks_to(one, controller)], device, terms, linked_at, at)
    wanted = tuple(purposes)
    said = {purpose: reader.read(purpose) for purpose in wanted}
    holds = {
        purpose: answer and _has_required(purpose, terms, reader.read)
        for purpose, answer in said.items()
        if answer is not None
    }
    yeses = {purpose: reader.yes_to(purpose) for purpose, answer in holds.items() if answer}
    ends = [end for purpose, yes in yeses.items() if yes and (end := reader.end_of(purpose, yes))]
    told = tuple(sorted(purpose for purpose, yes in yeses.items() if yes and reader.was_told(purpose)))
    return Holding(holds=holds, after_conflict=told, until=min(ends, default=None))


def _speaks_to(record: ChoiceRecord, controller: str) -> bool:
    return record.controller in {None, controller} and record.destination is None


def _has_required(purpose: str, terms: Terms, read: Callable[[str], bool | None]) -> bool:
    """Return whether all that the purpose cannot do without, and that takes a yes, has one."""
    seen, waiting = {purpose}, list(terms.requires.get(purpose, ()))
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        answer = read(one)
        if answer is False or (answer is None and one in terms.by_consent):
            return False
        waiting += terms.requires.get(one, ())
    return True


class _Reader:
    """The records of one device, read for one purpose after the other."""

    def __init__(
        self,
        records: Sequence[ChoiceRecord],
        device: Collection[str],
        terms: Terms,
        linked_at: datetime | None,
        at: datetime,
    ) -> None:
        self._records = sorted(
            (one for one in records if one.effective_at <= at),
            key=lambda one: (one.effective_at, one.version),
        )
        self._device, self._terms, self._linked_at, self._at = device, terms, linked_at, at
        self._invalid = {one.refers_to for one in records if one.choice is Choice.INVALIDATED}

    def read(self, purpose: str) -> bool | None:
        """Return True for a yes that counts, False for a no that stands, None for neither."""
        yeses = self._yeses(purpose)
        if any(self._stands(no, yeses) for no in self._noes(purpose)):
            return False
        return True if self.yes_to(purpose) else None

    def yes_to(self, purpose: str) -> ChoiceRecord | None:
        """Return the newest yes of the device's, if it counts now."""
        yes = next(iter(reversed(self._yeses(purpose))), None)
        if yes is None or not self._terms.accepts(purpose, yes.notice, yes.notice_version):
            return None
        end = self.end_of(purpose, yes)
        return None if end is not None and end <= self._at else yes

    def end_of(self, purpose: str, yes: ChoiceRecord) -> datetime | None:
        """Return when the yes ends, by itself or by the policy."""
        ends = (yes.expires_at, self._terms.end_of(purpose, yes.effective_at))
        return min((end for end in ends if end is not None), default=None)

    def was_told(self, purpose: str) -> bool:
        """Return whether the person opted in, told that it conflicts with their browser's signal."""
        return any(yes.after_conflict_notice for yes in self._yeses(purpose))

    def _yeses(self, purpose: str) -> list[ChoiceRecord]:
        return [
            one
            for one in self._records
            if one.choice in YES
            and one.purpose == purpose
            and one.controller is not None
            and one.subject_ref in self._device
            and one.record_id not in self._invalid
        ]

    def _noes(self, purpose: str) -> list[ChoiceRecord]:
        return [
            one
            for one in self._records
            if one.choice in NO
            and (one.purpose in {ANY_PURPOSE, purpose} or purpose.startswith(f"{one.purpose}."))
            and (one.choice is not Choice.SIGNAL or purpose in self._terms.signalled)
        ]

    def _stands(self, no: ChoiceRecord, yeses: Sequence[ChoiceRecord]) -> bool:
        if no.choice is Choice.SIGNAL and any(self._was_before(yes, no) for yes in yeses):
            return False
        return not any(self._lifts(yes, no) for yes in yeses)

    def _was_before(self, yes: ChoiceRecord, signal: ChoiceRecord) -> bool:
        """Return whether a signal only repeats what the person had opted in against (11 CCR 7025(c)(3))."""
        return (
            yes.after_conflict_notice
            and yes.effective_at <= signal.effective_at
            and not any(
                no.choice is not Choice.SIGNAL and no.effective_at >= yes.effective_at
                for no in self._noes(yes.purpose)
            )
        )

    def _lifts(self, yes: ChoiceRecord, no: ChoiceRecord) -> bool:
        if yes.back_dated and no.recorded_at < yes.recorded_at:
            return False
        if yes.subject_ref == no.subject_ref:
            return (yes.effective_at, yes.version) > (no.effective_at, no.version)
        since = no.effective_at if self._linked_at is None else max(no.effective_at, self._linked_at)
        return yes.effective_at > since
