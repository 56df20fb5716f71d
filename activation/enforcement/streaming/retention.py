"""Forgetting the rows of streams that ended long ago. They name nobody, and nothing rests on them."""

from datetime import datetime

from django.conf import settings

from activation.enforcement.streaming.models import StreamRun


def forget_streams(*, at: datetime) -> int:
    """Delete rows that were last written longer ago than runs are kept (`RUNS_KEPT`), and return how many.

    Also of processes that died without a word: a living one writes its row once a second.
    """
    if settings.RUNS_KEPT is None:
        return 0
    return StreamRun.objects.filter(last_seen_at__lt=at - settings.RUNS_KEPT).delete()[0]
