"""Which no stands, and which yes governs: rows 13 and 14 of the decision table.

Yes is narrow: it covers exactly its purpose, for its controller, and ends. No is wide and stands: it
covers every descendant of its purpose, for ever, until the person's own later choice lifts it.
"""

from collections.abc import Iterator

from activation.decisions.compiled import Rule
from activation.decisions.reasons import Reason
from activation.decisions.view import View, order_of
from consent.policies.types import LegalBasis
from consent.records.types import ANY_PURPOSE, NO, YES, Choice, ChoiceRecord

EVERY_NO = frozenset(
    {LegalBasis.CONSENT, LegalBasis.OPT_OUT, LegalBasis.SOFT_OPT_IN, LegalBasis.LEGITIMATE_INTEREST}
)

NO_REASONS = {
    Choice.OBJECTED: Reason.OBJECTED,
    Choice.OPTED_OUT: Reason.OPTED_OUT,
    Choice.LIMITED: Reason.OPTED_OUT,
    Choice.SIGNAL: Reason.OPT_OUT_SIGNAL,
    Choice.REFUSED: Reason.REFUSED,
    Choice.WITHDRAWN: Reason.WITHDRAWN,
}
"""The reason that each kind of no is given as; the first that stands, in this order, speaks."""


def covers(record_purpose: str, purpose: str) -> bool:
    """Return whether a no at `record_purpose` speaks to `purpose`: it is the same or an ancestor."""
    return record_purpose in {ANY_PURPOSE, purpose} or purpose.startswith(f"{record_purpose}.")


class Standing:
    """The choices of one view, read for one purpose under one rule."""

    def __init__(self, view: View, rule: Rule, purpose: str, *, heeds_signals: bool) -> None:
        self.view, self.rule, self.purpose = view, rule, purpose
        self._shared = view.shared_devices
        self.honoured = self._honoured(heeds_signals=heeds_signals)
        self.noes = [record for record in view.records if self._says_no(record)]
        """Every no that speaks to the question, honoured or not."""
        self.granting = [record for record in view.records if self._says_yes(record)]
        """The records that say yes to exactly this question, whether they count or not."""
        self.confirmed = [record for record in self.granting if self._is_confirmed(record)]
        """Those of `granting` that are a grant under the rule: confirmed, where it asks for double opt-in."""
        self.yeses = [record for record in self.confirmed if self._can_lift(record)]
        """Those of `confirmed` that can lift a no."""

    def _honoured(self, *, heeds_signals: bool) -> frozenset[Choice]:
        """Return the kinds of no that the rule heeds, by its basis."""
        if self.rule.direct_marketing or self.rule.basis in EVERY_NO:
            return NO if heeds_signals and self.rule.signals_honoured else NO - {Choice.SIGNAL}
        return frozenset({Choice.OBJECTED} if self.rule.basis is LegalBasis.PUBLIC_TASK else ())

    def _says_no(self, record: ChoiceRecord) -> bool:
        question = self.view.question
        return (
            record.choice in NO
            and covers(record.purpose, self.purpose)
            and record.controller in {None, question.controller}
            and record.destination in {None, question.destination}
            and not (record.choice is Choice.SIGNAL and self._is_of_other_users(record))
        )

    def _says_yes(self, record: ChoiceRecord) -> bool:
        question = self.view.question
        return (
            record.choice in YES
            and record.purpose == self.purpose
            and record.controller == question.controller
            and record.destination in {None, question.destination}
            and not self._is_of_other_users(record)
        )

    def _is_of_other_users(self, record: ChoiceRecord) -> bool:
        """Whether it was said on a shared device not asked about: it counts for the device only."""
        return record.subject_ref in self._shared and record.subject_ref not in self.view.asked

    def standing_no(self) -> tuple[Reason, ChoiceRecord] | None:
        """Return the no that stands and its reason; the latest of the first reason in `NO_REASONS`."""
        standing = [record for record in self.noes if record.choice in self.honoured and self._stands(record)]
        for choice, reason in NO_REASONS.items():
            for record in reversed(standing):
                if record.choice is choice:
                    return reason, record
        return None

    def own_noes(self) -> list[ChoiceRecord]:
        """Return those that the person uttered, not their device. One voids a confirmation outstanding."""
        return [record for record in self.noes if record.choice is not Choice.SIGNAL]

    def _stands(self, no: ChoiceRecord) -> bool:
        if no.choice is Choice.SIGNAL and self._was_confirmed_against(no):
            return False
        if no.choice is Choice.OBJECTED and self._is_overruled(no):
            return False
        return not any(self._lifts(yes, no) for yes in self.yeses)

    def _is_overruled(self, objection: ChoiceRecord) -> bool:
        """Whether an officer overruled it with a ground (GDPR Art. 21(1)), never for marketing (21(3))."""
        return not self.rule.direct_marketing and any(
            record.choice is Choice.OVERRULED and record.refers_to == objection.record_id
            for record in self.view.records
        )

    def _was_confirmed_against(self, signal: ChoiceRecord) -> bool:
        """Whether the person opted in, told of the conflict, before the signal repeated (11 CCR 7025(c)(3)).

        Any no of their own since then ends that.
        """
        return any(
            yes.after_conflict_notice
            and self._reaches(yes, signal)
            and order_of(yes) < order_of(signal)
            and not any(order_of(yes) <= order_of(no) for no in self.own_noes())
            for yes in self.yeses
        )

    def _lifts(self, yes: ChoiceRecord, no: ChoiceRecord) -> bool:
        """Whether the person's own explicit `yes` came after `no` and speaks of the same. Ties go to no."""
        if yes.back_dated and no.recorded_at < yes.recorded_at:
            return False
        return self._reaches(yes, no) and self._is_later(yes, no)

    def _reaches(self, yes: ChoiceRecord, no: ChoiceRecord) -> bool:
        """Whether `yes` is as narrow as `no`: a broader yes does not lift one destination's no."""
        return no.destination is None or yes.destination == no.destination

    def _is_later(self, yes: ChoiceRecord, no: ChoiceRecord) -> bool:
        if yes.subject_ref == no.subject_ref:
            return order_of(yes) > order_of(no)
        joined_at = self.view.joined_at(yes.subject_ref, no.subject_ref)
        return joined_at is not None and yes.effective_at > max(joined_at, no.effective_at)

    def _can_lift(self, yes: ChoiceRecord) -> bool:
        """Whether `yes` was validly collected, and is within the bound that the person set."""
        has_ended = yes.expires_at is not None and yes.expires_at <= self.view.moment
        return not has_ended and not self.is_invalidated(yes)

    def _is_confirmed(self, record: ChoiceRecord) -> bool:
        if record.choice is Choice.GRANTED:
            return not self.rule.double_opt_in
        asked_for = self._pending_of(record)
        return asked_for is not None and not any(
            order_of(asked_for) < order_of(no) < order_of(record) for no in self.own_noes()
        )

    def _pending_of(self, confirmation: ChoiceRecord) -> ChoiceRecord | None:
        """Return the request that `confirmation` confirms; one for another question confirms nothing."""
        for record in self.view.records:
            same = (record.purpose, record.controller) == (confirmation.purpose, confirmation.controller)
            if record.record_id == confirmation.refers_to and record.choice is Choice.PENDING and same:
                return record if order_of(record) < order_of(confirmation) else None
        return None

    def is_invalidated(self, grant: ChoiceRecord) -> bool:
        """Return whether an officer found that `grant` was not validly collected."""
        return any(
            record.choice is Choice.INVALIDATED and record.refers_to == grant.record_id
            for record in self.view.records
        )

    def governing(self, *, by_guardian: bool = False) -> Iterator[ChoiceRecord]:
        """Yield each member's latest grant, the latest of all first."""
        latest = {
            record.subject_ref: record for record in self.confirmed if record.by_guardian or not by_guardian
        }
        yield from sorted(latest.values(), key=order_of, reverse=True)

    def without_grant(self) -> Reason:
        """Return why there is no grant: nothing on record, nothing chosen, or nothing confirmed."""
        if self.granting or self._has_neutral(Choice.PENDING):
            return Reason.PENDING_CONFIRMATION
        if self._has_neutral(Choice.SHOWN) or self._has_neutral(Choice.DISMISSED):
            return Reason.NO_CHOICE
        return Reason.NO_RECORD

    def _has_neutral(self, choice: Choice) -> bool:
        return any(
            record.choice is choice
            and covers(record.purpose, self.purpose)
            and record.controller in {None, self.view.question.controller}
            for record in self.view.records
        )
