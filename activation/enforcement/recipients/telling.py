"""Telling recipients for a request's step, and ending the step when nobody is waited for any more.

What a no, or an erasure, means to a recipient, suppressions carry there by themselves: here it is seen how
far they are. Of a rectification or a restriction, whoever was sent data is told by an officer, unless a
suppression told them. For an access request they are listed.
"""

import logging
from collections.abc import Iterable, Sequence

from django.db import transaction

from activation.enforcement.recipients.finding import find_recipients, list_held_destinations
from activation.enforcement.recipients.models import RecipientNotice, RecipientTelling
from activation.enforcement.recipients.suppressing import count_suppressed, has_followed
from activation.enforcement.recipients.types import NoticeState, Progress, Suppressed, is_over, judge
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.requests.queries import (
    KnownRecipient,
    WaitingStep,
    list_person_identifiers,
    list_waiting_steps,
)
from consent.requests.services import end_telling
from consent.requests.types import DatasetReport, Outcome, RequestType, StepAction, StepState

_log = logging.getLogger(__name__)
AT_ONCE = 500
"""Steps that are held in memory together."""
LISTED = frozenset({RequestType.ACCESS, RequestType.PORTABILITY})
PASSED_ON = frozenset({RequestType.RECTIFICATION, RequestType.RESTRICTION})
"""What every recipient is told, whether it holds the person still or not (GDPR Art. 19)."""


def tell_all() -> int:
    """Look at every step that waits for recipients, and return how many ended. Safe to run twice.

    One that cannot be looked at now, or waits for long, does not keep the others waiting.
    """
    ended = waiting = 0
    while steps := list_waiting_steps(StepAction.TELL_RECIPIENTS, limit=AT_ONCE, offset=waiting):
        done = sum(map(_try, steps))
        ended, waiting = ended + done, waiting + len(steps) - done
    return ended


def _try(step: WaitingStep) -> bool:
    try:
        return tell(step)
    except AccordantError as error:
        _log.warning("the recipients of step %s cannot be looked at now: %s", step.step_id, error.code)
        return False


@transaction.atomic
def tell(step: WaitingStep) -> bool:
    """Look how far the recipients are, and return whether that ended the step.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be read who they are; nothing has changed then.
    """
    telling = _hold(step)
    if telling is None:
        return False
    if step.type not in LISTED and not has_followed(telling):
        return False
    progress = [] if step.type in LISTED else _look(step, telling)
    if not is_over(progress):
        return False
    recipients = _find(step)
    outcome = _list(recipients) if step.type in LISTED else _report(progress)
    return end_telling(step.step_id, outcome, recipients)


def look(step: WaitingStep) -> list[Progress]:
    """Return how far the recipients of a step are that take the person out; for pages, nothing is changed."""
    return _progress(step, list_held_destinations(step.subjects) if step.type is RequestType.ERASURE else ())


def _hold(step: WaitingStep) -> RecipientTelling | None:
    """Return the step's row, held until the transaction ends; None if another worker holds it."""
    RecipientTelling.objects.get_or_create(step_id=step.step_id, defaults={"request_id": step.request_id})
    rows = RecipientTelling.objects.select_for_update(skip_locked=True)
    return rows.filter(step_id=step.step_id).order_by("pk").first()


def _find(step: WaitingStep) -> tuple[KnownRecipient, ...]:
    return find_recipients(step.subjects, list_person_identifiers(step.request_id))


def _look(step: WaitingStep, telling: RecipientTelling) -> list[Progress]:
    progress = look(step)
    if step.type not in PASSED_ON:
        return progress
    told = {one.destination for one in progress}
    if telling.listed_at is None:
        _make_notices(step, telling, [one for one in _find(step) if one.destination not in told])
    notices = telling.notices.exclude(destination__in=told).order_by("destination", "pk")
    return [*progress, *map(_of_notice, notices)]


def _progress(step: WaitingStep, held: Iterable[str]) -> list[Progress]:
    suppressed, held = count_suppressed(step.subjects, since=step.since), frozenset(held)
    return [
        _one(slug, suppressed.get(slug, Suppressed()), is_held=slug in held)
        for slug in sorted({*suppressed, *held})
    ]


def _one(slug: str, suppressed: Suppressed, *, is_held: bool) -> Progress:
    return Progress(
        destination=slug,
        told=max(suppressed.told, 1),
        acknowledged=suppressed.acknowledged + suppressed.by_hand,
        state=judge(suppressed, is_held=is_held),
    )


def _make_notices(step: WaitingStep, telling: RecipientTelling, recipients: Iterable[KnownRecipient]) -> None:
    """Make a notice for each recipient that an officer has to tell: once, as there are many runs."""
    RecipientNotice.objects.bulk_create(
        RecipientNotice(telling=telling, destination=one.destination, what=step.type.value)
        for one in recipients
    )
    telling.listed_at = get_time()
    telling.save(update_fields=["listed_at"])


def _of_notice(notice: RecipientNotice) -> Progress:
    if notice.told_at is None:
        state = NoticeState.NOT_YET
    else:
        state = NoticeState.PARKED if notice.is_impossible else NoticeState.BY_HAND
    is_told = state is NoticeState.BY_HAND
    return Progress(destination=notice.destination, told=1, acknowledged=int(is_told), state=state)


def _report(progress: Sequence[Progress]) -> Outcome:
    """Return what the step reports: a row each, its ground is how far the recipient is."""
    is_partly = any(one.state is NoticeState.PARKED for one in progress)
    return Outcome(
        state=StepState.PARTLY_DONE if is_partly else StepState.DONE,
        datasets=tuple(
            DatasetReport(
                dataset=one.destination, found=one.told, done=one.acknowledged, ground=one.state.value
            )
            for one in progress
        ),
    )


def _list(recipients: Sequence[KnownRecipient]) -> Outcome:
    report = DatasetReport(dataset="recipients", found=len(recipients), done=len(recipients))
    return Outcome(state=StepState.DONE, datasets=(report,))
