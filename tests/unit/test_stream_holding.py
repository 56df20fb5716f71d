"""Whom a stream remembers to have told of, and which suppressions it has heard of."""

from activation.enforcement.membership.keys import keys_of_stranger, to_key
from activation.enforcement.streaming.deciding import Answer
from activation.enforcement.streaming.holding import ToldPeople, members_of
from activation.enforcement.streaming.keeping import _Heard
from consent.subjects.types import Identifier, IdentifierKind

EMAIL, CUSTOMER = IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID


def answer(*refs: str) -> Answer:
    """Return an allow of these subjects; of a stranger, if there are none."""
    return Answer(True, "granted", 1, 7, refs=refs, state=refs)


def test_a_stranger_is_a_member_by_what_they_were_decided_by() -> None:
    [member] = members_of(answer(), {}, [(CUSTOMER, "00005"), (EMAIL, "a@b.example")])

    found = keys_of_stranger([Identifier(CUSTOMER, "00005"), Identifier(EMAIL, "a@b.example")])
    assert (member.ref, member.keys) == ("", tuple(map(to_key, found)))
    assert len(found) == 2


def test_each_subject_of_an_event_is_a_member_as_the_event_left() -> None:
    members = members_of(answer("sub_1", "sub_2"), {EMAIL: "masked"}, [(EMAIL, "a@b.example")])

    assert [(one.ref, one.identifiers) for one in members] == [
        ("sub_1", {EMAIL: ("masked",)}),
        ("sub_2", {EMAIL: ("masked",)}),
    ]


def test_who_is_taken_out_counts_as_not_told_of() -> None:
    told = ToldPeople()
    told.add({"one": answer("sub_1"), "two": answer("sub_2"), "stranger": answer()})

    assert told.forget(["sub_1"]) == {"one"}
    assert not told.is_told("one", answer("sub_1"))
    assert told.is_told("two", answer("sub_2"))
    assert told.is_told("stranger", answer())


def test_somebody_unknown_who_is_taken_out_may_be_any_of_the_strangers() -> None:
    told = ToldPeople()
    told.add({"two": answer("sub_2"), "stranger": answer()})

    assert told.forget(["sub_9"]) == {"stranger"}
    assert told.is_told("two", answer("sub_2"))


def test_too_many_are_forgotten_the_oldest_first() -> None:
    told = ToldPeople(most=4)
    for number in range(6):
        told.add({f"p{number}": answer(f"sub_{number}")})

    assert not told.is_told("p0", answer("sub_0"))
    assert told.is_told("p5", answer("sub_5"))
    assert len(told) <= 4


def test_a_lower_number_that_appears_later_is_not_passed_over() -> None:
    heard = _Heard(floor=10)
    heard.note([13], xmin=100, xmax=102)
    assert heard.floor == 10

    heard.note([12], xmin=101, xmax=105)
    assert heard.floor == 10, "the transaction that 12 came from was still open when 13 was seen"

    heard.note([], xmin=102, xmax=106)
    assert (heard.floor, heard.seen) == (13, set())
