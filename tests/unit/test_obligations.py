"""What the policy asks of the data is done to it, or the data stays."""

import hashlib

import pyarrow as pa
import pytest

from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Decision, Obligation
from activation.enforcement.rules import HistoricDecisionRefused, refuse_historic
from activation.obligations.applying import apply_by_place, apply_obligations
from activation.obligations.plan import ObligationNotSupported, Obligations, plan_output
from consent.subjects.types import IdentifierKind

DROP_PHONE = Obligation("drop", "phone")
MASK_EMAIL = Obligation("mask", "email", "sha256")
SET_ADS = Obligation("set", "ad_personalization", "denied")
ROWS = pa.RecordBatch.from_pylist(
    [
        {"customer_id": "00001", "email": " Ann@Shop.Example", "phone": "+491701234567", "spent": 12.5},
        {"customer_id": "00002", "email": None, "phone": "+491701234568", "spent": 3.0},
    ]
)
COLUMNS = {IdentifierKind.CUSTOMER_ID: "customer_id", IdentifierKind.EMAIL: "email"}


def enforce(
    owed: list[Obligations], possible: list[Obligations] | None = None, rows: pa.RecordBatch = ROWS
) -> pa.RecordBatch:
    """Return `rows` with what is owed on each; by default any of that may be owed on any row."""
    return apply_obligations(rows, owed, plan_output(rows.schema, COLUMNS, possible or owed))


def sha256(text: str) -> str:
    """Return the hex digest that a masked value becomes."""
    return hashlib.sha256(text.encode()).hexdigest()


def test_without_obligations_the_rows_pass_unchanged() -> None:
    assert enforce([(), ()]) == ROWS


def test_a_column_that_every_rule_drops_is_left_out() -> None:
    out = enforce([(DROP_PHONE,), (DROP_PHONE,)])

    assert out.schema.names == ["customer_id", "email", "spent"]


def test_a_column_that_some_rules_drop_is_empty_in_their_rows_only() -> None:
    out = enforce([(DROP_PHONE,), ()])

    assert out.column("phone").to_pylist() == [None, "+491701234568"]


def test_a_masked_identifier_is_the_hash_of_its_normalised_form() -> None:
    out = enforce([(MASK_EMAIL,), (MASK_EMAIL,)])

    assert out.column("email").to_pylist() == [sha256("ann@shop.example"), None]


def test_a_malformed_value_in_an_identifier_column_is_not_masked_but_removed() -> None:
    rows = pa.RecordBatch.from_pylist([{"customer_id": "1", "email": "not an address"}])

    assert enforce([(MASK_EMAIL,)], rows=rows).column("email").to_pylist() == [None]


def test_a_set_value_is_added_as_a_column() -> None:
    out = enforce([(SET_ADS,), ()])

    assert out.column("ad_personalization").to_pylist() == ["denied", None]


def test_a_set_value_replaces_what_is_there() -> None:
    rows = pa.RecordBatch.from_pylist([{"customer_id": "1", "ad_personalization": "granted"}])

    assert enforce([(SET_ADS,)], rows=rows).column("ad_personalization").to_pylist() == ["denied"]


def test_an_obligation_reaches_the_column_whatever_its_case() -> None:
    rows = pa.RecordBatch.from_pylist([{"customer_id": "1", " Phone ": "+491701234567"}])

    assert enforce([(DROP_PHONE,)], rows=rows).schema.names == ["customer_id"]


def test_an_obligation_reaches_the_identifier_column_of_its_kind() -> None:
    rows = pa.RecordBatch.from_pylist([{"mobile": "+491701234567", "x": 1}])
    plan = plan_output(rows.schema, {IdentifierKind.PHONE: "mobile"}, [(DROP_PHONE,)])

    assert apply_obligations(rows, [(DROP_PHONE,)], plan).schema.names == ["x"]


def test_numbers_are_masked_as_text() -> None:
    rows = pa.RecordBatch.from_pylist([{"customer_id": "1", "score": 42}])

    out = enforce([(Obligation("mask", "score", "sha256"),)], rows=rows)

    assert out.column("score").to_pylist() == [sha256("42")]


@pytest.mark.parametrize(
    ("owed", "expected"),
    [
        ((DROP_PHONE, Obligation("mask", "phone", "sha256")), [None]),
        ((DROP_PHONE, Obligation("set", "phone", "none")), ["none"]),
        ((Obligation("mask", "phone", "sha256"), Obligation("set", "phone", "none")), ["none"]),
    ],
)
def test_of_several_obligations_on_one_column_the_strongest_holds(
    owed: Obligations, expected: list[str | None]
) -> None:
    out = enforce([owed], possible=[owed, ()], rows=ROWS.slice(0, 1))

    assert out.column("phone").to_pylist() == expected


def test_a_dropped_value_keeps_its_columns_type() -> None:
    out = enforce([(Obligation("drop", "spent"),), ()])

    assert out.column("spent").equals(pa.array([None, 3.0]))


def test_a_column_that_may_not_be_empty_can_be_dropped_all_the_same() -> None:
    schema = pa.schema([pa.field("customer_id", pa.string()), pa.field("n", pa.int64(), nullable=False)])
    rows = pa.RecordBatch.from_pylist([{"customer_id": "1", "n": 1}], schema=schema)

    out = enforce([(Obligation("drop", "n"),)], possible=[(Obligation("drop", "n"),), ()], rows=rows)

    assert out.column("n").to_pylist() == [None]
    assert out.schema.field("n").nullable


@pytest.mark.parametrize(
    "obligation",
    [Obligation("mask", "email", "md5"), Obligation("encrypt", "email", "aes"), Obligation("", "email")],
)
def test_an_obligation_that_is_not_known_refuses_the_plan(obligation: Obligation) -> None:
    with pytest.raises(ObligationNotSupported):
        plan_output(ROWS.schema, COLUMNS, [(), (obligation,)])


def test_masking_what_is_no_text_refuses_the_plan() -> None:
    schema = pa.schema([pa.field("customer_id", pa.string()), pa.field("email", pa.list_(pa.string()))])

    with pytest.raises(ObligationNotSupported):
        plan_output(schema, {IdentifierKind.CUSTOMER_ID: "customer_id"}, [(MASK_EMAIL,)])


@pytest.mark.parametrize("owed", [DROP_PHONE, Obligation("encrypt", "email")])
def test_a_row_that_is_owed_what_was_not_foreseen_is_refused(owed: Obligation) -> None:
    plan = plan_output(ROWS.schema, COLUMNS, [()])

    with pytest.raises(ObligationNotSupported):
        apply_obligations(ROWS, [(owed,), ()], plan)


def test_no_metadata_of_the_input_tells_of_what_was_dropped() -> None:
    rows = ROWS.replace_schema_metadata({"pandas": "phone"})

    assert plan_output(rows.schema, COLUMNS, [(DROP_PHONE,)]).schema.metadata is None


def test_a_decision_about_the_past_is_refused() -> None:
    decision = Decision(
        effect=Effect.ALLOW, reason=Reason.GRANTED, purpose="p", destination="d", historic=True
    )

    with pytest.raises(HistoricDecisionRefused):
        refuse_historic(decision)


def test_rows_of_different_people_are_owed_what_each_of_them_is_and_no_more() -> None:
    rows = pa.RecordBatch.from_pylist(
        [{"customer_id": str(n), "email": f"c{n}@shop.example", "phone": "+49170123456"} for n in range(4)]
    )
    owed: list[Obligations] = [(MASK_EMAIL,), (), (DROP_PHONE, SET_ADS), (MASK_EMAIL,)]

    out = enforce(owed, rows=rows).to_pylist()

    assert [row["email"] for row in out] == [
        sha256("c0@shop.example"), "c1@shop.example", "c2@shop.example", sha256("c3@shop.example"),
    ]  # fmt: skip
    assert [row["phone"] for row in out] == ["+49170123456"] * 2 + [None, "+49170123456"]
    assert [row["ad_personalization"] for row in out] == [None, None, "denied", None]


def test_no_dictionary_carries_values_of_other_rows_along() -> None:
    emails = pa.array(["ann@shop.example", "bob@shop.example"]).dictionary_encode()
    lists = pa.ListArray.from_arrays([0, 1, 2], emails)
    rows = pa.RecordBatch.from_arrays([emails, lists], ["email", "all_emails"]).slice(0, 1)

    out = enforce([()], rows=rows)

    assert out.to_pylist() == rows.to_pylist()
    assert out.schema.types == [pa.string(), pa.list_(pa.string())]


OWES_TCF, OWES_USP = Obligation("signal", "TC", "tcf"), Obligation("signal", "us_privacy", "usp")
VENDOR = Obligation("tcf_vendor", "755", "1 3 4")


def fill(
    owed: list[Obligations], strings: dict[str, pa.Array], rows: pa.RecordBatch = ROWS
) -> pa.RecordBatch:
    """Return `rows` with what is owed on each by those who know people's strings."""
    plan = plan_output(rows.schema, COLUMNS, owed, knows_strings=True)
    return apply_by_place(rows, pa.array(range(len(owed)), pa.int32()), owed, plan, strings)


def test_a_column_carries_the_string_of_each_rows_person() -> None:
    out = fill([(OWES_TCF,), (OWES_TCF,)], {"tcf": pa.array(["of the first", "of the second"])})

    assert out.column("TC").to_pylist() == ["of the first", "of the second"]


def test_a_column_of_the_input_is_overwritten_by_the_string_whatever_its_case() -> None:
    rows = ROWS.append_column("tc", pa.array([1, 2]))

    out = fill([(OWES_TCF,), (OWES_TCF,)], {"tcf": pa.array(["a", "b"])}, rows)

    assert out.column("tc").to_pylist() == ["a", "b"]
    assert "TC" not in out.schema.names


def test_rows_that_owe_different_strings_have_each_their_own() -> None:
    strings = {"tcf": pa.array(["a", None]), "usp": pa.array([None, "1YNN"])}

    out = fill([(OWES_TCF, SET_ADS), (OWES_USP,)], strings)

    assert (out.column("TC").to_pylist(), out.column("us_privacy").to_pylist()) == (
        ["a", None],
        [None, "1YNN"],
    )
    assert out.column("ad_personalization").to_pylist() == ["denied", None]


@pytest.mark.parametrize("lacking", [None, ""])
def test_a_row_that_lacks_its_string_does_not_leave(lacking: str | None) -> None:
    with pytest.raises(ObligationNotSupported):
        fill([(OWES_TCF,), (OWES_TCF,)], {"tcf": pa.array(["a", lacking], pa.string())})


def test_a_kind_of_string_that_nobody_looked_up_does_not_leave() -> None:
    with pytest.raises(ObligationNotSupported):
        fill([(OWES_TCF,), (OWES_TCF,)], {"usp": pa.array(["1YNN", "1YNN"])})


def test_a_vendor_is_no_column() -> None:
    rows = ROWS.append_column("755", pa.array(["x", "y"]))

    assert fill([(VENDOR,), (VENDOR,)], {}, rows) == rows
