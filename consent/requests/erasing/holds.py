"""Legal holds: which data must not be erased now, and for which case."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from consent.requests.models import LegalHold, System


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingHold:
    """A legal hold that stands, and on what."""

    reference: str
    ground: str
    system: str | None
    """By slug; None: on every system, and on what is sealed beside the ledger."""
    dataset: str | None
    subject_ref: str | None
    """None: on everybody there."""

    @property
    def text(self) -> str:
        """What a report says of it."""
        return f"{self.reference}: {self.ground}"


def list_standing(subject_refs: Collection[str], *, on: date) -> tuple[StandingHold, ...]:
    """Return the holds that stand `on` that day, for everybody or for one of these subjects."""
    rows = (
        LegalHold.objects.filter(lifted_at__isnull=True, since__lte=on)
        .filter(Q(until__isnull=True) | Q(until__gte=on))
        .filter(Q(subject_ref="") | Q(subject_ref__in=list(subject_refs)))
        .order_by("reference", "pk")
        .values_list(
            "reference", "ground", "system__slug", "dataset__system__slug", "dataset__name", "subject_ref"
        )
    )
    return tuple(
        StandingHold(
            reference=reference,
            ground=ground,
            system=system or of_dataset,
            dataset=dataset,
            subject_ref=subject_ref or None,
        )
        for reference, ground, system, of_dataset, dataset, subject_ref in rows
    )


def get_holds(system: System, subject_refs: Collection[str], *, on: date) -> Mapping[str, str]:
    """Return the system's datasets that are held from erasure `on` that day -> references and grounds.

    A hold on a whole system, or on everything, is on each of its datasets, by its name.
    """
    standing = [one for one in list_standing(subject_refs, on=on) if one.system in {None, system.slug}]
    names = system.datasets.order_by("name").values_list("name", flat=True)
    held = {name: [one for one in standing if one.dataset in {None, name}] for name in names}
    return {name: describe(holds) for name, holds in held.items() if holds}


def get_ledger_holds(subject_refs: Collection[str], *, on: date) -> Mapping[str, str]:
    """Return those of the subjects whose keys are held -> references and grounds.

    What is sealed beside the ledger is under a hold that names neither a system nor a dataset.
    """
    standing = [one for one in list_standing(subject_refs, on=on) if one.system is None]
    held = {ref: [one for one in standing if one.subject_ref in {None, ref}] for ref in subject_refs}
    return {ref: describe(holds) for ref, holds in held.items() if holds}


def describe(holds: Iterable[StandingHold]) -> str:
    """Return what a report says of data that is under these holds."""
    return "; ".join(dict.fromkeys(one.text for one in holds))
