"""What the ledger is told of subjects. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from consent.ledger.types import NewEntry, rfc3339
from consent.subjects.types import Fact, Hold, Identifier, IdentifierKind, Link, SubjectRef


def tell_identifier(
    identifier: Identifier,
    *,
    kind: IdentifierKind,
    ref: SubjectRef,
    version: int,
    event_id: str,
    source: str,
    data_key: bytes,
) -> NewEntry:
    """Return the event of an identifier attached to its subject; `kind` is the one it is kept under."""
    return NewEntry(
        "identifier_recorded",
        {"kind": kind.value, "verified": identifier.is_verified, "source": source},
        ref,
        version,
        event_id=event_id,
        private={"kind": identifier.kind.value, "value": identifier.value},
        data_key=data_key,
    )


def tell_verified(*, recorded_by: str, ref: SubjectRef, version: int, source: str) -> NewEntry:
    """Return the event of an identifier that turned out to be verified, named by its own event."""
    return NewEntry("identifier_verified", {"identifier": recorded_by, "source": source}, ref, version)


def tell_fact(fact_id: str, fact: Fact, *, source: str, data_key: bytes) -> NewEntry:
    """Return the event of one recorded fact; the event bears the fact's id."""
    body = {
        "name": fact.name.value,
        "controller": fact.controller,
        "effective_at": rfc3339(fact.effective_at),
        "until": None if fact.until is None else rfc3339(fact.until),
        "source": source,
    }
    return NewEntry(
        "fact_recorded",
        body,
        fact.subject_ref,
        fact.version,
        event_id=fact_id,
        private={"value": fact.value},
        data_key=data_key,
    )


def tell_link(link: Link, *, version: int, provenance: str) -> NewEntry:
    """Return the event of two subjects found to be one person; it counts in the versions of the left one."""
    body = {
        "left": link.left,
        "right": link.right,
        "linked_at": rfc3339(link.linked_at),
        "provenance": provenance,
    }
    return NewEntry("subjects_linked", body, link.left, version)


def tell_unlink(
    *,
    left: SubjectRef,
    right: SubjectRef,
    unlinked_at: datetime,
    provenance: str,
    version: int,
    **sealed: Any,
) -> NewEntry:
    """Return the event of a link undone; `sealed` may carry `private` and `data_key`, of the left one."""
    body = {"left": left, "right": right, "unlinked_at": rfc3339(unlinked_at), "provenance": provenance}
    return NewEntry("subjects_unlinked", body, left, version, **sealed)


def tell_hold(hold: Hold, *, held_at: datetime, provenance: str) -> NewEntry:
    """Return the event of a link that awaits an officer."""
    body = {
        "left": hold.left,
        "right": hold.right,
        "reason": hold.reason.value,
        "held_at": rfc3339(held_at),
        "provenance": provenance,
    }
    return NewEntry("link_held", body)


def tell_decision(
    kind: str,
    body: Mapping[str, Any],
    *,
    left: SubjectRef,
    version: int,
    reason: str,
    data_key: bytes,
) -> NewEntry:
    """Return the event of an officer's decision on a link; their words are sealed: they may name people."""
    return NewEntry(kind, body, left, version, private={"reason": reason}, data_key=data_key)


def tell_erasure(*, ref: SubjectRef, version: int, erased_at: datetime, requested_by: str) -> NewEntry:
    """Return the event of a subject's erasure."""
    return NewEntry(
        "subject_erased", {"erased_at": rfc3339(erased_at), "requested_by": requested_by}, ref, version
    )
