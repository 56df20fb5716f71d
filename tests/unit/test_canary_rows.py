"""Rows about canaries fit any audience, and whoever answers about them is held to one denial each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from activation.decisions.compiled import CompiledPolicy, DestinationPolicy, PurposePolicy, Rule
from activation.enforcement.audience.identifiers import find_identifier_columns, read_identifiers
from activation.enforcement.canaries.identities import Identity, derive_key
from activation.enforcement.canaries.rows import CanaryRows, make_canary_rows
from activation.enforcement.canaries.types import (
    CanariesNotApplicable,
    Canary,
    CanaryPassed,
    CanaryUnaccounted,
    Way,
)
from consent.policies.types import LegalBasis
from consent.subjects.types import IdentifierKind
from tests.canary_world import QUESTION

NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEY = derive_key(bytes(32))
CANARIES = [
    Canary(
        destination="ads",
        way=way,
        generation=1,
        jurisdiction="DE",
        policy_digest="sha256:a",
        made_at=NOW,
        prepared_at=NOW,
    )
    for way in Way
]
CONSENT = Rule(rule_id="r", basis=LegalBasis.CONSENT)


def make_policy(rule: Rule, digest: str = "sha256:a") -> CompiledPolicy:
    return CompiledPolicy(
        key="p",
        version=1,
        digest=digest,
        intact=True,
        in_force_from=NOW,
        establishments={"shop": ("DE",)},
        purposes={QUESTION.purpose: PurposePolicy()},
        destinations={
            "ads": DestinationPolicy(
                country="US",
                third_party=True,
                purposes=frozenset({QUESTION.purpose}),
                data_categories=frozenset(),
            )
        },
        rules={(QUESTION.purpose, "shop"): {"DE": rule}},
    )


def place(schema: pa.Schema, *rules: Rule, **changes: object) -> CanaryRows:
    given: dict[str, object] = {
        "schema": schema,
        "columns": find_identifier_columns(schema),
        "canaries": CANARIES,
        "key": KEY,
        "policy": make_policy(*rules or [CONSENT]),
        "question": QUESTION,
        "at": NOW,
        **changes,
    }
    return make_canary_rows(**given)  # type: ignore[arg-type]


def test_each_canary_is_found_by_all_columns_together_and_by_each_alone() -> None:
    schema = pa.schema([("customer_id", pa.string()), ("email", pa.string()), ("spent", pa.float64())])
    placed = place(schema)

    assert placed.batch.schema.equals(schema)
    assert placed.ways == tuple(way for way in Way for _ in range(3))
    assert placed.batch.column("spent").null_count == placed.batch.num_rows
    people = read_identifiers(placed.batch, find_identifier_columns(schema))
    for way, found in zip(placed.ways, people, strict=True):
        canary = next(one for one in CANARIES if one.way is way)
        assert found
        assert set(found) <= set(Identity(canary, KEY).all())


@pytest.mark.parametrize("kind", list(IdentifierKind))
def test_a_canary_is_found_by_every_kind_of_identifier(kind: IdentifierKind) -> None:
    placed = place(pa.schema([(kind.value, pa.string())]))

    people = read_identifiers(placed.batch, {kind: kind.value})
    assert len(set(people)) == len(Way)
    assert None not in people


@pytest.mark.parametrize("held", [pa.int64(), pa.int32(), pa.dictionary(pa.int32(), pa.int64())])
def test_a_column_of_numbers_carries_the_numbers_of_canaries(held: pa.DataType) -> None:
    placed = place(pa.schema([("customer_id", held)]))

    people = read_identifiers(placed.batch, {IdentifierKind.CUSTOMER_ID: "customer_id"})
    assert len(set(people)) == len(Way)


@pytest.mark.parametrize("held", [pa.uint64(), pa.int16()])
def test_numbers_that_cannot_hold_a_canary_are_said_to(held: pa.DataType) -> None:
    with pytest.raises(CanariesNotApplicable, match="no identifier column"):
        place(pa.schema([("customer_id", held)]))


@pytest.mark.parametrize(
    "held",
    [
        pa.string(),
        pa.large_string(),
        pa.binary(),
        pa.binary(4),
        pa.bool_(),
        pa.int8(),
        pa.uint64(),
        pa.float16(),
        pa.float32(),
        pa.decimal128(10, 2),
        pa.date32(),
        pa.timestamp("us", "UTC"),
        pa.time64("us"),
        pa.duration("s"),
        pa.list_(pa.int32()),
        pa.struct([pa.field("a", pa.int32(), nullable=False), pa.field("b", pa.string())]),
        pa.map_(pa.string(), pa.int32()),
        pa.dictionary(pa.int8(), pa.string()),
    ],
    ids=str,
)
@pytest.mark.parametrize("nullable", [True, False])
def test_a_column_of_any_type_is_filled(held: pa.DataType, nullable: bool) -> None:
    schema = pa.schema([pa.field("email", pa.string()), pa.field("other", held, nullable=nullable)])

    batch = place(schema).batch

    batch.validate(full=True)
    assert batch.column("other").null_count == (batch.num_rows if nullable else 0)


def test_a_column_that_allows_no_null_gets_no_null_identifier() -> None:
    schema = pa.schema([pa.field("email", pa.string(), nullable=False), pa.field("phone", pa.string())])

    assert place(schema).batch.column("email").null_count == 0


def list_placed(*rules: Rule, **changes: object) -> set[Way]:
    return set(place(pa.schema([("email", pa.string())]), *rules, **changes).ways)


def rule(basis: LegalBasis, **changes: bool) -> Rule:
    return replace(CONSENT, basis=basis, **changes)  # type: ignore[arg-type]  # flags only


SAID_NO = {Way.REFUSED, Way.WITHDRAWN, Way.UNSUBSCRIBED, Way.OPTED_OUT}


def test_only_canaries_whose_no_the_rule_honours_are_asked_about() -> None:
    assert list_placed(rule(LegalBasis.CONSENT)) == set(Way)
    assert list_placed(rule(LegalBasis.OPT_OUT)) == {*SAID_NO, Way.ERASED}
    assert list_placed(rule(LegalBasis.PUBLIC_TASK)) == {Way.UNSUBSCRIBED, Way.ERASED}
    assert list_placed(rule(LegalBasis.CONTRACT)) == {Way.ERASED}
    assert list_placed(rule(LegalBasis.CONTRACT, direct_marketing=True)) == {*SAID_NO, Way.ERASED}


def test_where_no_no_counts_no_canary_is_placed_and_that_is_said() -> None:
    with pytest.raises(CanariesNotApplicable, match="no rule"):
        list_placed(rule(LegalBasis.LEGAL_OBLIGATION, survives_erasure=True))


def test_a_no_that_names_purposes_is_not_relied_on_under_another_policy() -> None:
    policy = make_policy(CONSENT, digest="sha256:b")

    assert list_placed(policy=policy) == set(Way) - {Way.REFUSED, Way.WITHDRAWN}


def test_a_canary_made_after_the_moment_decided_for_is_not_asked_about() -> None:
    with pytest.raises(CanariesNotApplicable, match="after the moment"):
        list_placed(at=NOW - timedelta(seconds=1))


def test_a_destination_without_canaries_is_said_to() -> None:
    with pytest.raises(CanariesNotApplicable, match="no canaries"):
        list_placed(canaries=[])


def test_one_denial_for_each_row_is_in_order() -> None:
    placed = place(pa.schema([("email", pa.string())]))

    placed.check((number, False) for number in reversed(range(len(Way))))


def test_a_row_that_was_allowed_is_found() -> None:
    placed = place(pa.schema([("email", pa.string())]))
    answers = [(number, number == 2) for number in range(len(Way))]

    with pytest.raises(CanaryPassed) as raised:
        placed.check(answers)

    assert raised.value.ways == (Way.UNSUBSCRIBED,)


@pytest.mark.parametrize("extra", [[], [(0, False), (0, False)]])
def test_a_row_that_was_lost_or_answered_twice_is_found(extra: list[tuple[int, bool]]) -> None:
    placed = place(pa.schema([("email", pa.string())]))
    others = [(number, False) for number in range(2, len(Way))]

    with pytest.raises(CanaryUnaccounted):
        placed.check([*others, *extra])


def test_the_names_of_canaries_follow_from_the_secret() -> None:
    other = derive_key(bytes([1] * 32))

    assert not set(Identity(CANARIES[0], KEY).all()) & set(Identity(CANARIES[0], other).all())
    following = replace(CANARIES[0], generation=2)
    assert not set(Identity(CANARIES[0], KEY).all()) & set(Identity(following, KEY).all())
