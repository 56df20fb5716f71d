"""Which entries of the ledger go out, as what, to whom, and in which order. Pure."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from activation.changes.messages import TYPES, ContentPruned, write_message
from activation.changes.types import Change
from consent.kernel import canonical
from consent.ledger.types import LedgerEntry, rfc3339
from consent.records.types import ANY_PURPOSE

_OTHER = "right"
_FIELDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "choice_recorded": lambda body: {
        name: body[name]
        for name in (
            "purpose",
            "choice",
            "controller",
            "destination",
            "notice",
            "notice_version",
            "effective_at",
            "expires_at",
            "explicit",
            "back_dated",
            "refers_to",
        )
    },
    "subjects_linked": lambda body: {"other_ref": body[_OTHER], "linked_at": body["linked_at"]},
    "subjects_unlinked": lambda body: {"other_ref": body[_OTHER], "unlinked_at": body["unlinked_at"]},
    "subject_erased": lambda body: {"erased_at": body["erased_at"]},
}
"""By kind of event, what of its body goes out: nothing that names a source, an officer or a form."""


def read_change(entry: LedgerEntry) -> Change | None:
    """Return the entry as it goes out; None if it tells of no consent change (identifiers, facts)."""
    if entry.kind not in _FIELDS or entry.subject_ref is None or entry.subject_version is None:
        return None
    common: dict[str, Any] = {
        "index": entry.index,
        "event_id": entry.event_id,
        "subject_ref": entry.subject_ref,
        "version": entry.subject_version,
        "recorded_at": rfc3339(entry.recorded_at),
    }
    if entry.pruned:
        return _change("consent.content_pruned", ContentPruned(**common, kind=entry.kind))
    body = canonical.loads(entry.envelope)["body"]
    kind = f"consent.{entry.kind}"
    return _change(kind, TYPES[kind](**common, **_FIELDS[entry.kind](body)))


def _change(kind: str, data: Any) -> Change:
    return Change(
        index=data.index,
        event_id=data.event_id,
        type=kind,
        subjects=frozenset({data.subject_ref, getattr(data, "other_ref", data.subject_ref)}),
        purpose=getattr(data, "purpose", None),
        body=write_message(kind, data.recorded_at, data),
    )


def is_wanted(purpose: str | None, purposes: Collection[str]) -> bool:
    """Return whether who asked for `purposes` gets a choice for `purpose`; nothing asked for is everything.

    A choice for a purpose above one that was asked for may bear on it, as a no does; so may one that speaks
    of all. One for a purpose below it is about a part of it. What names no purpose, everybody gets.
    """
    if not purposes or purpose is None or ANY_PURPOSE in {purpose, *purposes}:
        return True
    return any(_is_same_or_below(purpose, one) or _is_same_or_below(one, purpose) for one in purposes)


def _is_same_or_below(purpose: str, above: str) -> bool:
    return purpose == above or purpose.startswith(f"{above}.")


def in_lanes(changes: Iterable[Change]) -> list[deque[Change]]:
    """Return `changes`, given in their order, in lanes: no subject is in two, and each lane is in order."""
    lane_of: dict[str, deque[Change]] = {}
    for change in changes:
        met = {id(lane_of[ref]): lane_of[ref] for ref in change.subjects if ref in lane_of}
        lane = _join(list(met.values()))
        lane.append(change)
        for ref in {ref for one in lane for ref in one.subjects} if len(met) > 1 else change.subjects:
            lane_of[ref] = lane
    lanes = {id(lane): lane for lane in lane_of.values()}
    return sorted(lanes.values(), key=lambda lane: lane[0].index)


def _join(lanes: list[deque[Change]]) -> deque[Change]:
    if len(lanes) == 1:
        return lanes[0]
    return deque(sorted((change for lane in lanes for change in lane), key=lambda change: change.index))


def advance(indexes: Iterable[int], *, done: Collection[int], end: int) -> tuple[int, list[int]]:
    """Return how far a reader has come who cares for `indexes` (in order) before `end`, with `done` done.

    The second value is what is done beyond that: it is not done again.
    """
    wanted = list(indexes)
    position = next((index for index in wanted if index not in done), end)
    return position, [index for index in wanted if index > position and index in done]


def id_of(slug: str, event_id: str) -> str:
    """Return the id of the message about an event to a subscription: the same whenever it is sent."""
    return f"{slug}_{event_id}"
