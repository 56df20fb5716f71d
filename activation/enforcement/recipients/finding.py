"""Who was sent data about a person: what destinations hold now, what they were told, what past runs show."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.destinations.queries import list_titles
from activation.enforcement.membership.models import Segment
from activation.enforcement.membership.queries import list_held
from activation.enforcement.presence.queries import trace_all
from activation.enforcement.presence.types import Presence, RunFilter, Sought
from activation.enforcement.suppression.models import Suppression
from consent.requests.queries import KnownRecipient
from consent.subjects.types import Identifier, SubjectRef

_RECEIVED = frozenset({Presence.RECEIVED, Presence.MAY_HAVE})


@dataclass(frozen=True, slots=True)
class Sending:
    """One time that a destination was, or may have been, sent something about the person."""

    destination: str
    purpose: str
    at: datetime | None


def list_held_destinations(refs: Collection[SubjectRef]) -> frozenset[str]:
    """Return the destinations that hold one of `refs` now.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    return frozenset(one.holding.destination for one in list_held(refs)) if refs else frozenset()


def find_recipients(
    refs: Collection[SubjectRef], identifiers: Sequence[Identifier]
) -> tuple[KnownRecipient, ...]:
    """Return who was sent data about the person, by slug: as far as memberships and evidence are kept.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    found: defaultdict[str, list[Sending]] = defaultdict(list)
    for sending in (*_held(refs), *_suppressed(refs), *_in_runs(refs, identifiers)):
        found[sending.destination].append(sending)
    titles = list_titles()
    return tuple(_sum_up(slug, sendings, titles) for slug, sendings in sorted(found.items()))


def _held(refs: Collection[SubjectRef]) -> Iterator[Sending]:
    held = list_held(refs) if refs else []
    segments = Segment.objects.in_bulk({one.segment_id for one in held})
    for one in held:
        segment = segments.get(one.segment_id)
        at = (segment.held_at or segment.created_at) if segment else None
        yield Sending(one.holding.destination, one.holding.purpose, at)


def _suppressed(refs: Collection[SubjectRef]) -> Iterator[Sending]:
    """Yield what was once held, and taken out: when it was sent is not kept with it."""
    rows = Suppression.objects.filter(subject_ref__in=list(refs)).exclude(subject_ref="").order_by("pk")
    for destination, purpose in rows.values_list("destination", "holding__purpose").distinct():
        yield Sending(destination, purpose, None)


def _in_runs(refs: Collection[SubjectRef], identifiers: Sequence[Identifier]) -> Iterator[Sending]:
    if not refs and not identifiers:
        return
    sought = Sought(identifiers=tuple(identifiers), refs=tuple(refs))
    for run in trace_all(sought, RunFilter()):
        if run.looked_up.presence in _RECEIVED:
            yield Sending(run.destination, run.purpose, run.finished_at or run.started_at)


def _sum_up(slug: str, sendings: Sequence[Sending], titles: Mapping[str, str]) -> KnownRecipient:
    times = [one.at for one in sendings if one.at is not None]
    return KnownRecipient(
        destination=slug,
        title=titles.get(slug, slug),
        purposes=tuple(sorted({one.purpose for one in sendings})),
        first_sent=min(times, default=None),
        last_sent=max(times, default=None),
    )
