"""Audiences as people make them: odd, and nothing is wrong with them. Each row is decided, none is lost."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from activation.enforcement.models import EnforcementRun
from activation.enforcement.services import MalformedOrder
from activation.enforcement.types import RunResult
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    POLICY,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    list_events,
    list_names,
    make_world,
    publish_policy,
    record_choices,
    register_ads,
    run,
    write_csv,
)

pytestmark = pytest.mark.django_db

OPEN_TO_STRANGERS = "basis: legitimate_interest\n    assessment: LIA-1\n    unknown_subject: allow\n"
ANYWHERE = 'jurisdictions: ["*"]'
EVERYBODY = [GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER]
WHY_NOT = {"withdrawn": 1, "refused": 1, "subject_unknown": 1}
OURS = (
    *("row", "person", "members", "canary", "outcome", "allowed", "bit", "ref", "until", "valid_until"),
    *("people", "audience", "decided", "exceptions", "verdicts", "outcomes", "told", "accordant", "choice"),
)
"""What the run's own tables and columns are called."""


def enforce(folder: Path, columns: dict[str, Any]) -> tuple[RunResult, pa.Table]:
    """Enforce a Parquet audience of these columns, and return its result and what left."""
    parquet.write_table(pa.table(columns), folder / "audience.parquet")
    result = run(folder, input_path=folder / "audience.parquet", output_path=folder / "out.parquet")
    return result, parquet.read_table(result.output)


@pytest.mark.parametrize(
    "names", [OURS, tuple(name.upper() for name in OURS)], ids=["as ours", "in other letters"]
)
def test_columns_named_as_the_run_names_its_own_do_not_matter(tmp_path: Path, names: tuple[str, ...]) -> None:
    make_world()
    others = {name: [f"{name} {number}" for number in EVERYBODY] for name in names}

    result, left = enforce(tmp_path, {**others, "customer_id": EVERYBODY})

    assert result.denied_by_reason == WHY_NOT
    assert left.column_names == [*names, "customer_id", "ad_personalization"]
    for name in names:
        assert left.column(name).to_pylist() == [f"{name} {GERMAN}", f"{name} {BRITON}"]


@pytest.mark.parametrize(
    "beside", [{}, {"customer_id": [GERMAN, BRITON, WITHDRAWN]}], ids=["alone", "beside ids"]
)
def test_addresses_in_a_column_of_references_lead_to_nobody_and_are_told_to_nobody(
    tmp_path: Path, beside: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    make_world()
    addresses = [f"c{number}@customers.example" for number in (1, 2, 3)]  # people who are on record

    result, left = enforce(tmp_path, {"subject_ref": addresses, **beside})

    assert (result.rows_in, result.allowed, left.num_rows) == (3, 0, 0)
    assert set(result.denied_by_reason) <= {"subject_unknown", "identity_ambiguous"}
    told = [caplog.text, *map(str, list_events(result.run_id)), str(vars(EnforcementRun.objects.get()))]
    told += [path.read_bytes().decode(errors="replace") for path in (result.manifest, result.evidence)]
    assert not any("customers.example" in one for one in told)


def test_a_reference_made_of_two_names_nobody_and_opens_no_door_to_them(tmp_path: Path) -> None:
    publish_policy(
        POLICY.replace("basis: consent\n", OPEN_TO_STRANGERS).replace("jurisdictions: [GB]", ANYWHERE)
    )
    register_ads()
    record_choices(GERMAN, "DE", "granted")
    record_choices(REFUSED, "DE", "refused")
    named = [(Identifier(IdentifierKind.CUSTOMER_ID, number),) for number in (GERMAN, REFUSED)]
    joined = "|".join(sorted(ref for [ref] in find_subjects(named)))

    result, left = enforce(
        tmp_path,
        {
            "customer_id": [GERMAN, None, "00009", "00009"],
            "email": ["c4@customers.example", None, None, None],  # of the one who refused
            "subject_ref": [None, joined, joined, None],
        },
    )

    assert result.denied_by_reason == {"identity_ambiguous": 1, "subject_unknown": 2}
    assert left.column("customer_id").to_pylist() == ["00009"]  # the stranger


def test_five_hundred_columns_leave_as_they_came(tmp_path: Path) -> None:
    make_world()
    others = {f"column {number}": [number] * len(EVERYBODY) for number in range(500)}

    result, left = enforce(tmp_path, {"customer_id": EVERYBODY, **others})

    assert result.allowed == 2
    assert left.num_columns == 502
    assert all(left.column(f"column {number}").to_pylist() == [number] * 2 for number in range(500))


def test_an_audience_of_nothing_but_identifiers_is_enforced(tmp_path: Path) -> None:
    make_world()

    result, left = enforce(tmp_path, {"customer_id": EVERYBODY})

    assert result.denied_by_reason == WHY_NOT
    assert left.column("customer_id").to_pylist() == [GERMAN, BRITON]


def test_rows_that_name_nobody_are_denied(tmp_path: Path) -> None:
    make_world()

    result, left = enforce(
        tmp_path,
        {
            "customer_id": [None, GERMAN, None, "", " "],
            "email": pa.array([None, None, "c2@customers.example", None, "\t"], pa.large_string()),
            "phone": pa.nulls(5, pa.string()),
        },
    )

    assert result.denied_by_reason == {"subject_unknown": 3}
    assert left.column("customer_id").to_pylist() == [GERMAN, None]


@pytest.mark.parametrize(("customer", "allowed"), [(GERMAN, 1), (REFUSED, 0), (None, 0)])
def test_an_audience_of_one_row_is_enforced(tmp_path: Path, customer: str | None, allowed: int) -> None:
    make_world()

    result, left = enforce(tmp_path, {"customer_id": pa.array([customer], pa.string())})

    assert (result.rows_in, result.allowed, left.num_rows) == (1, allowed, allowed)


def test_a_hundred_thousand_rows_about_one_person_all_leave_in_order(tmp_path: Path) -> None:
    make_world()
    rows = 100_000

    result, left = enforce(tmp_path, {"customer_id": [GERMAN] * rows, "n": list(range(rows))})

    assert (result.rows_in, result.allowed) == (rows, rows)
    assert left.column("n").to_pylist() == list(range(rows))
    assert result.evidence.stat().st_size < 4096  # one member, however many rows


HUGE: dict[str, pa.Array] = {
    "the largest of 64 bits": pa.array([2**63 - 1, -(2**63)], pa.int64()),
    "the largest without a sign": pa.array([2**64 - 1, 0], pa.uint64()),
    "more digits than a number holds": pa.array(["9" * 120, "1" + "0" * 120]),
    "longer than an identifier": pa.array(["9" * 100_000, "x"]),
}


@pytest.mark.parametrize("numbers", HUGE.values(), ids=list(HUGE))
def test_huge_customer_numbers_are_nobodys(tmp_path: Path, numbers: pa.Array) -> None:
    make_world()

    result, left = enforce(tmp_path, {"customer_id": numbers})

    assert (result.denied_by_reason, left.num_rows) == ({"subject_unknown": 2}, 0)


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "..", "a.b", "/a", "A", "x" * 65, "\0", "-a", "1"])
def test_a_name_that_could_lead_elsewhere_is_no_name_of_an_audience(tmp_path: Path, name: str) -> None:
    write_csv(tmp_path)

    with pytest.raises(MalformedOrder):
        run(tmp_path, audience_name=name)

    assert list_names(tmp_path) == ["audience.csv"]
    assert not EnforcementRun.objects.exists()


@pytest.mark.parametrize("slug", ["../elsewhere", "a/b", "..", ".", "/", "a\0", "a\n"])
@pytest.mark.parametrize("part", ["purpose", "destination", "controller"])
def test_no_slug_leads_out_of_a_folder(tmp_path: Path, part: str, slug: str) -> None:
    write_csv(tmp_path)

    with pytest.raises(MalformedOrder):
        run(tmp_path, **{part: slug})

    assert list_names(tmp_path) == ["audience.csv"]


@pytest.mark.parametrize("name", [f"{'x' * 100}.csv", "2026-11.csv", "-.csv", "Ü b.csv", "a.b.csv"])
def test_an_output_may_have_any_name(tmp_path: Path, name: str) -> None:
    make_world()
    write_csv(tmp_path)

    result = run(tmp_path, output_path=tmp_path / name)

    assert result.output.parent == result.manifest.parent == result.evidence.parent == tmp_path
    assert len(list_names(tmp_path)) == 4
