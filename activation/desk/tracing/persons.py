"""From an identifier or a reference to one person: everybody linked, and all that they may be called."""

from collections.abc import Iterable
from datetime import datetime

from activation.desk.people import split
from activation.desk.tracing.types import Person
from activation.enforcement.membership.keys import read_identifiers
from consent.kernel.errors import AccordantError
from consent.subjects.queries import find_subjects, list_groups_of, list_subjects
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier, SubjectRef


class SubjectUnknown(AccordantError):
    """No subject has this reference."""

    code = "subject_unknown"
    status = 404


def find_person(
    *, identifier: Identifier | None = None, ref: SubjectRef | None = None, at: datetime
) -> Person:
    """Return whom the identifier, or else the reference, leads to, with everybody linked to them at `at`.

    An identifier that leads to nobody is a stranger's: runs that denied them may know it all the same.

    :raises MalformedIdentifier: if the identifier cannot be one of its kind.
    :raises SubjectUnknown: if no subject has the reference.
    :raises KeysUnavailable: if the keys cannot be asked for now.
    """
    if identifier is not None:
        [asked] = find_subjects([[identifier]])
        return _gather(asked, normalise(identifier), at)
    if ref is None or ref not in list_subjects([ref]):
        raise SubjectUnknown(
            "no subject has this reference: look for it in Data subjects, or by an identifier"
        )
    return _gather(frozenset({ref}), None, at)


def _gather(asked: frozenset[SubjectRef], identifier: Identifier | None, at: datetime) -> Person:
    groups = list_groups_of(asked)
    people = [person for group in groups for person in split(group, scope=asked, at=at).values()]
    members = {member.ref: member for person in people for member in person.members}
    refs = sorted({ref for person in people for ref in person.asked})
    living = [ref for ref in refs if members[ref].erased_at is None]
    known = read_identifiers(living)
    return Person(
        refs=tuple(refs),
        erased=tuple(ref for ref in refs if ref not in living),
        identifiers=_each_once([identifier], *(known.get(ref) or () for ref in living)),
        asked=identifier,
        unreadable=tuple(ref for ref in living if ref in known and known[ref] is None),
        is_ambiguous=len(people) > 1,
    )


def _each_once(*sets: Iterable[Identifier | None]) -> tuple[Identifier, ...]:
    return tuple(dict.fromkeys(one for some in sets for one in some if one is not None))
