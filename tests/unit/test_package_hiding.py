"""What is about others is withheld; what the person is known by is not."""

# ruff: noqa: RUF001 - letters that only look like others are what this is about

import time
from typing import Any

import pytest

from consent.requests.packages.hiding import Hider, OwnIdentifiers, Tally
from consent.requests.packages.types import (
    Binary,
    CollectedRow,
    Gone,
    MappedDataset,
    MappedField,
    Redactions,
    Withheld,
)

OWN = OwnIdentifiers(["alice@customers.example", "+4917012345678", "C-77"])


def show(column: str, value: Any, redactions: Redactions | None = None, **field: Any) -> Any:
    """Return what becomes of a value."""
    fields = {column: MappedField(name=column, title="", category="", **field)} if field else {}
    dataset = MappedDataset(name="d", title="", is_known=True, fields=fields)
    hider = Hider(dataset, own=OWN, redactions=redactions)
    row = hider.show(CollectedRow(number=1, dataset="d", values={column: value}))
    return "nothing" if row is None else row.values.get(column, "left out")


@pytest.mark.parametrize("value", ["Bob", 7, ["Bob"], {"name": "Bob"}, True, "bob@customers.example", ""])
def test_a_field_about_others_is_withheld(value: Any) -> None:
    assert show("x", value, is_third_party=True) == Gone(Withheld.ABOUT_OTHERS)


@pytest.mark.parametrize(
    "value",
    [
        "alice@customers.example",
        " Alice@Customers.Example ",
        "+49 170 1234-5678",
        "0170 12345678",
        "C-77",
        None,
    ],
)
def test_what_the_person_is_known_by_is_never_withheld_by_rule(value: Any) -> None:
    assert show("x", value, is_third_party=True) == value
    assert show("x", value, is_free_text=True) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call bob@shop.example now", "Call [withheld] now"),
        ("bob@shop.example", "[withheld]"),
        ("mailto:bob@shop.example.", "mailto:[withheld]"),
        (
            "Bob <bob+x@shop.example>, me: alice@customers.example",
            "Bob <[withheld]>, me: alice@customers.example",
        ),
        ("bob＠shop.example", "[withheld]"),
        ("bób@münchen.example", "[withheld]"),
        ("Ring 0170 99988877 or +49 (170) 12345678.", "Ring [withheld] or +49 (170) 12345678."),
        ("(0170) 999-888-77", "[withheld]"),
        ("00491709998877", "[withheld]"),
        (
            "Order 4711 of 2026-03-05, 12.50 EUR, 1234567 points",
            "Order 4711 of 2026-03-05, 12.50 EUR, 1234567 points",
        ),
        ("Nothing to see", "Nothing to see"),
    ],
)
def test_addresses_and_numbers_of_others_in_free_text_are_masked(text: str, expected: str) -> None:
    assert show("x", text, is_free_text=True) == expected
    assert show("x", {"a": [text]}, is_free_text=True) == {"a": [expected]}
    assert show("x", {text: 1}, is_free_text=True) == {expected: 1}


def test_bytes_in_free_text_are_withheld_for_nobody_can_look_into_them() -> None:
    assert show("x", Binary("AAE="), is_free_text=True) == Gone(Withheld.CONTACT_OF_OTHERS)


def test_a_long_text_is_masked_in_time() -> None:
    started = time.monotonic()
    for text in (
        "a" * 300_000,
        "a@" * 100_000,
        "0 " * 100_000,
        "+1" * 100_000,
        "(" * 200_000,
        "a." * 100_000 + "@",
    ):
        show("x", text, is_free_text=True)

    assert time.monotonic() - started < 20


def test_a_field_that_the_data_map_does_not_know_is_withheld_where_it_knows_others() -> None:
    dataset = MappedDataset(
        name="d", title="", is_known=True, fields={"a": MappedField(name="a", title="", category="")}
    )
    tally = Tally()
    row = Hider(dataset, own=OWN).show(CollectedRow(number=1, dataset="d", values={"a": 1, "b": 2}), tally)

    assert row is not None
    assert dict(row.values) == {"a": 1}
    assert tally.withheld == {(Withheld.NOT_DESCRIBED, ""): 1}
    assert show("b", 2) == 2


@pytest.mark.parametrize("field", [{"in_access": False}])
def test_a_field_that_is_no_part_of_access_is_left_out(field: dict[str, Any]) -> None:
    assert show("x", "value", **field) == "nothing"


@pytest.mark.parametrize(
    "redactions",
    [
        Redactions(fields={"x": "why"}),
        Redactions(cells={(1, "x"): "why"}),
    ],
)
def test_what_an_officer_withheld_is_gone_even_if_it_is_the_persons_own(redactions: Redactions) -> None:
    assert show("x", "alice@customers.example", redactions) == Gone(Withheld.BY_OFFICER)


def test_a_row_that_an_officer_withheld_is_gone_and_counted() -> None:
    tally = Tally()
    hider = Hider(MappedDataset(name="d", title=""), own=OWN, redactions=Redactions(rows={2: "why"}))
    rows = [hider.show(CollectedRow(number=n, dataset="d", values={"x": n}), tally) for n in (1, 2, 3)]

    assert [row.number for row in rows if row is not None] == [1, 3]
    assert (tally.rows, tally.withheld) == (2, {(Withheld.BY_OFFICER, "why"): 1})
