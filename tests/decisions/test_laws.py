"""The laws of yes and no, over every short history there is.

A second statement of the rules, shorter and slower than the engine, gives the answer for each history;
and what must hold for linked people is held against every way to split a history between two of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from activation.decisions.engine import decide
from activation.decisions.reasons import Effect
from activation.decisions.types import Member, SubjectState
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Link
from tests.decisions.world import BASE, patched, policy_of, question_of, register_of, state_of

WORLD = patched(
    BASE,
    {
        "policy": {"purposes": {"ads.audience": {"requires": []}}, "rules": {"ads-eu": {"age": None}}},
        "subjects": {"p1": {"choices": {"stored": None, "grant": None}}},
    },
)
BASES = {
    basis: policy_of(patched(WORLD, {"policy": {"rules": {"ads-eu": {"basis": basis}}}}))
    for basis in ("consent", "opt_out")
}
REGISTER, QUESTION, AT = register_of(WORLD), question_of(WORLD), WORLD["at"]
FACTS = state_of(WORLD).members[0].facts
START = datetime(2026, 2, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Said:
    """One utterance, without its time."""

    choice: Choice
    purpose: str = "ads.audience"
    controller: str | None = "acme"
    destination: str | None = None


YES, NO = Choice.GRANTED, Choice.WITHDRAWN
LETTERS = [
    Said(YES),
    Said(YES, destination="partner"),
    Said(YES, destination="mailer"),
    Said(YES, purpose="ads"),
    Said(YES, purpose="ads.audience.lookalike"),
    Said(YES, controller="other_brand"),
    Said(NO),
    Said(NO, controller=None),
    Said(NO, purpose="ads"),
    Said(NO, purpose="*", controller=None),
    Said(NO, purpose="ads.audience.lookalike"),
    Said(NO, controller="other_brand"),
    Said(NO, destination="partner"),
    Said(NO, destination="mailer"),
    Said(Choice.SHOWN),
    Said(Choice.PENDING),
]
FEW_LETTERS = [LETTERS[0], LETTERS[1], LETTERS[6], LETTERS[8], LETTERS[12], LETTERS[14]]
HISTORIES = [history for length in range(4) for history in product(LETTERS, repeat=length)]


def record(said: Said, place: int, owner: str = "p1") -> ChoiceRecord:
    """Return what was said on the day after `place` days, on a notice that names the recipient."""
    moment = START + place * DAY
    return ChoiceRecord(
        record_id=f"r{place}",
        subject_ref=owner,
        version=place + 1,
        purpose=said.purpose,
        choice=said.choice,
        controller=said.controller,
        destination=said.destination,
        effective_at=moment,
        recorded_at=moment,
        notice="privacy",
        notice_version=2,
    )


def is_allowed(state: SubjectState, basis: str) -> bool:
    return decide(BASES[basis], REGISTER, state, QUESTION, AT).effect is Effect.ALLOW


def alone(records: list[ChoiceRecord], owner: str = "p1") -> SubjectState:
    """Return the state of one person with this history."""
    own = tuple(replace(one, subject_ref=owner) for one in records)
    member = Member(subject_ref=owner, version=9, choices=own, facts=FACTS)
    return SubjectState(asked=frozenset({owner}), members=(member,), complete_at=AT)


def linked(records: list[ChoiceRecord], links: list[Link]) -> SubjectState:
    """Return the state of two people with these links, asked about by both."""
    members = tuple(
        Member(
            subject_ref=owner,
            version=9,
            choices=tuple(one for one in records if one.subject_ref == owner),
            facts=tuple(replace(fact, subject_ref=owner) for fact in FACTS),
        )
        for owner in ("p1", "p2")
    )
    return SubjectState(asked=frozenset({"p1", "p2"}), members=members, links=tuple(links), complete_at=AT)


def speaks_to_us(one: ChoiceRecord) -> bool:
    return one.destination in {None, "partner"}


def answer_by_definition(records: list[ChoiceRecord], basis: str) -> bool:
    """Return whether this history is an allow, straight from the two sentences on yes and no."""
    yeses = [
        one
        for one in records
        if one.choice is YES
        and one.purpose == "ads.audience"
        and one.controller == "acme"
        and speaks_to_us(one)
    ]
    noes = [
        one
        for one in records
        if one.choice is NO
        and one.purpose in {"*", "ads", "ads.audience"}
        and one.controller in {None, "acme"}
        and speaks_to_us(one)
    ]
    lifted = all(
        any(yes.version > no.version and no.destination in {None, yes.destination} for yes in yeses)
        for no in noes
    )
    return lifted and (bool(yeses) or basis == "opt_out")


def splits() -> Iterator[tuple[list[ChoiceRecord], datetime]]:
    """Yield every short history, split between two people in every way, with every time to link them."""
    for length in range(1, 4):
        for history in product(FEW_LETTERS, repeat=length):
            for owners in product(("p1", "p2"), repeat=length):
                records = [
                    record(said, place, owner)
                    for place, (said, owner) in enumerate(zip(history, owners, strict=True))
                ]
                for place in range(length + 1):
                    yield records, START + (place - 0.5) * DAY


def link(linked_at: datetime, unlinked_at: datetime | None = None) -> Link:
    return Link(left="p1", right="p2", linked_at=linked_at, recorded_at=linked_at, unlinked_at=unlinked_at)


def swapped(records: list[ChoiceRecord]) -> list[ChoiceRecord]:
    other = {"p1": "p2", "p2": "p1"}
    return [replace(one, subject_ref=other[one.subject_ref]) for one in records]


@pytest.mark.parametrize("basis", BASES)
def test_every_history_is_answered_as_the_definition_says(basis: str) -> None:
    wrong = [
        history
        for history in HISTORIES
        for records in [[record(said, place) for place, said in enumerate(history)]]
        if is_allowed(alone(records), basis) != answer_by_definition(records, basis)
    ]

    assert not wrong


@pytest.mark.parametrize("basis", BASES)
def test_linking_never_widens_what_one_person_with_the_whole_history_would_be_allowed(basis: str) -> None:
    widened = [
        (records, linked_at)
        for records, linked_at in splits()
        if is_allowed(linked(records, [link(linked_at)]), basis) and not is_allowed(alone(records), basis)
    ]

    assert not widened


def test_among_what_was_said_before_the_link_no_wins() -> None:
    after_everything = START + 9 * DAY
    overruled = [
        records
        for records, _ in splits()
        if is_allowed(linked(records, [link(after_everything)]), "opt_out")
        and not all(
            is_allowed(alone([one for one in records if one.subject_ref == owner], owner), "opt_out")
            for owner in ("p1", "p2")
        )
    ]

    assert not overruled


def test_linking_is_the_same_the_other_way_round_and_twice() -> None:
    for records, linked_at in splits():
        once = is_allowed(linked(records, [link(linked_at)]), "consent")
        assert once == is_allowed(linked(swapped(records), [link(linked_at)]), "consent")
        assert once == is_allowed(linked(records, [link(linked_at), link(linked_at)]), "consent")


def test_undoing_a_link_restores_each_person() -> None:
    for records, linked_at in splits():
        undone = linked(records, [link(linked_at, unlinked_at=AT - DAY)])
        for owner in ("p1", "p2"):
            own = alone([one for one in records if one.subject_ref == owner], owner)
            asked = replace(undone, asked=frozenset({owner}))
            assert is_allowed(asked, "consent") == is_allowed(own, "consent")
