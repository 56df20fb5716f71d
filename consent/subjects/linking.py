"""Links between subjects: made by rows, held for officers, confirmed, dismissed and undone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.keys import services as keys
from consent.ledger import services as ledger
from consent.ledger.queries import get_time
from consent.ledger.types import NewEntry, Stream, rfc3339
from consent.subjects import events
from consent.subjects.models import HeldLink, Subject, SubjectLink
from consent.subjects.queries import BY_OFFICER, one_of
from consent.subjects.resolving import Locked, Resolution, execute, lock_groups
from consent.subjects.rules import group_refs
from consent.subjects.types import HeldDecision, Hold, Link, SubjectRef
from consent.subjects.versions import Versions

_ADD_LINKS = """
    INSERT INTO consent_subjects_subjectlink (left_ref, right_ref, provenance, linked_at, recorded_at)
    SELECT left_ref, right_ref, %s, %s, %s
    FROM unnest(%s::varchar[], %s::varchar[]) AS added (left_ref, right_ref)
"""
_ADD_HOLDS = """
    INSERT INTO consent_subjects_heldlink
        (left_ref, right_ref, provenance, reason, held_at, decision)
    SELECT left_ref, right_ref, %s, reason, %s, ''
    FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[]) AS added (left_ref, right_ref, reason)
    ON CONFLICT DO NOTHING
"""
_ADVANCE = """
    UPDATE consent_subjects_subject AS subject SET version = latest.version
    FROM unnest(%s::varchar[], %s::bigint[]) AS latest (ref, version)
    WHERE subject.ref = latest.ref
"""


class LinkNotFound(AccordantError):
    """The two subjects are not linked directly, or the link was undone already."""

    code = "link_not_found"
    status = 404


class HeldLinkNotFound(AccordantError):
    """There is no such held link."""

    code = "held_link_not_found"
    status = 404


class AlreadyDecided(AccordantError):
    """Another officer decided on this held link first, or one of the two was erased."""

    code = "already_decided"
    status = 409


class CannotLink(AccordantError):
    """The two are one subject or linked already, or one of them is unknown or erased."""

    code = "cannot_link"
    status = 409


def settle(
    resolution: Resolution,
    *,
    source: str,
    at: datetime,
    recorded_at: datetime,
    data_keys: Mapping[str, bytes],
) -> tuple[list[NewEntry], list[NewEntry]]:
    """Write a resolution's links and holds; return its events, of the consent and of the audit stream.

    `data_keys` holds the key of each subject that an identifier was added to.
    """
    versions = resolution.versions
    links = [
        Link(left=left, right=right, linked_at=at, recorded_at=recorded_at)
        for left, right in resolution.links
    ]
    add_links(links, provenance=source)
    _add_holds(resolution.holds, provenance=source, at=at)
    told = [
        events.tell_identifier(
            one.identifier,
            kind=one.kind,
            ref=one.ref,
            version=versions.take(one.ref),
            event_id=one.event_id,
            source=source,
            data_key=data_keys[one.ref],
        )
        for one in resolution.added
    ]
    told += [
        events.tell_verified(
            recorded_by=lead.event_id, ref=lead.ref, version=versions.take(lead.ref), source=source
        )
        for lead in resolution.confirmed
    ]
    told += [
        events.tell_link(link, version=versions.take(SubjectRef(link.left)), provenance=source)
        for link in links
    ]
    return told, [events.tell_hold(hold, held_at=at, provenance=source) for hold in resolution.holds]


def add_links(links: Sequence[Link], *, provenance: str) -> None:
    """Write `links`, all recorded at one time. The caller holds the locks on their subjects."""
    if links:
        lefts, rights = [link.left for link in links], [link.right for link in links]
        execute(_ADD_LINKS, [provenance, links[0].linked_at, links[0].recorded_at, lefts, rights])


def lock_versions(refs: Iterable[SubjectRef]) -> Versions:
    """Lock the rows of these subjects until the transaction ends, and return their versions."""
    rows = Subject.objects.select_for_update(no_key=True).filter(ref__in=one_of(refs)).order_by("ref")
    return Versions({SubjectRef(ref): version for ref, version in rows.values_list("ref", "version")})


def lock_groups_of(refs: Iterable[SubjectRef]) -> Versions:
    """Lock these subjects, and all linked to them, until the transaction ends; return their versions."""
    return Versions(lock(refs).versions)


def advance_versions(latest: Mapping[SubjectRef, int]) -> None:
    """Store each subject's latest version. The caller holds the locks on them."""
    execute(_ADVANCE, [list(latest), list(latest.values())])


@transaction.atomic
def link_by_officer(*, left: SubjectRef, right: SubjectRef, officer: int, reason: str, at: datetime) -> Link:
    """Link two subjects because an officer knows them to be one person. `reason` is sealed.

    :raises CannotLink: if they are one or linked already, or one of them is unknown or erased.
    """
    left, right = _in_order(left, right)
    locked = lock((left, right))
    versions = Versions(locked.versions)
    link = _link(left, right, locked, officer=officer, at=at)
    data_keys = keys.ensure_keys([left])
    body = {"left": left, "right": right, "officer": officer, "decided_at": rfc3339(at)}
    linked = events.tell_link(link, version=versions.take(left), provenance=_officers(officer))
    decided = events.tell_decision(
        "link_made_by_officer",
        body,
        left=left,
        version=versions.take(left),
        reason=reason,
        data_key=data_keys[left],
    )
    _tell(versions, consent=[linked], audit=[decided], recorded_at=link.recorded_at)
    return link


@transaction.atomic
def confirm_held_link(*, held_id: int, officer: int, reason: str, at: datetime) -> Link:
    """Link the two subjects after all. `reason` is sealed beside the ledger, not kept in clear.

    :raises HeldLinkNotFound: if there is no such held link.
    :raises AlreadyDecided: if it was decided on before.
    :raises CannotLink: if one of the two was erased since, or they were linked over others.
    """
    held, locked = _lock_held(held_id)
    left, right = SubjectRef(held.left_id), SubjectRef(held.right_id)
    link = _link(left, right, locked, officer=officer, at=at)
    versions = Versions(locked.versions)
    linked = events.tell_link(link, version=versions.take(left), provenance=_officers(officer))
    decided = _decide(held, HeldDecision.CONFIRMED, officer, reason, at, versions)
    _tell(versions, consent=[linked], audit=[decided], recorded_at=link.recorded_at)
    return link


@transaction.atomic
def dismiss_held_link(*, held_id: int, officer: int, reason: str, at: datetime) -> None:
    """Leave the two subjects two: they are neither linked nor held again by a row. `reason` is sealed.

    :raises HeldLinkNotFound: if there is no such held link.
    :raises AlreadyDecided: if it was decided on before.
    """
    held, locked = _lock_held(held_id)
    versions = Versions(locked.versions)
    decided = _decide(held, HeldDecision.DISMISSED, officer, reason, at, versions)
    _tell(versions, consent=[], audit=[decided], recorded_at=get_time())


@transaction.atomic
def unlink_subjects(*, left: SubjectRef, right: SubjectRef, officer: int, reason: str, at: datetime) -> None:
    """Undo the link between two subjects from `at` on; it stays on record. `reason` is sealed.

    What each of them chose counts for itself again. No row links the two again: it is held.

    :raises LinkNotFound: if no link between the two stands, or they are erased.
    """
    left, right = _in_order(left, right)
    locked = lock((left, right))
    if left in locked.erased or not undo_link(left, right, at=at):
        raise LinkNotFound("the two subjects are not linked directly, or no longer")
    versions, data_keys = Versions(locked.versions), keys.ensure_keys([left])
    told = events.tell_unlink(
        left=left,
        right=right,
        unlinked_at=at,
        provenance=_officers(officer),
        version=versions.take(left),
        private={"reason": reason},
        data_key=data_keys[left],
    )
    _tell(versions, consent=[told], audit=[], recorded_at=get_time())


def undo_link(left: SubjectRef, right: SubjectRef, *, at: datetime) -> bool:
    """End the standing link between the two; return False if there is none. The caller holds the locks."""
    standing = SubjectLink.objects.filter(left=left, right=right, unlinked_at__isnull=True)
    return standing.update(unlinked_at=at) == 1


def lock(refs: Iterable[SubjectRef]) -> Locked:
    """Lock the subjects and all that are linked to them, however often somebody links more meanwhile."""
    wanted = list(refs)
    while True:
        with transaction.atomic():
            if locked := lock_groups(wanted):
                return locked
            transaction.set_rollback(True)


def _lock_held(held_id: int) -> tuple[HeldLink, Locked]:
    """Return a held link that is open, its subjects locked."""
    pair = HeldLink.objects.filter(pk=held_id).values_list("left_id", "right_id").order_by("pk").first()
    if pair is None:
        raise HeldLinkNotFound("there is no such held link")
    locked = lock(SubjectRef(ref) for ref in pair)
    held = HeldLink.objects.select_for_update(no_key=True).get(pk=held_id)
    if held.decided_at is not None:
        raise AlreadyDecided(f"this held link was decided on already: {held.decision}")
    return held, locked


def _decide(
    held: HeldLink, decision: HeldDecision, officer: int, reason: str, at: datetime, versions: Versions
) -> NewEntry:
    held.decided_at, held.decided_by_id, held.decision = at, officer, decision
    held.save(update_fields=["decided_at", "decided_by", "decision"])
    left = SubjectRef(held.left_id)
    body = {
        "left": held.left_id,
        "right": held.right_id,
        "officer": officer,
        "held_at": rfc3339(held.held_at),
        "decided_at": rfc3339(at),
    }
    return events.tell_decision(
        f"held_link_{decision.value}",
        body,
        left=left,
        version=versions.take(left),
        reason=reason,
        data_key=keys.ensure_keys([left])[left],
    )


def _link(left: SubjectRef, right: SubjectRef, locked: Locked, *, officer: int, at: datetime) -> Link:
    """Write and return a link that an officer made.

    :raises CannotLink: if the two are one or linked already, or one of them is unknown or erased.
    """
    standing = (link for link in locked.links if link.unlinked_at is None)
    if not {left, right} <= locked.versions.keys() - locked.erased:
        raise CannotLink("one of the two is unknown or erased")
    if right in group_refs(refs=(left, right), links=standing)[left]:
        raise CannotLink("the two are one already")
    link = Link(left=left, right=right, linked_at=at, recorded_at=get_time())
    add_links([link], provenance=_officers(officer))
    return link


def _tell(
    versions: Versions, *, consent: Sequence[NewEntry], audit: Sequence[NewEntry], recorded_at: datetime
) -> None:
    advance_versions(versions.changed())
    ledger.append(stream=Stream.CONSENT, entries=consent, recorded_at=recorded_at)
    ledger.append(stream=Stream.AUDIT, entries=audit, recorded_at=recorded_at)


def _add_holds(holds: Sequence[Hold], *, provenance: str, at: datetime) -> None:
    if holds:
        lefts, rights = [hold.left for hold in holds], [hold.right for hold in holds]
        execute(_ADD_HOLDS, [provenance, at, lefts, rights, [hold.reason.value for hold in holds]])


def _officers(officer: int) -> str:
    """Return where a link comes from that an officer made or undid."""
    return f"{BY_OFFICER}{officer}"


def _in_order(one: SubjectRef, other: SubjectRef) -> tuple[SubjectRef, SubjectRef]:
    left, right = sorted((one, other))
    return left, right
