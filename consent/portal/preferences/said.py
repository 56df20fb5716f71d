"""What is on record of whoever a visitor's identifiers lead to: so that nothing is said twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from consent.portal.preferences.policy import covers
from consent.records.queries import list_choices
from consent.records.types import NO, YES, Choice, ChoiceInForce
from consent.subjects.queries import list_groups
from consent.subjects.types import Identifier, SubjectRef

_OWN_NO = NO - {Choice.SIGNAL}
"""A no that the person uttered: a signal's does not make theirs superfluous."""
_OWN_YES = YES | {Choice.PENDING}


@dataclass(frozen=True, slots=True)
class Said:
    """The choices in force towards one controller, of everybody whom the identifiers lead to."""

    refs: frozenset[SubjectRef]
    """Those the identifiers lead to directly: a no is written for each of them."""
    choices: tuple[ChoiceInForce, ...]
    """Theirs, and those of whoever is linked to them."""

    def since(
        self, moment: datetime | None, purpose: str, *, is_yes: bool, notice: tuple[str, int | None]
    ) -> list[str]:
        """Return the records that say the same since `moment`, a yes on the same notice; or none.

        A yes that a later no covers, such as one to all, has to be said again.
        """
        if moment is None:
            return []
        same = [
            one for one in self._at(purpose, _OWN_YES if is_yes else _OWN_NO) if one.effective_at >= moment
        ]
        if is_yes:
            told = [one for one in same if (one.notice, one.notice_version) == notice]
            return [one.record_id for one in told if not self._is_taken_back(one)][:1]
        return self._of_all(purpose, same)

    def noes_at(self, purpose: str) -> list[str]:
        """Return the person's own noes that stand at exactly that purpose; none unless of everybody."""
        return self._of_all(purpose, self._at(purpose, _OWN_NO))

    def signals(self) -> list[ChoiceInForce]:
        """Return the opt-out signals in force."""
        return [one for one in self.choices if one.choice is Choice.SIGNAL]

    def has_yes_below(self, purpose: str) -> bool:
        """Return whether a yes is in force at a purpose or below it."""
        return any(one.choice in YES and covers(purpose, one.purpose) for one in self.choices)

    def latest_yes(self, purposes: Iterable[str]) -> datetime | None:
        """Return when the person last said yes to one of `purposes`, as far as that is in force."""
        wanted = set(purposes)
        times = [one.effective_at for one in self.choices if one.choice in YES and one.purpose in wanted]
        return max(times, default=None)

    def _at(self, purpose: str, choices: frozenset[Choice]) -> list[ChoiceInForce]:
        ours = (one for one in self.choices if one.subject_ref in self.refs)
        return [one for one in ours if one.purpose == purpose and one.choice in choices]

    def _is_taken_back(self, yes: ChoiceInForce) -> bool:
        noes = (one for one in self.choices if one.choice in NO and covers(one.purpose, yes.purpose))
        return any(no.effective_at >= yes.effective_at for no in noes)

    def _of_all(self, purpose: str, noes: Iterable[ChoiceInForce]) -> list[str]:
        """Return the noes if each of the subjects has one, and none of them was lifted, even in part."""
        by_subject = {one.subject_ref: one.record_id for one in noes}
        is_lifted = any(one.choice in _OWN_YES and covers(purpose, one.purpose) for one in self.choices)
        return list(by_subject.values()) if by_subject.keys() == self.refs and not is_lifted else []


def read_said(identifiers: Iterable[Identifier], *, controller: str | None, at: datetime) -> Said:
    """Return the choices in force of whoever `identifiers` lead to, towards that controller."""
    [group] = list_groups([list(identifiers)])
    members = {member.ref for member in group.members} | group.asked
    found = list_choices(refs=members, at=at) if members else {}
    ours = (one for chosen in found.values() for one in chosen if one.controller == controller)
    return Said(group.asked, tuple(one for one in ours if one.destination is None))
