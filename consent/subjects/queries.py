"""Reads of subjects. Each function takes many at once and runs a fixed number of statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from django.conf import settings
from django.db import connection
from django.db.models.expressions import RawSQL

from consent.subjects.models import Subject, SubjectFact
from consent.subjects.rules import blind_index, derive_key, digest_of, group_refs, normalise
from consent.subjects.types import (
    Fact,
    FactName,
    Identifier,
    IdentifierKind,
    KnownSubject,
    Link,
    SubjectGroup,
    SubjectRef,
)

IndexKey = tuple[str, bytes]
"""An identifier as the index knows it: its kind and its blind index."""

_FIND = """
    SELECT kind, blind_index, subject_ref
    FROM consent_subjects_identifierindex
    JOIN unnest(%s::varchar[], %s::bytea[]) AS wanted (kind, blind_index) USING (kind, blind_index)
"""
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


def get_index_key(identifier: Identifier) -> IndexKey:
    """Return what stands for `identifier` in the index.

    :raises MalformedIdentifier: if it cannot be an identifier of its kind.
    """
    kind, digest = digest_of(normalise(identifier))
    return kind.value, blind_index(digest, _keys(settings.IDENTIFIER_KEY)[kind])


@lru_cache(maxsize=4)
def _keys(master: bytes) -> Mapping[IdentifierKind, bytes]:
    return {kind: derive_key(master, kind) for kind in IdentifierKind}


def find_keys(keys: Iterable[IndexKey]) -> dict[IndexKey, SubjectRef]:
    """Return the subject that each of `keys` leads to; a key that leads to none is left out."""
    wanted = list(set(keys))
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [[kind for kind, _ in wanted], [index for _, index in wanted]])
        return {(kind, bytes(index)): SubjectRef(ref) for kind, index, ref in cursor.fetchall()}


def find_subjects(identifier_sets: Sequence[Sequence[Identifier]]) -> list[frozenset[SubjectRef]]:
    """Return, for each set of identifiers, the subjects that they lead to directly.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    key_sets = [[get_index_key(identifier) for identifier in one] for one in identifier_sets]
    found = find_keys(key for keys in key_sets for key in keys)
    return [frozenset(found[key] for key in keys if key in found) for keys in key_sets]


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


def list_facts(refs: Iterable[SubjectRef]) -> dict[SubjectRef, tuple[Fact, ...]]:
    """Return all facts about `refs`, each subject's in the order of its versions."""
    rows = SubjectFact.objects.filter(subject__in=one_of(refs)).order_by("subject", "version")
    found: defaultdict[SubjectRef, list[Fact]] = defaultdict(list)
    for ref, version, name, value, controller, effective_at, until, recorded_at in rows.values_list(
        "subject_id", "version", "name", "value", "controller", "effective_at", "until", "recorded_at"
    ):
        found[SubjectRef(ref)].append(
            Fact(
                subject_ref=ref,
                name=FactName(name),
                value=value,
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
    asked = find_subjects(identifier_sets)
    links = list_links(ref for refs in asked for ref in refs)
    groups = group_refs(refs=(ref for refs in asked for ref in refs), links=links)
    subjects = list_subjects(groups)
    links_of: defaultdict[frozenset[SubjectRef], list[Link]] = defaultdict(list)
    for link in links:
        links_of[groups[SubjectRef(link.left)]].append(link)
    return [_one_group(refs, groups, subjects, links_of) for refs in asked]


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
        members=tuple(subjects[ref] for ref in sorted(ref for part in parts for ref in part)),
        links=tuple(link for part in sorted(parts, key=min) for link in links_of.get(part, ())),
    )
