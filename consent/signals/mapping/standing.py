"""What is on record about one person, asked by purpose: which no stands, which yes is in force."""

from collections.abc import Iterable, Iterator

from consent.signals.mapping.types import (
    ANY_PURPOSE,
    DATED,
    EXPLICIT,
    NO,
    YES,
    Mapping,
    Outcome,
    Standing,
    Word,
)


def covers(no_purpose: str, purpose: str) -> bool:
    """Return whether a no at `no_purpose` speaks to `purpose`: it is the same, or an ancestor, or `*`."""
    return no_purpose in {ANY_PURPOSE, purpose} or purpose.startswith(f"{no_purpose}.")


def speaks_to(mapping: Mapping, choice: str, no_purpose: str, purpose: str) -> bool:
    """Return whether a no at `no_purpose` speaks to a purpose: GPC only to those that opt-outs speak to."""
    if choice == Word.SIGNAL:
        row = mapping.purposes.get(purpose)
        return covers(no_purpose, purpose) and row is not None and bool(row.opt_out)
    return covers(no_purpose, purpose)


class Record:
    """The choices on record. Order is by their time; of one time the no counts as the later."""

    def __init__(self, mapping: Mapping, standing: Iterable[Standing]) -> None:
        choices = tuple(standing)
        self._mapping = mapping
        self.noes = tuple(one for one in choices if one.choice in NO)
        self.yeses = tuple(one for one in choices if one.choice in YES)

    def speaks_to(self, no: Standing | Outcome, purpose: str) -> bool:
        """Return whether a no speaks to a purpose."""
        return speaks_to(self._mapping, no.choice, no.purpose, purpose)

    def find_bar(self, yes: Outcome) -> Standing | None:
        """Return the no on record that keeps a framework's yes from being recorded, the latest of them.

        A no that came another way bars it however old it is, until the person themself has lifted it. One of
        the same framework bars it if it is not older: ties go to no.
        """
        bars = [no for no in self.noes if self.speaks_to(no, yes.purpose) and self._bars(no, yes)]
        return max(bars, key=lambda no: (no.effective_at, no.purpose, no.source, no.choice), default=None)

    def _bars(self, no: Standing, yes: Outcome) -> bool:
        if no.family == yes.family:
            return no.effective_at >= yes.effective_at
        return not self.is_lifted(no, yes.purpose)

    def is_lifted(self, no: Standing | Outcome, purpose: str) -> bool:
        """Return whether a later yes to just that purpose has lifted a no for it."""
        return any(
            yes.purpose == purpose and yes.effective_at > no.effective_at and self.lifts(yes, no)
            for yes in self.yeses
        )

    def lifts(self, yes: Standing, no: Standing | Outcome) -> bool:
        """Return whether a yes may lift an older no: the person's own may, and one of the same framework."""
        return yes.source == EXPLICIT or yes.family == no.family

    def contradicted(self, no: Outcome) -> Iterator[Standing]:
        """Yield each purpose's latest yes that is in force and that `no` speaks against, by purpose."""
        latest: dict[str, Standing] = {}
        for yes in sorted(self.yeses, key=lambda one: (one.purpose, one.effective_at, one.source)):
            if self.speaks_to(no, yes.purpose):
                latest[yes.purpose] = yes
        yield from (yes for yes in latest.values() if self._is_in_force(yes))

    def _is_in_force(self, yes: Standing) -> bool:
        return not any(
            self.speaks_to(no, yes.purpose)
            and no.effective_at >= yes.effective_at
            and not (no.choice == Word.SIGNAL and yes.after_conflict_notice)
            for no in self.noes
        )

    def has_no(self, heard: Outcome) -> bool:
        """Return whether the same no of the same framework is on record, and no yes came between.

        A string that says when it was made says it anew: a yes of between the two may yet be told.
        """
        return any(
            self._is_same(no, heard)
            and (heard.family not in DATED or no.effective_at >= heard.effective_at)
            and not self._came_between(no, heard)
            for no in self.noes
        )

    def _came_between(self, no: Standing, heard: Outcome) -> bool:
        return any(
            self.speaks_to(heard, yes.purpose)
            and no.effective_at < yes.effective_at <= heard.effective_at
            and not (heard.choice == Word.SIGNAL and yes.after_conflict_notice)
            for yes in self.yeses
        )

    def has_yes(self, heard: Outcome) -> bool:
        """Return whether a yes of the same framework, as late as this one or later, is on record."""
        return any(self._is_same(yes, heard) and yes.effective_at >= heard.effective_at for yes in self.yeses)

    def _is_same(self, one: Standing, heard: Outcome) -> bool:
        return (one.purpose, one.choice, one.family) == (heard.purpose, heard.choice, heard.family)
