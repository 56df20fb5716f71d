"""Keeping a stream's row, and telling lineage: beside the loop, so that a hanging database stops nothing."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections, transaction
from django.db.models.functions import Now

from activation.enforcement.streaming.figures import Figures
from activation.enforcement.streaming.models import ENDED, StreamRun
from activation.enforcement.streaming.types import StreamTerms
from activation.enforcement.streaming.windows import Windows

logger = logging.getLogger(__name__)
KEPT_EVERY = 1.0
"""Seconds."""
LAST_WORD = 5.0
"""Seconds that the last write may take."""


def start_row(terms: StreamTerms) -> UUID:
    """Write the row of a process that starts, and return its id."""
    return StreamRun.objects.create(
        id=uuid4(),
        purpose=terms.purpose,
        destination=terms.destination,
        controller=terms.controller,
        input_topic=terms.input,
        allowed_topic=terms.allowed,
        denied_topic=terms.denied,
        group=terms.group,
        instance=terms.instance,
        guarantee=terms.guarantee,
    ).pk


def keep_row(row_id: UUID, figures: Figures) -> None:
    """Write what the figures say now."""
    denied = dict(figures.denied_by_reason)
    allowed, number = figures.allowed, sum(denied.values())
    changes: dict[str, Any] = {
        "status": figures.status,
        "last_seen_at": Now(),
        "partitions": figures.partitions,
        "lag": figures.lag,
        "events": allowed + number,
        "allowed": allowed,
        "denied": number,
        "denied_by_reason": denied,
        "policy_version": figures.policy_version,
        "watermark": figures.watermark,
        "waiting_for": figures.waiting_for[:500],
        "error": figures.error[:500],
    }
    if figures.status in ENDED:
        changes["ended_at"] = Now()
    StreamRun.objects.filter(pk=row_id).update(**changes)


class Recorder:
    """Writes the row once a second while it lives, and a last time at the end."""

    def __init__(
        self,
        row_id: UUID,
        figures: Figures,
        windows: Windows,
        keep: Callable[[UUID, Figures], None] = keep_row,
    ) -> None:
        self._row_id, self._figures, self._windows, self._keep = row_id, figures, windows, keep
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream-row", daemon=True)

    def __enter__(self) -> "Recorder":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write the last word, as far as that can be done in time."""
        self._ends.set()
        self._thread.join(LAST_WORD)

    def _run(self) -> None:
        while not self._ends.wait(KEPT_EVERY):
            self._keep_once()
        self._keep_once(is_last=True)
        with suppress(Exception):
            connections.close_all()

    def _keep_once(self, *, is_last: bool = False) -> None:
        try:
            close_old_connections()
            with transaction.atomic():
                self._keep(self._row_id, self._figures)
                self._windows.tell(self._figures, is_last=is_last)
            self._windows.note_commit()
        except DatabaseError as error:
            logger.warning("the stream's row cannot be written: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - of a fault of ours the row must not look dead
            logger.error("lineage cannot be told: %s", type(error).__name__)  # noqa: TRY400 - as everywhere here
            self._keep_row_alone()

    def _keep_row_alone(self) -> None:
        try:
            self._keep(self._row_id, self._figures)
        except DatabaseError as error:
            logger.warning("the stream's row cannot be written: %s", type(error).__name__)
