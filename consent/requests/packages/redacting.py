"""What officers withhold from a package before it is released, and take back; what they look at for that."""

from uuid import UUID

from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.models import Redaction, Request, Step
from consent.requests.moving import lock_request, save
from consent.requests.packages.building import build_again
from consent.requests.packages.collected import read_dataset, survey
from consent.requests.packages.hiding import names_somebody
from consent.requests.packages.mapping import read_map
from consent.requests.packages.types import BadReason, CollectedDataset, CollectedStep, NothingThere
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, NotPossible, RequestState, StepAction

MAX_REASON = 200
_OPEN = frozenset({RequestState.IN_PROGRESS, RequestState.IN_REVIEW})


def redact(
    request_id: UUID,
    *,
    system: str,
    dataset: str,
    reason: str,
    officer_id: int,
    version: int,
    field: str = "",
    row: int | None = None,
) -> UUID | int:
    """Withhold a field in every row, a whole row, or a field in one row; return the redaction's id.

    `row` is the number that `list_rows` shows. The package is put together again. The person reads `reason`.

    :raises NothingThere: if there is no such row, field or dataset: nothing would be withheld.
    :raises BadReason: if `reason` is none, or too long, or names somebody.
    :raises ChangedMeanwhile: if the request is not at `version` any more.
    :raises NotPossible: if the package is released, or the request is closed.
    """
    if not 1 <= len(reason.strip()) <= MAX_REASON or names_somebody(reason):
        raise BadReason(
            f"say why, in 1 to {MAX_REASON} characters, without an address or a number of anybody"
        )
    _check_there(request_id, system, dataset, field, row)
    with transaction.atomic():
        request = _lock_open(request_id, version)
        redaction = Redaction.objects.create(
            request=request,
            system=system,
            dataset=dataset,
            field=field,
            row=row,
            reason=reason.strip(),
            officer_id=officer_id,
            at=get_time(),
        )
        _tell(request, redaction, officer_id, is_undone=False)
    return int(redaction.pk)


def undo_redaction(redaction_id: int, *, officer_id: int, version: int) -> None:
    """Take a redaction back, before the release. The package is put together again.

    :raises NothingThere: if there is no such redaction.
    :raises ChangedMeanwhile, NotPossible: as `redact`.
    """
    with transaction.atomic():
        found = Redaction.objects.filter(pk=redaction_id).values_list("request_id", flat=True).first()
        if found is None:
            raise NothingThere("there is no such redaction")
        request = _lock_open(found, version)
        redaction = Redaction.objects.filter(pk=redaction_id).first()
        if redaction is None:
            raise NothingThere("there is no such redaction")
        redaction.delete()
        redaction.pk = redaction_id
        _tell(request, redaction, officer_id, is_undone=True)


def _lock_open(request_id: UUID, version: int) -> Request:
    request = lock_request(request_id, version=version)
    if request.state not in _OPEN:
        raise NotPossible("what was released cannot be changed: withdraw it, and answer anew")
    return request


def _tell(request: Request, redaction: Redaction, officer_id: int, *, is_undone: bool) -> None:
    step = _find_step(request.pk, redaction.system)
    known = read_map(step.system).get(redaction.dataset) if step is not None and step.system else None
    is_declared = known is not None and (not redaction.field or redaction.field in known.fields)
    detail = {
        "redaction": redaction.pk,
        "system": redaction.system,
        "dataset": redaction.dataset if known is not None else None,  # what the map does not know may be data
        "field": redaction.field if is_declared else None,
        "row": redaction.row,
        "undone": is_undone,
        "redactions": Redaction.objects.filter(request=request).count(),
    }
    tell(request, EventKind.REDACTED, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
    build_again(request)
    save(request)


def _check_there(request_id: UUID, system: str, dataset: str, field: str, row: int | None) -> None:
    """Return if there is something to be withheld."""
    request = Request.objects.filter(pk=request_id).first()
    step = _find_step(request_id, system)
    if request is None or step is None or (not field and row is None):
        raise NothingThere("nothing was collected there")
    key = vault.open_key(request)
    surveyed = survey(request, key, step)
    found = next((one for one in surveyed.datasets if one.name == dataset), None)
    if found is None or (field and field not in found.columns):
        raise NothingThere("nothing was collected there")
    if row is not None and not _has_row(request, key, step, surveyed, found, row):
        raise NothingThere("there is no row of that number in this dataset")


def _has_row(
    request: Request,
    key: bytes,
    step: Step,
    surveyed: CollectedStep,
    dataset: CollectedDataset,
    number: int,
) -> bool:
    rows = read_dataset(request, key, step, surveyed, dataset, after=number - 1)
    return next((row.number == number for row in rows), False)


def _find_step(request_id: UUID, system: str) -> Step | None:
    steps = Step.objects.filter(request_id=request_id, action=StepAction.COLLECT, system__slug=system)
    return steps.select_related("system").order_by("pk").first()
