"""The batch filter: of a table of people, those rows pass that may be used, and nothing else ever does."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from activation.client.frames import BatchFilter, ColumnsUnfit, NotATable
from activation.client.frames.columns import PersonColumns
from activation.client.frames.rulings import keep_allowed, rule_on
from activation.client.kept_store import KeptStore
from activation.client.people import Asked, PeopleDecisions, Person
from activation.client.verdicts import Decided
from activation.destinations.services import suspend_destination
from activation.obligations.applying import apply_by_place
from tests.client_world import SCOPES, Between, Here, World, make_key, ref_of
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    JUNE_1,
    QUESTION,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    record_choices,
)
from tests.ledger_world import sequence_all

ASKED: dict[str, Any] = {**QUESTION, "identifiers": {"customer_id": "customer"}}
CUSTOMERS = [WITHDRAWN, GERMAN, STRANGER, BRITON, GERMAN, None, " ", REFUSED, BRITON, WITHDRAWN]
ALLOWED = [False, True, False, True, True, False, False, False, True, False]
TABLE = pa.table(
    {
        "customer": pa.array(CUSTOMERS),
        "email": [f"c{n}@customers.example" for n in range(10)],
        "phone": ["+491701234561"] * 10,
        "spent": pa.array(range(10), pa.decimal128(10, 2)),
        "tags": pa.array([[{"of": n}] for n in range(10)]),
    }
)


@pytest.fixture
def world(db: None, tmp_path: Path) -> Iterator[World]:
    """Return a client that has caught up with a service in the test's own thread."""
    make_world()
    between = Between(inner=Here())
    made = World("http://localhost", make_key(*SCOPES), tmp_path / "snapshot", between, is_here=True)
    sequence_all()
    made.catch_up()
    yield made
    made.client.close()


def make_filter(world: World, **changes: Any) -> BatchFilter:
    return BatchFilter(world.client, **{**ASKED, **changes})


def test_those_rows_pass_in_their_order_whose_people_may_be_used(world: World) -> None:
    filtered = make_filter(world).filter(TABLE)

    assert filtered.allowed.to_pylist() == ALLOWED
    assert filtered.rows.column("spent").to_pylist() == [1, 3, 4, 8]
    assert filtered.rows.column("tags").to_pylist() == [[{"of": n}] for n in (1, 3, 4, 8)]
    assert filtered.by_reason == {"withdrawn": 2, "granted": 4, "subject_unknown": 3, "refused": 1}
    assert filtered.reasons.to_pylist()[:4] == ["withdrawn", "granted", "subject_unknown", "granted"]


def test_obligations_are_carried_out_on_the_rows_that_pass(world: World) -> None:
    rows = make_filter(world).filter(TABLE).rows.to_pylist()

    assert [row["customer"] for row in rows] == [GERMAN, BRITON, GERMAN, BRITON]
    assert [row["phone"] for row in rows] == ["+491701234561", None, "+491701234561", None]
    assert [row["email"] for row in rows] == [
        sha256(f"c{n}@customers.example".encode()).hexdigest() for n in (1, 3, 4, 8)
    ]
    assert {row["ad_personalization"] for row in rows} == {"granted"}


def test_each_person_is_decided_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    right = PeopleDecisions.decide

    def decide(self: PeopleDecisions, asked: Asked, people: Sequence[Person]) -> Decided:
        seen.append(len(people))
        return right(self, asked, people)

    monkeypatch.setattr(PeopleDecisions, "decide", decide)
    make_filter(world).filter(TABLE)

    assert seen == [7]  # five customers, null, and a blank


def test_people_are_found_by_reference_too(world: World) -> None:
    refs = [ref_of(GERMAN), None, "sub_" + "0" * 32, ref_of(WITHDRAWN), ref_of(GERMAN)]
    filtered = make_filter(world, identifiers=None, subject_ref="ref").filter(pa.table({"ref": refs}))

    assert filtered.allowed.to_pylist() == [True, False, False, False, True]
    assert filtered.by_reason == {"granted": 2, "subject_unknown": 2, "withdrawn": 1}


def test_numbers_that_stand_for_ids_are_read_as_text(world: World) -> None:
    record_choices("77", "DE", "granted")
    sequence_all()
    world.catch_up()

    filtered = make_filter(world).filter(pa.table({"customer": [77, 78, None]}))

    assert filtered.allowed.to_pylist() == [True, False, False]


def test_several_identifiers_must_lead_to_one_person(world: World, tmp_path: Path) -> None:
    world.client.close()
    world.client = world.make(kinds=("customer_id", "email"), folder=tmp_path / "both")
    world.catch_up()
    rows = pa.table(
        {
            "customer": [GERMAN, GERMAN, GERMAN, None, GERMAN, None, STRANGER],
            "mail": ["C1@customers.example", "c2@customers.example", "nobody@customers.example",
                     "c1@customers.example", "no address", None, "nobody@customers.example"],
        }
    )  # fmt: skip
    columns = {"customer_id": "customer", "email": "mail"}

    filtered = make_filter(world, identifiers=columns).filter(rows)

    assert filtered.reasons.to_pylist() == [
        "granted", "identity_ambiguous", "state_unavailable", "granted", "subject_unknown", "subject_unknown",
        "subject_unknown",
    ]  # fmt: skip
    assert filtered.allowed.to_pylist() == [True, False, False, True, False, False, False]


def test_a_withdrawal_counts_from_the_next_call_on(world: World) -> None:
    batch_filter = make_filter(world)
    before = batch_filter.filter(TABLE).by_reason
    record_choices(GERMAN, "DE", "withdrawn")
    sequence_all()
    world.catch_up()

    assert before["granted"] == 4
    assert batch_filter.filter(TABLE).by_reason["granted"] == 2


def test_a_snapshot_that_is_not_fresh_lets_nobody_pass_and_asks_nobody(world: World) -> None:
    batch_filter = make_filter(world)
    asked = world.count_checks()
    world.clock.turn(30)
    at_the_bound = batch_filter.filter(TABLE)
    world.clock.turn(0.001)
    past_it = batch_filter.filter(TABLE)

    assert at_the_bound.summary.allowed == 4
    assert (past_it.rows.num_rows, past_it.by_reason) == (0, {"state_stale": 10})
    assert past_it.summary.watermark is None
    assert world.count_checks() == asked


def test_a_snapshot_that_grows_old_meanwhile_lets_nobody_else_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activation.client.people.AT_ONCE", 2)
    people = [f"{n:05}" for n in range(1, 9)]
    right = PeopleDecisions._decide_some

    def slowly(self: PeopleDecisions, *given: Any) -> None:
        right(self, *given)
        world.clock.turn(20)

    monkeypatch.setattr(PeopleDecisions, "_decide_some", slowly)
    filtered = make_filter(world).filter(pa.table({"customer": people}))

    assert filtered.reasons.to_pylist() == ["granted"] * 2 + ["withdrawn", "refused"] + ["state_stale"] * 4


def test_without_a_snapshot_nobody_passes(world: World, tmp_path: Path) -> None:
    client = world.make(folder=tmp_path / "empty")
    filtered = BatchFilter(client, **ASKED).filter(TABLE)
    client.close()

    assert (filtered.rows.num_rows, filtered.by_reason) == (0, {"state_unavailable": 10})
    assert filtered.rows.schema.names == TABLE.schema.names


def test_a_closed_client_lets_nobody_pass(world: World) -> None:
    batch_filter = make_filter(world)
    world.client.close()

    assert batch_filter.filter(TABLE).summary.allowed == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"destination": "nowhere"}, "destination_unknown"),
        ({"purpose": "astrology"}, "purpose_unknown"),
        ({"max_staleness_s": 0.0}, "state_stale"),
        ({"properties": {"a": []}}, "state_unavailable"),
    ],
)
def test_what_cannot_be_allowed_is_denied_for_everybody(world: World, changes: Any, reason: str) -> None:
    world.clock.turn(1)
    filtered = make_filter(world, **changes).filter(TABLE)

    assert (filtered.rows.num_rows, filtered.by_reason) == (0, {reason: 10})


def test_a_suspended_destination_gets_nothing(world: World) -> None:
    suspend_destination(slug="ads", reason="audit", changed_by="officer", at=JUNE_1)
    sequence_all()
    world.catch_up()

    assert make_filter(world).filter(TABLE).by_reason == {"destination_suspended": 10}


def test_rows_that_are_owed_what_cannot_be_done_are_denied(world: World) -> None:
    table = TABLE.set_column(1, "email", pa.array([["a@b.example"]] * 10))

    filtered = make_filter(world).filter(table)

    assert filtered.by_reason["obligations_not_honoured"] == 4
    assert filtered.rows.num_rows == 0


@pytest.mark.parametrize("take", [lambda table: table, lambda table: table.to_reader(), pl.from_arrow])
def test_a_stream_gives_the_same_rows_as_the_whole(world: World, take: Callable[[pa.Table], Any]) -> None:
    whole = make_filter(world).filter(TABLE)
    stream = make_filter(world).filter_batches(take(TABLE), rows_at_once=3)
    names = stream.schema.names
    read = stream.reader().read_all()

    assert read.to_pylist() == whole.rows.to_pylist()
    assert names == whole.rows.schema.names
    assert stream.summary.by_reason == whole.by_reason
    assert (stream.summary.rows, stream.summary.allowed) == (10, 4)


def test_a_withdrawal_counts_from_the_next_batch_of_a_stream_on(world: World) -> None:
    batches = iter(make_filter(world).filter_batches(pa.table({"customer": [GERMAN] * 4}), rows_at_once=2))
    first = next(batches)
    record_choices(GERMAN, "DE", "withdrawn")
    sequence_all()
    world.catch_up()

    assert (first.num_rows, [batch.num_rows for batch in batches]) == (2, [])


def test_a_stream_stops_letting_pass_when_the_snapshot_grows_old(world: World) -> None:
    stream = make_filter(world).filter_batches(pa.table({"customer": [GERMAN] * 4}), rows_at_once=2)
    batches = iter(stream)
    next(batches)
    world.clock.turn(31)

    assert [batch.num_rows for batch in batches] == []
    assert stream.summary.by_reason == {"granted": 2, "state_stale": 2}


def test_a_polars_frame_comes_back_as_one_with_its_types(world: World) -> None:
    frame = pl.from_arrow(TABLE)
    assert isinstance(frame, pl.DataFrame)
    frame = frame.with_columns(
        pl.Series("tier", ["gold", "none"] * 5, dtype=pl.Enum(["none", "gold"])),
        pl.Series("seen", ["2026-01-01T00:00:00.000001"] * 10).str.to_datetime(
            time_unit="us", time_zone="UTC"
        ),
    )

    rows = make_filter(world).filter(frame).rows

    assert isinstance(rows, pl.DataFrame)
    assert rows["spent"].to_list() == [1, 3, 4, 8]
    assert {name: kind for name, kind in rows.schema.items() if name in {"spent", "tags", "seen"}} == {
        name: frame.schema[name] for name in ("spent", "tags", "seen")
    }
    assert rows["tier"].cast(pl.String).to_list() == ["none", "none", "gold", "gold"]


def test_a_lazy_polars_frame_is_worked_out_batch_by_batch(world: World) -> None:
    lazy = pl.LazyFrame(pl.from_arrow(TABLE)).filter(pl.col("spent") > 1)

    stream = make_filter(world).filter_batches(lazy, rows_at_once=4)

    assert pl.DataFrame(stream)["spent"].to_list() == [3, 4, 8]


def test_no_dictionary_carries_values_of_those_who_are_denied(world: World) -> None:
    table = TABLE.set_column(1, "email", TABLE.column("email").combine_chunks().dictionary_encode())
    by_kind = pa.table({"customer": pa.array(CUSTOMERS).dictionary_encode(), "note": table.column("email")})

    rows = make_filter(world).filter(by_kind).rows

    assert rows.schema.types[:2] == [pa.string(), pa.string()]
    assert b"c0@customers" not in b"".join(
        bytes(b) for c in rows.column("note").chunks for b in c.buffers() if b
    )


def test_an_empty_table_has_the_columns_of_a_full_one(world: World) -> None:
    filtered = make_filter(world).filter(TABLE.slice(0, 0))

    assert filtered.rows.schema == make_filter(world).filter(TABLE).rows.schema
    assert (filtered.summary.rows, filtered.rows.num_rows) == (0, 0)


def test_the_summary_says_what_the_rows_rest_on_and_until_when(world: World) -> None:
    summary = make_filter(world).filter(TABLE).summary

    assert summary.watermark
    assert summary.policy_digest.startswith("sha256:")
    assert summary.denied == 6


@pytest.mark.parametrize(
    ("changes", "table"),
    [
        ({"identifiers": {"customer_id": "missing"}}, TABLE),
        ({}, pa.table({"customer": [1.0]})),
        ({}, pa.table({"customer": ["1"], "Customer ": ["1"]})),
        ({"identifiers": None, "subject_ref": "spent"}, TABLE),
    ],
)
def test_columns_that_tell_nobody_are_refused(world: World, changes: Any, table: pa.Table) -> None:
    batch_filter = make_filter(world, **changes)
    with pytest.raises(ColumnsUnfit):
        batch_filter.filter(table)
    with pytest.raises(ColumnsUnfit):
        batch_filter.filter_batches(table)


@pytest.mark.parametrize(
    "changes",
    [
        {"identifiers": None},
        {"subject_ref": "ref"},
        {"identifiers": {"nickname": "customer"}},
        {"identifiers": {"email": "email"}},  # a kind that the client holds no keys of
    ],
)
def test_a_filter_that_could_find_nobody_is_not_made(world: World, changes: Any) -> None:
    with pytest.raises(ColumnsUnfit):
        make_filter(world, **changes)


@pytest.mark.parametrize("terms", [{"at_least": "token"}, {"jurisdicton": "DE"}])
def test_a_question_that_a_filter_cannot_ask_is_not_made(world: World, terms: Any) -> None:
    with pytest.raises(TypeError):
        make_filter(world, **terms)


@pytest.mark.parametrize("data", [None, [{"customer": GERMAN}], "rows", 7])
def test_what_speaks_no_arrow_is_refused(world: World, data: object) -> None:
    with pytest.raises(NotATable):
        make_filter(world).filter(data)
    with pytest.raises(NotATable):
        make_filter(world).filter_batches(data)


def let_strangers_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(decided: Any, people: Any, plan: Any) -> Any:
        decided.verdicts = [
            (True, reason, ()) if reason == "subject_unknown" else (allowed, reason, owed)
            for allowed, reason, owed in decided.verdicts
        ]
        return rule_on(decided, people, plan)

    monkeypatch.setattr("activation.client.frames.filtering.rule_on", planted)


def ignore_obligations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "activation.client.frames.rulings.apply_by_place",
        lambda batch, places, owed, plan: apply_by_place(batch, places, [() for _ in owed], plan),
    )


def decide_the_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each person is decided once, a row takes the answer of the person beside its own."""
    right = PersonColumns.read

    def read(self: PersonColumns, table: pa.Table) -> Any:
        people, rows = right(self, table)
        return people, pa.array([(row + 1) % len(people) for row in rows.to_pylist()])

    monkeypatch.setattr(PersonColumns, "read", read)


def take_rows_by_the_wrong_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch of a table is filtered by the decisions of the first."""

    def keep(table: Any, ruling: Any, plan: Any, *, at_once: int) -> Any:
        parts = [
            keep_allowed(pa.Table.from_batches([batch]), ruling, plan, at_once=at_once)
            for batch in table.to_batches(max_chunksize=3)
        ]
        return pa.concat_tables(parts)

    monkeypatch.setattr("activation.client.frames.filtering.keep_allowed", keep)


def trust_a_stale_store(monkeypatch: pytest.MonkeyPatch) -> None:
    right = KeptStore.view
    monkeypatch.setattr(KeptStore, "view", lambda self, now, _: right(self, now, 1 << 62))


def find_by_any_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeptStore, "find_all", lambda self, lane, named, at: self.find(lane, *named[0], at))


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (let_strangers_pass, test_those_rows_pass_in_their_order_whose_people_may_be_used),
        (ignore_obligations, test_obligations_are_carried_out_on_the_rows_that_pass),
        (decide_the_neighbour, test_those_rows_pass_in_their_order_whose_people_may_be_used),
        (take_rows_by_the_wrong_slice, test_those_rows_pass_in_their_order_whose_people_may_be_used),
        (trust_a_stale_store, test_a_snapshot_that_is_not_fresh_lets_nobody_pass_and_asks_nobody),
        (trust_a_stale_store, test_a_stream_stops_letting_pass_when_the_snapshot_grows_old),
    ],
)
def test_a_planted_bug_is_caught(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    test: Callable[[World], None],
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        test(world)


def test_a_planted_look_at_the_first_identifier_only_is_caught(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_by_any_identifier(monkeypatch)
    with pytest.raises(AssertionError):
        test_several_identifiers_must_lead_to_one_person(world, tmp_path)
