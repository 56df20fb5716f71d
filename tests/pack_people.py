"""Starter packs as the engine decides by them, and invented people to ask about."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.engine import decide
from activation.decisions.register import RegisteredDestination
from activation.decisions.types import Decision, Member, Question, SubjectState
from consent.policies.document.reading import read_yaml
from consent.policies.document.sealing import seal
from consent.policies.packs import list_packs, read_pack
from consent.policies.types import PublishedPolicy
from consent.records.types import YES, Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName
from tests.policy_documents import Document

NAMES = tuple(pack.name for pack in list_packs())
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
APRIL_1 = datetime(2026, 4, 1, tzinfo=UTC)
"""When people choose, unless a test says otherwise."""
JUNE_1 = datetime(2026, 6, 1, tzinfo=UTC)
"""When they are asked about."""
PERSON = "person"


def read_document(name: str) -> Document:
    """Return the pack `name` as a policy document."""
    return read_yaml(read_pack(name))


def compile_document(document: Document) -> CompiledPolicy:
    """Return `document` as if it had been published on 1 January 2026."""
    canonical, digest = seal(document)
    return compile_policy(
        PublishedPolicy(
            key=document["policy"],
            version=1,
            digest=digest,
            canonical=canonical,
            in_force_from=datetime(2026, 1, 1, tzinfo=UTC),
            in_force_until=None,
        )
    )


def make_facts(**facts: str) -> tuple[Fact, ...]:
    """Return facts by name, such as `residence="DE"`."""
    return tuple(
        Fact(
            subject_ref=PERSON,
            name=FactName(name),
            value=value,
            effective_at=LONG_AGO,
            recorded_at=LONG_AGO,
            version=1,
        )
        for name, value in facts.items()
    )


def make_choices(
    document: Document, controller: str, said: Mapping[str, str], *, at: datetime = APRIL_1, **marks: bool
) -> tuple[ChoiceRecord, ...]:
    """Return what was said by purpose, in that order; `marks` go with every yes.

    A yes is given on the newest version of the notice that speaks of its purpose.
    """
    return tuple(
        record
        for number, (purpose, choice) in enumerate(said.items())
        for record in _records(document, controller, purpose, Choice(choice), 2 * number + 1, at, marks)
    )


def _records(
    document: Document,
    controller: str,
    purpose: str,
    choice: Choice,
    version: int,
    at: datetime,
    marks: Mapping[str, bool],
) -> Iterator[ChoiceRecord]:
    record: dict[str, Any] = {
        "subject_ref": PERSON,
        "purpose": purpose,
        "effective_at": at,
        "recorded_at": at,
    }
    if choice in YES:
        notice, newest = _notice_of(document, purpose)
        record |= {"controller": controller, "notice": notice, "notice_version": newest, **marks}
    asked_for = f"asked-{purpose}"
    if choice is Choice.CONFIRMED:
        yield ChoiceRecord(record_id=asked_for, version=version, choice=Choice.PENDING, **record)
        record["refers_to"] = asked_for
    yield ChoiceRecord(record_id=purpose, version=version + 1, choice=choice, **record)


def _notice_of(document: Document, purpose: str) -> tuple[str, int]:
    return max(
        (slug, int(number))
        for slug, notice in document["notices"].items()
        for number, version in notice["versions"].items()
        if purpose in version["purposes"]
    )


def ask(
    policy: CompiledPolicy,
    question: Question,
    facts: tuple[Fact, ...],
    choices: tuple[ChoiceRecord, ...],
    *,
    erased: bool = False,
) -> Decision:
    """Return the decision of 1 June 2026 on a person of whom `facts` and `choices` are all that is known.

    Without any, nothing is known: the identifiers lead to nobody. Every destination is registered.
    """
    known = bool(facts or choices)
    erased_at = APRIL_1 if erased else None
    member = Member(subject_ref=PERSON, version=99, facts=facts, choices=choices, erased_at=erased_at)
    state = SubjectState(
        asked=frozenset({PERSON} if known else ()),
        members=(member,) if known else (),
        complete_at=JUNE_1,
    )
    register = {slug: RegisteredDestination(slug, "file", LONG_AGO) for slug in policy.destinations}
    return decide(policy, register, state, question, JUNE_1)


def born(years_ago: int) -> str:
    """Return the date of birth of somebody who is that old on 1 June 2026."""
    return date(2026 - years_ago, 1, 15).isoformat()
