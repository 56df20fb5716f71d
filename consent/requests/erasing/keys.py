"""The last step of an erasure: the keys of what is sealed beside the ledger are destroyed."""

from collections.abc import Mapping

from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests.erasing.errors import EarlierStepsOpen
from consent.requests.erasing.holds import get_ledger_holds
from consent.requests.models import Request, RequestEvent, Step
from consent.requests.moving import lock_request
from consent.requests.types import (
    STEP_ENDED,
    DatasetReport,
    EventKind,
    NotPossible,
    Outcome,
    StepAction,
    StepState,
)
from consent.subjects import queries as subject_queries
from consent.subjects import services as subjects

LEDGER = "ledger"
"""What the report calls what is sealed beside the ledger."""


def destroy(request: Request) -> Outcome:
    """Destroy the keys that were kept for the request since its approval, and return what became of them.

    Called again, it finds done what it did. The keys of subjects under a legal hold on everything are kept.
    The request's row is locked meanwhile: no earlier step is opened again beside it.

    :raises NotPossible: if the erasure was not approved.
    :raises EarlierStepsOpen: if an earlier step has not ended.
    :raises KeysUnavailable: if the keys cannot be reached; then none was destroyed.
    """
    with transaction.atomic():
        current = lock_request(request.pk)
        if current.approved_at is None:
            raise NotPossible("nobody approved this erasure")
        _check_earlier(current)
        kept = subject_queries.list_kept(current.pk)
        held = get_ledger_holds(kept, on=get_time().date())
        subjects.destroy_kept_keys(kept_for=current.pk, held=held)
    return _report(_count_erased(current), held)


def _check_earlier(request: Request) -> None:
    steps = Step.objects.filter(request=request).exclude(action=StepAction.DESTROY_KEYS)
    if steps.exclude(state__in=STEP_ENDED).exists():
        raise EarlierStepsOpen("keys are destroyed last: an earlier step of this request has not ended")


def _count_erased(request: Request) -> int:
    """Return how many subjects the approval erased: the same number, however often this is called."""
    told = RequestEvent.objects.filter(request=request, kind=EventKind.APPROVED).order_by("at", "pk").last()
    return 0 if told is None else int(told.detail["subjects"])


def _report(erased: int, held: Mapping[str, str]) -> Outcome:
    report = DatasetReport(
        dataset=LEDGER,
        found=erased,
        done=erased - len(held),
        kept=len(held),
        ground="; ".join(dict.fromkeys(held.values())),
    )
    return Outcome(state=StepState.PARTLY_DONE if held else StepState.DONE, datasets=(report,))
