"""What an erasure will do, as an officer sees it before proposing or approving it. Nothing is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from consent.ledger.queries import get_time
from consent.requests.erasing.holds import get_holds, get_ledger_holds
from consent.requests.erasing.matching import match_person
from consent.requests.models import Dataset, Field, Request, System
from consent.requests.persons import read_person
from consent.requests.types import Masking, OnErasure, RequestNotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDataset:
    """What will become of a dataset's rows."""

    name: str
    title: str
    on_erasure: OnErasure
    ground: str
    """Of KEEP: the law that asks for it."""
    hold: str
    """The legal holds that stand on these rows: they are kept. Empty: none."""
    kept_fields: tuple[tuple[str, str], ...]
    """Of MASK: fields that stay, each with its ground."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSystem:
    """A system that will be asked, in its place."""

    slug: str
    title: str
    kind: str
    order: int
    backup_days: int | None
    datasets: tuple[PlannedDataset, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What an approval would begin now."""

    subjects: int
    """How many are on record here and would be erased."""
    erased_before: int
    spared: int
    """How many the person began anew since the request came in: they stay."""
    unproven: int
    """How many are linked to the person and may be somebody else: they stay."""
    identifier_kinds: tuple[str, ...]
    """By what kinds of identifiers systems would be asked."""
    systems: tuple[PlannedSystem, ...]
    """In the order in which they are asked."""
    switched_off: tuple[str, ...]
    """Systems, by title, that are not asked, because they are switched off in the data map."""
    ledger_holds: tuple[str, ...]
    """Holds that have keys be kept that the last step would destroy."""


def preview_erasure(request_id: UUID | str) -> ErasurePlan:
    """Return what approving the erasure would do, as things are now.

    The destinations that hold the person are told, too: which they are, the floor above knows.

    :raises RequestNotFound: if there is none.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if it cannot be read whom it is about.
    :raises SubjectStateUnreadable: if an identifier on record does not open.
    """
    request = Request.objects.filter(pk=request_id).first()
    if request is None:
        raise RequestNotFound("there is no such request")
    matched, on = match_person(request, read_person(request)), get_time().date()
    refs = sorted({*matched.living, *matched.erased, *request.subjects})
    systems = System.objects.filter(is_enabled=True).prefetch_related(
        Prefetch("datasets", Dataset.objects.order_by("name")),
        Prefetch("datasets__fields", Field.objects.order_by("name")),
    )
    return ErasurePlan(
        subjects=len(matched.living),
        erased_before=len(matched.erased),
        spared=len(matched.spared),
        unproven=len(matched.unproven),
        identifier_kinds=tuple(sorted({one.kind.value for one in matched.identifiers})),
        systems=tuple(
            _plan_system(one, get_holds(one, refs, on=on)) for one in systems.order_by("order", "slug")
        ),
        switched_off=tuple(
            System.objects.filter(is_enabled=False).order_by("slug").values_list("title", flat=True)
        ),
        ledger_holds=tuple(sorted(set(get_ledger_holds(refs, on=on).values()))),
    )


def _plan_system(system: System, holds: Mapping[str, str]) -> PlannedSystem:
    return PlannedSystem(
        slug=system.slug,
        title=system.title,
        kind=system.kind,
        order=system.order,
        backup_days=system.backup_days,
        datasets=tuple(_plan_dataset(one, holds.get(one.name, "")) for one in system.datasets.all()),
    )


def _plan_dataset(dataset: Dataset, hold: str) -> PlannedDataset:
    kept = [one for one in dataset.fields.all() if one.masking == Masking.KEEP]
    return PlannedDataset(
        name=dataset.name,
        title=dataset.title,
        on_erasure=OnErasure(dataset.on_erasure),
        ground=dataset.keep_ground,
        hold=hold,
        kept_fields=tuple((one.name, one.keep_ground) for one in kept),
    )
