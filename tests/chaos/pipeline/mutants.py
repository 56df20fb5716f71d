"""Bugs to plant in workers: each breaks one promise of the outbox, and a schedule must find it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.db import models

from activation.destinations.kinds.interface import Removal
from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.types import Member
from activation.enforcement.suppression import delivering, ending, forming, removing
from activation.enforcement.suppression.models import Parcel
from lineage.leases import claiming


def ignore_fencing() -> None:
    """Let every worker write, whoever has the row since."""

    def ours(row: models.Model) -> models.QuerySet[models.Model]:
        return models.QuerySet(type(row)).filter(pk=row.pk)

    claiming._ours = ours  # type: ignore[assignment]


def form_anew() -> None:
    """Form another parcel, with another key, at each attempt."""

    def put_off(parcel: Parcel, *, error: str, delay: timedelta) -> bool:
        return ending.take_apart(parcel)

    ending.put_off = put_off


def acknowledge_first() -> None:
    """Write down that it is done, and do it then."""
    build = removing.build_removal

    def acknowledge_and_build(parcel: Parcel, holding: Holding, people: Sequence[Member]) -> Removal:
        removal = build(parcel, holding, people)
        ending.acknowledge(parcel, reference="", people=people)
        return removal

    delivering.build_removal = acknowledge_and_build  # type: ignore[attr-defined]


def forget_the_order() -> None:
    """Take whatever waits, also when an earlier one of the same person is on its way."""
    forming._NEXT = forming._NEXT.replace("next.subject_ref <> ''", "false")


MUTANTS: dict[str, Callable[[], None]] = {
    "fencing is ignored": ignore_fencing,
    "a parcel is formed anew at each attempt": form_anew,
    "a parcel is acknowledged before it is sent": acknowledge_first,
    "the order of a person's suppressions is forgotten": forget_the_order,
}
"""By what is wrong."""
