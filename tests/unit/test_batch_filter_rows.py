"""Whatever the rows and however they are cut, each row gets the answer of the person that it names."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from activation.client.frames import BatchFilter
from activation.client.frames.columns import PersonColumns
from activation.client.people import Asked, PeopleDecisions, Person
from activation.client.verdicts import Decided
from activation.decisions.compiled import NO_POLICY
from activation.decisions.types import Question
from consent.subjects.rules import read_digest
from consent.subjects.types import IdentifierKind

CUSTOMER, EMAIL = IdentifierKind.CUSTOMER_ID, IdentifierKind.EMAIL
VALUES: Sequence[str | None] = ["1", " 1", "2", "3", "4", "", "  ", None, "\x00"]
EMAILS: Sequence[str | None] = ["a@shop.example", "A@Shop.example ", "b@shop.example", "no address", "", None]


def reason_of(person: Person) -> str:
    """Return an answer that no other person has."""
    return "nobody" if not person else repr(person)


class Decisions:
    """Decides by the person alone: half of those who can be named pass."""

    kinds = frozenset(IdentifierKind)

    def open(self, purpose: str, destination: str, controller: str, _: object) -> Asked:
        question = Question(purpose=purpose, destination=destination, controller=controller)
        return Asked(question=question, max_staleness=1, at=1, policy=NO_POLICY)

    def decide(self, _: Asked, people: Sequence[Person]) -> Decided:
        decided = Decided()
        for person in people:
            reason = reason_of(person)
            decided.places.append(decided._place((passes(reason), reason, ())))
        return decided


class Client:
    people = cast("PeopleDecisions", Decisions())


def passes(reason: str) -> bool:
    return reason != "nobody" and sum(map(ord, reason)) % 2 == 0


def person_of(row: Mapping[str, str | None]) -> Person:
    """Return whom a row names, worked out on its own."""
    found: Any = ()
    for kind, column in ((CUSTOMER, "customer"), (EMAIL, "mail")):
        value = row[column]
        if value is None or not value.strip(" "):
            continue
        try:
            found += (read_digest(kind, value),)
        except Exception:  # noqa: BLE001 - a malformed one
            return ()
    return cast("Person", found)


rows_of_people = st.lists(
    st.fixed_dictionaries({"customer": st.sampled_from(VALUES), "mail": st.sampled_from(EMAILS)}), max_size=40
)


@given(rows=rows_of_people, cut=st.integers(1, 9), at_once=st.integers(1, 9))
def test_each_row_gets_its_own_persons_answer(
    rows: list[dict[str, str | None]], cut: int, at_once: int
) -> None:
    schema = pa.schema([("customer", pa.string()), ("mail", pa.string()), ("row", pa.int64())])
    numbered = [{**row, "row": number} for number, row in enumerate(rows)]
    whole = pa.Table.from_pylist(numbered, schema=schema)
    table = pa.Table.from_batches(whole.to_batches(max_chunksize=cut), schema)
    expected = [reason_of(person_of(row)) for row in rows]
    asks = BatchFilter(
        Client(), purpose="p", destination="d", identifiers={"customer_id": "customer", "email": "mail"}
    )

    found = asks.filter(table)
    stream = asks.filter_batches(table, rows_at_once=at_once)

    assert found.reasons.to_pylist() == expected
    assert found.allowed.to_pylist() == [passes(reason) for reason in expected]
    kept = [number for number, reason in enumerate(expected) if passes(reason)]
    assert found.rows.column("row").to_pylist() == kept
    assert stream.reader().read_all().column("row").to_pylist() == kept
    assert stream.summary.by_reason == found.by_reason


def test_many_columns_name_people_apart() -> None:
    """Combinations are told apart, not the sum of their parts."""
    kinds = [CUSTOMER, IdentifierKind.USER_ID, IdentifierKind.DEVICE_ID, IdentifierKind.COOKIE_ID]
    table = pa.table(
        {kind.value: [f"{(row >> place) & 1}" for row in range(16)] for place, kind in enumerate(kinds)}
    )

    people, rows = PersonColumns(None, {kind: kind.value for kind in kinds}).read(table)

    assert len(set(people)) == 16
    assert [people[row] for row in rows.to_pylist()] == [
        tuple(read_digest(kind, f"{(row >> place) & 1}") for place, kind in enumerate(kinds))
        for row in range(16)
    ]
