"""Who received a person's data: the floor above knows, and is named in the settings."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from consent.portal.types import Received
from consent.subjects.types import SubjectRef


def list_received(refs: Sequence[SubjectRef], *, at: datetime) -> list[Received]:
    """Return who received data about any of `refs`, the latest first; of nobody, nobody."""
    if not refs:
        return []
    found: list[Received] = import_string(settings.RECIPIENTS_OF_PEOPLE)(refs, at=at)
    return sorted(found, key=lambda one: (one.last_at is None, -_seconds(one.last_at), one.title))


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0
