"""Whether somebody stood in an earlier batch of a file is known, in memory that does not grow."""

from consent.records.import_people import PeopleBefore
from consent.records.types import NewRow
from consent.subjects.types import Identifier, IdentifierKind

CUSTOMER, COOKIE = IdentifierKind.CUSTOMER_ID, IdentifierKind.COOKIE_ID


def row(*values: str, kind: IdentifierKind = CUSTOMER) -> list[NewRow]:
    """Return a record of one row about somebody of these identifiers."""
    return [NewRow(identifiers=tuple(Identifier(kind, value) for value in values), choices=(), facts=())]


def test_whoever_stood_in_an_earlier_batch_is_counted_and_within_a_batch_nobody() -> None:
    people = PeopleBefore()

    people.count([row("1"), row("1"), row("2", "3")])
    assert people.again == 0
    people.count([row("4"), row("3", "5"), row("2", kind=COOKIE), row("1"), row("1")])
    assert people.again == 3
    people.count([row("5"), row("6")])
    assert people.again == 4


def test_nobody_is_missed_and_few_are_taken_for_others_whose_memory_is_as_large() -> None:
    people = PeopleBefore()
    size = len(people._bits)

    for start in range(0, 50_000, 1000):
        people.count(row(str(number)) for number in range(start, start + 1000))
    assert people.again == 0
    people.count(row(str(number)) for number in range(50_000))

    assert people.again == 50_000
    assert len(people._bits) == size == 1 << 24
