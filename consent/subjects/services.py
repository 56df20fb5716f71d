"""Writes about subjects. Locks are always taken in one order, so that writers never wait in a circle.

The order is: identifiers (by kind and blind index), subjects (by reference), the ledger's end.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from consent.kernel.ids import new_id
from consent.subjects import queries
from consent.subjects.models import Subject, SubjectFact
from consent.subjects.queries import IndexKey
from consent.subjects.rules import KEY_VERSION, group_refs
from consent.subjects.types import Fact, Identifier, Link, SubjectRef

Refs = tuple[SubjectRef, ...]

_ADD_IDENTIFIERS = """
    INSERT INTO consent_subjects_identifierindex (kind, blind_index, key_version, subject_ref)
    SELECT kind, blind_index, %s, subject_ref
    FROM unnest(%s::varchar[], %s::bytea[], %s::varchar[]) AS added (kind, blind_index, subject_ref)
    ORDER BY kind, blind_index
    ON CONFLICT (kind, blind_index) DO NOTHING
"""
_ADD_SUBJECTS = "INSERT INTO consent_subjects_subject (ref, version) SELECT unnest(%s::varchar[]), 0"
_ADD_LINKS = """
    INSERT INTO consent_subjects_subjectlink (left_ref, right_ref, provenance, linked_at, recorded_at)
    SELECT left_ref, right_ref, %s, %s, %s
    FROM unnest(%s::varchar[], %s::varchar[]) AS added (left_ref, right_ref)
"""
_ADVANCE = """
    UPDATE consent_subjects_subject AS subject SET version = latest.version
    FROM unnest(%s::varchar[], %s::bigint[]) AS latest (ref, version)
    WHERE subject.ref = latest.ref
"""
_FACT_FIELDS = (
    "fact_id",
    "subject",
    "version",
    "name",
    "value",
    "controller",
    "effective_at",
    "until",
    "recorded_at",
    "source",
)


@transaction.atomic
def resolve_or_create(*, identifier_sets: Sequence[Sequence[Identifier]]) -> list[Refs]:
    """Return the subjects that each set of identifiers leads to, the first listed identifier's first.

    Sets are taken in their order. One that leads nowhere makes a subject; identifiers that led nowhere
    are added to the set's first subject. A set that leads to several subjects is for the caller to link.
    Writers who bring one new person in parallel make one subject: the index has each identifier once.

    :raises MalformedIdentifier: if any of them cannot be an identifier of its kind.
    """
    key_sets = [[queries.get_index_key(identifier) for identifier in one] for one in identifier_sets]
    while (resolved := _try_resolve(key_sets)) is None:
        pass  # another writer committed one of the keys first; each turn finds at least one more of them
    return resolved


def _try_resolve(key_sets: Sequence[Sequence[IndexKey]]) -> list[Refs] | None:
    """Return the subjects of each set, or None, with nothing written, if another writer came between."""
    known = queries.find_keys(key for keys in key_sets for key in keys)
    resolved, added, created = _assign(key_sets, known)
    with transaction.atomic():
        if not _add_identifiers(added):
            transaction.set_rollback(True)
            return None
        _execute(_ADD_SUBJECTS, [created])
    return resolved


def _assign(
    key_sets: Sequence[Sequence[IndexKey]], known: Mapping[IndexKey, SubjectRef]
) -> tuple[list[Refs], dict[IndexKey, SubjectRef], list[SubjectRef]]:
    """Return each set's subjects, the keys to add with the subject each leads to, and subjects to make."""
    resolved: list[Refs] = []
    added: dict[IndexKey, SubjectRef] = {}
    created: list[SubjectRef] = []
    for keys in key_sets:
        found = [known.get(key) or added.get(key) for key in keys]
        refs = tuple(dict.fromkeys(ref for ref in found if ref))
        if not refs:
            refs = (SubjectRef(new_id("sub")),)
            created.append(refs[0])
        added.update((key, refs[0]) for key, ref in zip(keys, found, strict=True) if not ref)
        resolved.append(refs)
    return resolved, added, created


def _add_identifiers(added: Mapping[IndexKey, SubjectRef]) -> bool:
    """Return False if any of `added` was there already."""
    kinds, indexes = [kind for kind, _ in added], [index for _, index in added]
    return _execute(_ADD_IDENTIFIERS, [KEY_VERSION, kinds, indexes, list(added.values())]) == len(added)


def lock_versions(refs: Iterable[SubjectRef]) -> dict[SubjectRef, int]:
    """Lock the rows of `refs` until the transaction ends and return each one's next version."""
    rows = Subject.objects.select_for_update(no_key=True).filter(ref__in=queries.one_of(refs)).order_by("ref")
    return {SubjectRef(ref): version + 1 for ref, version in rows.values_list("ref", "version")}


def advance_versions(latest: Mapping[SubjectRef, int]) -> None:
    """Store each subject's latest version. The caller holds the locks of `lock_versions`."""
    _execute(_ADVANCE, [list(latest), list(latest.values())])


def link_subjects(
    *, groups: Iterable[Refs], provenance: str, linked_at: datetime, recorded_at: datetime
) -> list[Link]:
    """Link the subjects of each group to its first one and return the links that were made.

    Subjects that are linked already, over others or directly, stay as they are. The caller holds the
    locks of `lock_versions` on all of them.
    """
    pairs = [(group[0], other) for group in groups for other in group[1:]]
    if not pairs:
        return []
    links = queries.list_links(ref for pair in pairs for ref in pair)
    joined = group_refs(
        refs=(ref for pair in pairs for ref in pair), links=(link for link in links if not link.unlinked_at)
    )
    made: list[Link] = []
    for first, other in pairs:
        if first not in joined[other]:
            left, right = sorted((first, other))
            made.append(Link(left=left, right=right, linked_at=linked_at, recorded_at=recorded_at))
            both = joined[first] | joined[other]
            joined.update(dict.fromkeys(both, both))
    lefts, rights = [link.left for link in made], [link.right for link in made]
    _execute(_ADD_LINKS, [provenance, linked_at, recorded_at, lefts, rights])
    return made


def append_facts(*, facts: Mapping[str, Fact], source: str) -> None:
    """Write `facts`, given by their ids."""
    SubjectFact.objects.copy_in(
        _FACT_FIELDS,
        (
            (
                fact_id,
                fact.subject_ref,
                fact.version,
                fact.name.value,
                fact.value,
                fact.controller or "",
                fact.effective_at,
                fact.until,
                fact.recorded_at,
                source,
            )
            for fact_id, fact in facts.items()
        ),
    )


def _execute(statement: str, parameters: Sequence[Any]) -> int:
    """Run one statement and return the number of rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
