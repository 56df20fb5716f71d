"""Who received a person's data, for the person's own page."""

from collections.abc import Sequence
from datetime import datetime

from activation.enforcement.recipients.queries import find_recipients
from consent.portal.types import Received
from consent.subjects.types import SubjectRef


def list_received(refs: Sequence[SubjectRef], *, at: datetime) -> list[Received]:  # noqa: ARG001 - the contract's
    """Return who was sent data about `refs`, as far as memberships and the evidence of runs are kept.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    return [
        Received(
            destination=one.destination,
            title=one.title,
            purposes=one.purposes,
            first_at=one.first_sent,
            last_at=one.last_sent,
        )
        for one in find_recipients(refs, ())
    ]
