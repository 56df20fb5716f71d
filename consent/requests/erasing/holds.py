"""Legal holds: which data must not be erased now, and for which case."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Q

from consent.requests.models import LegalHold, System


def get_holds(system: System, subject_refs: Collection[str], *, on: date) -> Mapping[str, str]:
    """Return the system's datasets that are held from erasure `on` that day -> references and grounds."""
    standing = LegalHold.objects.filter(lifted_at__isnull=True, since__lte=on)
    standing = standing.filter(Q(until__isnull=True) | Q(until__gte=on))
    standing = standing.filter(Q(subject_ref="") | Q(subject_ref__in=list(subject_refs)))
    names = list(system.datasets.order_by("name").values_list("name", flat=True))
    held: dict[str, str] = {}
    for hold in standing.select_related("dataset").order_by("reference", "pk"):
        if {hold.system_id, hold.dataset and hold.dataset.system_id} <= {None, system.pk}:
            for name in [hold.dataset.name] if hold.dataset else names:
                held.setdefault(name, f"{hold.reference}: {hold.ground}")
    return held
