"""What is owed on an event's fields is what would be owed on a row's columns."""

from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest

from activation.decisions.types import Obligation
from activation.obligations.applying import apply_obligations, mask_text
from activation.obligations.objects import ObjectPlan
from activation.obligations.plan import ObligationNotSupported, plan_output
from consent.subjects.types import IdentifierKind

EMAIL, PHONE = IdentifierKind.EMAIL, IdentifierKind.PHONE
EVENT = {"customer_id": "00001", "Email": " A@Customers.Example ", "phone": "+491701234561", "spent": "10.50"}
MASK, DROP = Obligation("mask", "email", "sha256"), Obligation("drop", "phone")
OWED = (
    MASK,
    DROP,
    Obligation("set", "consent", "granted"),
    Obligation("set", "spent", "0"),
    Obligation("mask", "phone_sha256", "sha256"),
    Obligation("drop", "Email"),
)


def on_columns(event: dict[str, Any], owed: tuple[Obligation, ...]) -> dict[str, Any]:
    """Return what an audience run makes of the event as a row, without what is empty."""
    schema = pa.schema([pa.field(name, pa.string()) for name in event])
    batch = pa.RecordBatch.from_pylist([event], schema)
    plan = plan_output(schema, {EMAIL: "Email", PHONE: "phone"}, [owed])
    [row] = apply_obligations(batch, [owed], plan).to_pylist()
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize(
    "owed", [some for count in range(len(OWED) + 1) for some in combinations(OWED, count)]
)
def test_an_event_leaves_as_a_row_would(owed: tuple[Obligation, ...]) -> None:
    plan = ObjectPlan(owed, {EMAIL: ("Email",), PHONE: ("phone",)})

    left = plan.apply(dict(EVENT))

    assert {name: value for name, value in left.items() if value is not None} == on_columns(EVENT, owed)


def test_a_field_is_hidden_at_whatever_depth() -> None:
    event = {
        "user": {"EMAIL": "a@b.example", "tags": [{"email": "c@d.example"}, 1, None]},
        "email": None,
        "n": 1,
    }

    left = ObjectPlan((MASK,), {}).apply(event)

    assert left == {
        "user": {
            "EMAIL": mask_text("a@b.example", EMAIL),
            "tags": [{"email": mask_text("c@d.example", EMAIL)}, 1, None],
        },
        "email": None,
        "n": 1,
    }


def test_a_field_is_known_by_its_dotted_path_and_by_the_identifier_it_carries() -> None:
    plan = ObjectPlan(
        (Obligation("drop", "order.city"), Obligation("mask", "email", "sha256")),
        {EMAIL: ("contact", "address")},
    )

    left = plan.apply({"order": {"city": "Bonn"}, "city": "Bonn", "contact": {"address": "A@b.example "}})

    assert left == {
        "order": {},
        "city": "Bonn",
        "contact": {"address": mask_text("a@b.example", EMAIL)},
    }


def test_what_holds_other_things_is_dropped_whole() -> None:
    assert ObjectPlan((DROP,), {}).apply({"phone": {"home": "1", "work": ["2"]}}) == {}


@pytest.mark.parametrize("held", [{"address": "a@b.example"}, ["a@b.example"]])
def test_what_holds_other_things_cannot_be_masked(held: Any) -> None:
    with pytest.raises(ObligationNotSupported):
        ObjectPlan((MASK,), {}).apply({"email": held})


def test_numbers_and_truths_are_masked_as_they_are_written() -> None:
    left = ObjectPlan((Obligation("mask", "age", "sha256"),), {}).apply({"age": 7, "x": {"age": True}})

    assert left == {"age": mask_text("7", None), "x": {"age": mask_text("true", None)}}


def test_a_malformed_identifier_that_is_to_be_masked_leaves_as_nothing() -> None:
    assert ObjectPlan((MASK,), {}).apply({"email": "no address"}) == {"email": None}


@pytest.mark.parametrize("odd", [Obligation("encrypt", "email"), Obligation("mask", "email", "rot13")])
def test_what_this_version_cannot_honour_is_refused(odd: Obligation) -> None:
    with pytest.raises(ObligationNotSupported):
        ObjectPlan((odd,), {})


def test_fields_that_somebody_makes_up_take_no_memory() -> None:
    plan = ObjectPlan((MASK,), {})

    plan.apply({"x" * 1_000 + str(number): 1 for number in range(100)})
    for start in range(0, 30_000, 1_000):
        plan.apply({str(start + number): 1 for number in range(1_000)})

    assert sum(map(len, plan._orders.values())) <= 10_000
