"""How far recipients are that take a person out: by what became of the suppressions since the request."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import Count, Max, Q

from activation.enforcement.membership.models import Holding
from activation.enforcement.recipients.models import RecipientTelling
from activation.enforcement.recipients.types import Suppressed
from activation.enforcement.suppression.finding.queries import get_following
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from consent.ledger import queries as ledger
from consent.subjects.types import SubjectRef


def has_followed(telling: RecipientTelling) -> bool:
    """Return whether all that was written before this telling began was followed to the destinations.

    Where nothing is held anywhere, there is nothing to follow.
    """
    if not Holding.objects.exists():
        return True
    if telling.reach is None:
        if ledger.count_pending(until=telling.begun_at):
            return False
        telling.reach = ledger.get_size()
        telling.save(update_fields=["reach"])
    return get_following().position >= telling.reach


def count_suppressed(refs: Collection[SubjectRef], *, since: datetime) -> Mapping[str, Suppressed]:
    """Return what became of taking `refs` out since then, by destination."""
    rows = (
        Suppression.objects.filter(subject_ref__in=list(refs), enforced_at__gte=since)
        .exclude(state=SuppressionState.SUPERSEDED)
        .values("destination")
        .annotate(
            waiting=Count("pk", filter=Q(state=SuppressionState.WAITING)),
            parked=Count("pk", filter=Q(state=SuppressionState.PARKED)),
            acknowledged=Count("pk", filter=Q(state=SuppressionState.ACKNOWLEDGED)),
            by_hand=Count("pk", filter=Q(state=SuppressionState.BY_HAND)),
            last=Max("ended_at"),
        )
        .order_by("destination")
    )
    return {
        row["destination"]: Suppressed(
            waiting=row["waiting"],
            parked=row["parked"],
            acknowledged=row["acknowledged"],
            by_hand=row["by_hand"],
            ended_at=row["last"],
        )
        for row in rows
    }
