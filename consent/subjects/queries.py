"""Reads of subjects. Each function takes many at once and runs a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Min, Q
from django.db.models.expressions import RawSQL

from consent.subjects.copies import TellingCheck, check_facts, find_untold
from consent.subjects.index import find_leads, fingerprint, index_of, place_of, tombstone_of
from consent.subjects.models import HeldLink, IdentifierIndex, Subject, SubjectFact, SubjectLink
from consent.subjects.private_parts import SubjectStateUnreadable, open_parts
from consent.subjects.rules import group_refs
from consent.subjects.types import (
    Fact,
    FactName,
    HeldPair,
    Hold,
    HoldReason,
    Identifier,
    IdentifierKind,
    IndexEntry,
    KnownIdentifier,
    KnownSubject,
    Link,
    SubjectGroup,
    SubjectRef,
)

__all__ = [
    "SubjectStateUnreadable",
    "TellingCheck",
    "check_facts",
    "count_subjects",
    "find_subjects",
    "find_untold",
    "fingerprint",
    "get_blind_indexes",
    "get_lasting_indexes",
    "list_facts",
    "list_groups",
    "list_groups_asking",
    "list_groups_of",
    "list_held_links",
    "list_identifiers",
    "list_index",
    "list_index_after",
    "list_kept",
    "list_linked_by_officers",
    "list_links",
    "list_refs_after",
    "list_started_anew",
    "list_subjects",
    "list_tombstones",
    "one_of",
]

BY_OFFICER = "officer:"
"""What the provenance of a link begins with that an officer made. No source of rows begins so."""
_LINKS = """
    WITH RECURSIVE member (ref) AS (
        SELECT unnest(%s::varchar[])
        UNION
        SELECT neighbour.ref
        FROM member CROSS JOIN LATERAL (
            SELECT right_ref FROM consent_subjects_subjectlink WHERE left_ref = member.ref
            UNION ALL
            SELECT left_ref FROM consent_subjects_subjectlink WHERE right_ref = member.ref
        ) AS neighbour (ref)
    )
    SELECT left_ref, right_ref, linked_at, recorded_at, unlinked_at
    FROM consent_subjects_subjectlink
    WHERE left_ref IN (SELECT ref FROM member)
    ORDER BY linked_at, id
"""
_TOMBSTONES = """
    SELECT kind, blind_index, array_agg(subject_ref ORDER BY subject_ref)
    FROM consent_subjects_tombstone
    WHERE (kind, blind_index) IN (
        SELECT kind, blind_index FROM consent_subjects_tombstone WHERE subject_ref = ANY (%s::varchar[])
    )
    GROUP BY kind, blind_index
    ORDER BY kind, blind_index
"""
_FACT_COLUMNS = (
    "fact_id",
    "subject_id",
    "version",
    "name",
    "controller",
    "effective_at",
    "until",
    "recorded_at",
)


def get_blind_indexes(identifiers: Iterable[Identifier]) -> list[bytes]:
    """Return what stands for each identifier under the newest key. No statement: nobody is looked for.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    newest = max(settings.IDENTIFIER_KEYS)
    return [index_of(place_of(identifier), version=newest) for identifier in identifiers]


def get_lasting_indexes(identifiers: Iterable[Identifier]) -> list[tuple[IdentifierKind, bytes]]:
    """Return what stands for each identifier for ever: what its tombstone would hold, with its kind there.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    places = [place_of(identifier) for identifier in identifiers]
    return [(place[0], tombstone_of(place)) for place in places]


def find_subjects(identifier_sets: Sequence[Sequence[Identifier]]) -> list[frozenset[SubjectRef]]:
    """Return, for each set of identifiers, the subjects that they lead to directly. One statement.

    The index speaks first. An identifier that is not in it leads to the erased subjects it once led to.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    place_sets = [[place_of(identifier) for identifier in one] for one in identifier_sets]
    leads = find_leads(place for places in place_sets for place in places)
    return [frozenset(ref for place in places for ref in leads.of(place)) for places in place_sets]


def list_identifiers(refs: Iterable[SubjectRef]) -> dict[SubjectRef, tuple[KnownIdentifier, ...]]:
    """Return the identifiers of each of `refs`, unsealed, in the order they were sent. Three statements.

    An erased subject has none.

    :raises SubjectStateUnreadable: if any of them does not open.
    """
    rows = list(
        IdentifierIndex.objects.filter(subject__in=one_of(refs))
        .values_list("event_id", "subject_id", "verified")
        .annotate(first=Min("pk"))
        .order_by("first")
    )
    parts = open_parts({event_id: SubjectRef(ref) for event_id, ref, _, _ in rows})
    found: defaultdict[SubjectRef, list[KnownIdentifier]] = defaultdict(list)
    for event_id, ref, verified, _ in rows:
        kind, value = IdentifierKind(parts[event_id]["kind"]), parts[event_id]["value"]
        found[SubjectRef(ref)].append(KnownIdentifier(kind, value, verified, event_id))
    return {ref: tuple(identifiers) for ref, identifiers in found.items()}


def list_index(refs: Iterable[SubjectRef]) -> list[IndexEntry]:
    """Return the blind indexes that lead to `refs`, under each version of the key. One statement."""
    rows = IdentifierIndex.objects.filter(subject__in=one_of(refs)).order_by("pk")
    return [
        IndexEntry(IdentifierKind(kind), bytes(index), frozenset({SubjectRef(ref)}))
        for kind, index, ref in rows.values_list("kind", "blind_index", "subject_id")
    ]


def list_index_after(kind: IdentifierKind, after: bytes, *, limit: int) -> list[IndexEntry]:
    """Return the next `limit` blind indexes of `kind` behind `after`, in their order; b"" starts.

    One statement. An identifier stands there once for each version of the key that it is kept under.
    """
    rows = IdentifierIndex.objects.filter(kind=kind, blind_index__gt=after).order_by("blind_index")
    return [
        IndexEntry(kind, bytes(index), frozenset({SubjectRef(ref)}))
        for index, ref in rows.values_list("blind_index", "subject_id")[:limit]
    ]


def list_tombstones(refs: Iterable[SubjectRef]) -> list[IndexEntry]:
    """Return the tombstones of `refs`, each with all the erased subjects it stands for. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_TOMBSTONES, [list(refs)])
        return [
            IndexEntry(IdentifierKind(kind), bytes(index), frozenset(map(SubjectRef, erased)))
            for kind, index, erased in cursor.fetchall()
        ]


def list_links(refs: Iterable[SubjectRef]) -> list[Link]:
    """Return every link, undone ones included, of the groups that `refs` belong to."""
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [list(refs)])
        return [
            Link(left=left, right=right, linked_at=linked, recorded_at=recorded, unlinked_at=unlinked)
            for left, right, linked, recorded, unlinked in cursor.fetchall()
        ]


def one_of(refs: Iterable[SubjectRef]) -> RawSQL:
    """Return what stands behind `__in` for `refs`: one parameter, however many they are."""
    return RawSQL("SELECT unnest(%s::varchar[])", [list(refs)])


def list_subjects(refs: Iterable[SubjectRef]) -> dict[SubjectRef, KnownSubject]:
    """Return the rows of `refs`, by reference."""
    rows = (
        Subject.objects.filter(ref__in=one_of(refs))
        .order_by("ref")
        .values_list("ref", "version", "erased_at")
    )
    known = (KnownSubject(SubjectRef(ref), version, erased_at) for ref, version, erased_at in rows)
    return {subject.ref: subject for subject in known}


def list_kept(kept_for: UUID) -> tuple[SubjectRef, ...]:
    """Return the erased subjects whose keys are kept until a request's last step, in order."""
    refs = Subject.objects.filter(keys_kept_for=kept_for).order_by("ref").values_list("ref", flat=True)
    return tuple(SubjectRef(ref) for ref in refs)


def list_started_anew(refs: Iterable[SubjectRef], *, after: datetime) -> frozenset[SubjectRef]:
    """Return those of `refs` whom an erased person began anew after that moment, by an act of their own.

    They came to be after it, and an identifier of theirs is an erased subject's, too. Five statements.

    :raises SubjectStateUnreadable: if an identifier of theirs does not open.
    """
    late = Subject.objects.filter(ref__in=one_of(refs), created_at__gt=after, erased_at__isnull=True)
    known = list_identifiers(SubjectRef(ref) for ref in late.values_list("ref", flat=True))
    places = {
        ref: [place_of(Identifier(one.kind, one.value)) for one in found] for ref, found in known.items()
    }
    leads = find_leads(place for found in places.values() for place in found)
    return frozenset(ref for ref, found in places.items() if any(leads.erased.get(place) for place in found))


def list_linked_by_officers(refs: Iterable[SubjectRef]) -> frozenset[tuple[SubjectRef, SubjectRef]]:
    """Return the pairs among `refs` whose standing link an officer made. One statement."""
    wanted = one_of(refs)
    links = SubjectLink.objects.filter(left__in=wanted, unlinked_at__isnull=True)
    pairs = links.filter(provenance__startswith=BY_OFFICER).values_list("left_id", "right_id")
    return frozenset((SubjectRef(left), SubjectRef(right)) for left, right in pairs)


def list_held_links(refs: Iterable[SubjectRef]) -> list[HeldPair]:
    """Return the pairs with one of `refs` that wait for an officer, the latest first. One statement."""
    wanted = one_of(refs)
    rows = HeldLink.objects.filter(Q(left__in=wanted) | Q(right__in=wanted), decided_at__isnull=True)
    return [
        HeldPair(held_id, Hold(SubjectRef(left), SubjectRef(right), HoldReason(reason)), held_at)
        for held_id, left, right, reason, held_at in rows.order_by("-held_at", "-pk").values_list(
            "pk", "left_id", "right_id", "reason", "held_at"
        )
    ]


def count_subjects() -> int:
    """Return how many subjects there are, erased ones included."""
    return Subject.objects.count()


def list_refs_after(ref: str, *, limit: int) -> list[SubjectRef]:
    """Return the next `limit` references behind `ref`, in the index's order; an empty one starts."""
    found = Subject.objects.filter(ref__gt=ref).order_by("ref").values_list("ref", flat=True)
    return [SubjectRef(one) for one in found[:limit]]


def list_facts(refs: Iterable[SubjectRef]) -> dict[SubjectRef, tuple[Fact, ...]]:
    """Return all facts about `refs`, each subject's in the order of its versions. Three statements.

    An erased subject has none: what was said of it cannot be read any more.

    :raises SubjectStateUnreadable: if a living subject's facts do not open.
    """
    rows = list(
        SubjectFact.objects.filter(subject__in=one_of(refs), subject__erased_at__isnull=True)
        .order_by("subject", "version")
        .values_list(*_FACT_COLUMNS)
    )
    parts = open_parts({fact_id: SubjectRef(ref) for fact_id, ref, *_ in rows})
    found: defaultdict[SubjectRef, list[Fact]] = defaultdict(list)
    for fact_id, ref, version, name, controller, effective_at, until, recorded_at in rows:
        found[SubjectRef(ref)].append(
            Fact(
                subject_ref=ref,
                name=FactName(name),
                value=parts[fact_id]["value"],
                effective_at=effective_at,
                recorded_at=recorded_at,
                version=version,
                controller=controller or None,
                until=until,
            )
        )
    return {ref: tuple(facts) for ref, facts in found.items()}


def list_groups(identifier_sets: Sequence[Sequence[Identifier]]) -> list[SubjectGroup]:
    """Return, for each set of identifiers, the group of linked subjects it leads to. Three statements.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    return list_groups_asking(find_subjects(identifier_sets))


def list_groups_asking(asked: Sequence[frozenset[SubjectRef]]) -> list[SubjectGroup]:
    """Return, for each set of references, the group of linked subjects that it is part of. Two statements.

    A reference that is none leads to nobody.
    """
    links = list_links(ref for refs in asked for ref in refs)
    groups = group_refs(refs=(ref for refs in asked for ref in refs), links=links)
    subjects, links_of = list_subjects(groups), _by_group(links, groups)
    return [_one_group(refs, groups, subjects, links_of) for refs in asked]


def list_groups_of(refs: Iterable[SubjectRef]) -> list[SubjectGroup]:
    """Return the groups of linked subjects that `refs` belong to, each once. Two statements."""
    asked = list(refs)
    links = list_links(asked)
    groups = group_refs(refs=asked, links=links)
    subjects, links_of = list_subjects(groups), _by_group(links, groups)
    parts = {group: frozenset(group.intersection(asked)) for group in groups.values()}
    return [_one_group(found, groups, subjects, links_of) for found in parts.values()]


def _by_group(
    links: Iterable[Link], groups: Mapping[SubjectRef, frozenset[SubjectRef]]
) -> Mapping[frozenset[SubjectRef], list[Link]]:
    found: defaultdict[frozenset[SubjectRef], list[Link]] = defaultdict(list)
    for link in links:
        found[groups[SubjectRef(link.left)]].append(link)
    return found


def _one_group(
    asked: frozenset[SubjectRef],
    groups: Mapping[SubjectRef, frozenset[SubjectRef]],
    subjects: Mapping[SubjectRef, KnownSubject],
    links_of: Mapping[frozenset[SubjectRef], list[Link]],
) -> SubjectGroup:
    """Return the groups of all of `asked` in one; that they are not linked shows in `links`."""
    parts = {groups[ref] for ref in asked}
    return SubjectGroup(
        asked=asked,
        members=tuple(
            subjects[ref] for ref in sorted(ref for part in parts for ref in part) if ref in subjects
        ),
        links=tuple(link for part in sorted(parts, key=min) for link in links_of.get(part, ())),
    )
