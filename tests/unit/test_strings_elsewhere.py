"""Where people's strings cannot be looked up, whoever is owed one is refused or denied: never let through."""

from collections.abc import Iterable
from itertools import chain, combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from activation.client.answers import judge
from activation.client.frames.rulings import plan_for, rule_on
from activation.client.verdicts import Decided
from activation.decisions.reasons import Effect, Reason
from activation.decisions.register import RegisteredDestination, TcfTerms, owed_to
from activation.decisions.types import NOT_HONOURED, Decision, Obligation
from activation.enforcement import drafting
from activation.enforcement.streaming.outgoing import Writer
from activation.enforcement.streaming.types import EventFault
from activation.enforcement.warehouse import exporting, ground
from activation.enforcement.warehouse.script import write_loads, write_policies
from activation.enforcement.warehouse.types import Product
from activation.obligations.applying import apply_obligations
from activation.obligations.objects import ObjectPlan
from activation.obligations.plan import KINDS, ObligationNotSupported, plan_output
from activation.snapshots.lanes.outcomes import Outcome
from consent.subjects.types import IdentifierKind
from tests.decisions.places import SAID_AT
from tests.unit.test_warehouse_policies import MASK, layout_for, make_policy

STRINGS = [Obligation("signal", "tc", kind) for kind in ("tcf", "gpp", "usp")]
VENDOR = Obligation("tcf_vendor", "755", "1 3")
OWED = [*STRINGS, VENDOR]
ROWS = pa.table({"customer_id": ["1"], "tc": ["sent along"], "755": ["1 3"]})
COLUMNS = {IdentifierKind.CUSTOMER_ID: "customer_id"}
GATED = {"partner": RegisteredDestination("partner", "file", SAID_AT, tcf=TcfTerms(755, (1, 3)))}


def make_decision(*owed: Obligation) -> Decision:
    """Return an allow under these obligations."""
    return Decision(
        effect=Effect.ALLOW, reason=Reason.GRANTED, purpose="ads", destination="partner", obligations=owed
    )


@pytest.mark.parametrize("one", OWED, ids=lambda one: f"{one.kind} {one.value}")
def test_columns_are_not_laid_out_for_it(one: Obligation) -> None:
    with pytest.raises(ObligationNotSupported):
        plan_output(ROWS.schema, COLUMNS, [(), (one,)])


@pytest.mark.parametrize("one", OWED, ids=lambda one: f"{one.kind} {one.value}")
def test_rows_are_not_made_for_it_though_the_columns_were_laid_out(one: Obligation) -> None:
    plan = plan_output(ROWS.schema, COLUMNS, [(one,)], knows_strings=True)

    with pytest.raises(ObligationNotSupported):
        apply_obligations(ROWS.to_batches()[0], [(one,)], plan)


@pytest.mark.parametrize("one", OWED, ids=lambda one: f"{one.kind} {one.value}")
def test_a_stream_denies_the_event(one: Obligation) -> None:
    with pytest.raises(ObligationNotSupported):
        ObjectPlan((MASK, one), {})
    writer = SimpleNamespace(_plans={}, _seen_plans={}, _terms=SimpleNamespace(identifiers={}))
    with pytest.raises(Exception, match=EventFault.OBLIGATION_NOT_SUPPORTED.value):
        Writer._plan(writer, (MASK, one))  # type: ignore[arg-type]  # as far as it looks


@pytest.mark.parametrize("product", Product)
@pytest.mark.parametrize("one", STRINGS, ids=lambda one: one.value)
def test_no_warehouse_gets_policies_for_it(product: Product, one: Obligation) -> None:
    policy, layout = make_policy(ads=((MASK,), (MASK, one))), layout_for(product)

    for write in (write_policies, write_loads):
        with pytest.raises(ObligationNotSupported):
            write(product, layout, policy)


@pytest.mark.parametrize("product", Product)
def test_no_warehouse_gets_policies_for_a_vendor(product: Product) -> None:
    with pytest.raises(ObligationNotSupported):
        ground.check_recipients(GATED, layout_for(product))
    ground.check_recipients({}, layout_for(product))


@pytest.mark.parametrize("one", OWED, ids=lambda one: f"{one.kind} {one.value}")
def test_nobody_who_is_owed_it_stands_in_a_warehouses_mapping(one: Obligation) -> None:
    assert exporting._may_be_read(make_decision(MASK))
    assert not exporting._may_be_read(make_decision(MASK, one))


def test_spark_is_not_begun() -> None:
    """It lays out the columns as it does here: without a word that strings are known."""
    order: Any = SimpleNamespace(
        audience=SimpleNamespace(schema=ROWS.schema),
        columns={},
        question=SimpleNamespace(purpose="ads.audience", controller="shop", destination="partner"),
    )
    worlds: list[Any] = [
        SimpleNamespace(policy=make_policy(ads=((MASK,), (one,))), register={}) for one in STRINGS
    ]
    worlds.append(SimpleNamespace(policy=make_policy(ads=((MASK,),)), register=GATED))
    for world in worlds:
        with pytest.raises(ObligationNotSupported):
            drafting.plan_columns(order, world)
        drafting.plan_columns(order, world, knows_strings=True)


def test_only_audience_runs_say_that_they_know_strings() -> None:
    room = Path(drafting.__file__).parents[1]
    said = {path.name for path in room.rglob("*.py") if "knows_strings=True" in path.read_text()}

    assert said == {"drafting.py"}


@pytest.mark.parametrize("one", OWED, ids=lambda one: f"{one.kind} {one.value}")
def test_a_client_denies_rows(one: Obligation) -> None:
    decided = Decided()
    decided.add((Outcome(make_decision(one), ()), ()))
    plan = plan_for(ROWS.schema, COLUMNS, [(one,)])

    ruling = rule_on(decided, pa.array([0], pa.int32()), plan)

    assert ruling.allowed.to_pylist() == [False]
    assert ruling.summary.by_reason == {NOT_HONOURED: 1}


def subsets(of: Iterable[str]) -> Iterable[tuple[str, ...]]:
    """Return all sets of some words."""
    words = sorted(of)
    return chain.from_iterable(combinations(words, size) for size in range(len(words) + 1))


@pytest.mark.parametrize("one", OWED, ids=lambda one: f"{one.kind} {one.value}")
def test_a_client_denies_a_caller_that_does_not_say_it_honours_it(one: Obligation) -> None:
    for honours in subsets({*KINDS, "signal", "tcf_vendor"}):
        allowed, reason, _ = judge(
            allowed=True, reason="granted", obligations=[one], honours=frozenset(honours)
        )
        assert allowed == (one.kind in honours)
        assert allowed or reason == NOT_HONOURED


def test_what_a_vendor_is_owed_is_told_by_numbers() -> None:
    assert owed_to(GATED, "partner") == (VENDOR,)
    assert owed_to(GATED, "mailer") == ()
