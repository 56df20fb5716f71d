"""Forgetting runs that ended long ago, once everybody has them."""

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from lineage.outbox.models import Delivery, OutboxEvent, Unread


@transaction.atomic
def forget_emitted(*, limit: int = 500) -> int:
    """Delete the runs that ended longest ago, past their time, and return how many. Call it until it is 0.

    A run stays whole, and for as long as it has no ending, a transport has not taken an event of it, or a
    reader has not read one. The fact that an event told of is another row, and has a time of its own.
    """
    if settings.LINEAGE_KEPT is None:
        return 0
    waiting = Delivery.objects.filter(run_id=OuterRef("run_id"), emitted_at__isnull=True)
    unread = Unread.objects.filter(run_id=OuterRef("run_id"))
    ended = OutboxEvent.objects.endings().filter(created_at__lt=Now() - settings.LINEAGE_KEPT)
    old = ended.filter(~Exists(waiting), ~Exists(unread)).order_by("created_at", "pk")
    runs = list(old.select_for_update(skip_locked=True).values_list("run_id", flat=True)[:limit])
    OutboxEvent.objects.filter(run_id__in=runs).delete()
    return len(runs)
