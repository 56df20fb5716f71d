"""The file of choices is the same each time, and right but for twelve lines."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from config.demo.choices import GeneratedSummary, write_choices
from config.demo.groups import Group
from config.demo.malformed import MALFORMED, Malformed
from config.demo.people import HARBOR, make_person
from consent.records.rules.rows import read_line
from consent.records.types import NewRow
from tests.demo_world import NOW, TODAY, VOCABULARY, list_published

File = tuple[Path, GeneratedSummary]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> File:
    path = tmp_path_factory.mktemp("demo") / "choices.ndjson"
    return path, write_choices(path, NOW)


def test_two_runs_on_one_day_write_the_same_bytes(written: File, tmp_path: Path) -> None:
    late_in_california = datetime(2026, 11, 22, 15, 59, 59, tzinfo=timezone(timedelta(hours=-8)))

    again = write_choices(tmp_path / "again.ndjson", late_in_california)

    assert again == written[1]
    assert _digest(tmp_path / "again.ndjson") == _digest(written[0])


def test_another_day_moves_every_choice(written: File, tmp_path: Path) -> None:
    write_choices(tmp_path / "later.ndjson", NOW + timedelta(days=1))

    first, later = _read_first(written[0]), _read_first(tmp_path / "later.ndjson")
    assert later["identifiers"] == first["identifiers"]
    assert later["choices"][0]["effective_at"] > first["choices"][0]["effective_at"]


def test_every_line_but_the_malformed_is_in_order(written: File) -> None:
    path, summary = written
    faulty = {
        number: read
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        if not isinstance(read := read_line(line, vocabulary=VOCABULARY, at=NOW), NewRow)
    }

    assert tuple(faulty) == summary.malformed_lines


@pytest.mark.parametrize("malformed", MALFORMED, ids=lambda malformed: malformed.what)
def test_a_malformed_line_has_one_fault_and_it_is_the_one_named(malformed: Malformed) -> None:
    line = malformed.write(day=TODAY).encode()

    faults = read_line(line, vocabulary=VOCABULARY, at=NOW)

    assert isinstance(faults, list)
    assert [fault.code for fault in faults] == [malformed.code]


def test_the_malformed_lines_lie_in_the_file_at_their_numbers(written: File) -> None:
    lines = written[0].read_text(encoding="utf-8").splitlines()

    assert len({malformed.what for malformed in MALFORMED}) == 12
    assert all(lines[one.line - 1] == one.write(day=TODAY) for one in MALFORMED)
    assert "M0001" not in "".join(line for line, _ in _rows(written[0]))


def test_the_summary_counts_what_is_in_the_file(written: File) -> None:
    path, summary = written
    rows = [row for _, row in _rows(path)]

    assert sum(summary.people_by_group.values()) == 23_570
    assert summary.lines == len(rows) + len(MALFORMED)
    assert summary.choices == sum(len(row["choices"]) for row in rows)
    assert summary.facts == sum(len(row["facts"]) for row in rows)


def test_customers_without_a_record_are_not_in_the_file(written: File) -> None:
    path, summary = written
    named = {one["value"] for _, row in _rows(path) for one in row["identifiers"]}
    numbers = {value for value in named if "@" not in value}

    assert summary.people_by_group[Group.UNRECORDED] > 0
    assert len(numbers) == 23_570 - summary.people_by_group[Group.UNRECORDED]
    assert not any(make_person(number).group is Group.UNRECORDED for number in numbers)


def test_everything_happened_before_today(written: File) -> None:
    times = [entry["effective_at"] for entry in _entries(written[0])]

    assert max(times) < f"{TODAY:%Y-%m-%d}"
    assert min(times) > "2024-01-15"


def test_nobody_agreed_to_a_notice_before_it_was_published(written: File) -> None:
    published = list_published()
    on_notice = [entry for entry in _entries(written[0]) if "notice" in entry]

    assert {entry["notice_version"] for entry in on_notice} == {1, 2, 3}
    assert all(entry["effective_at"] >= published[entry["notice_version"]] for entry in on_notice)


def test_every_choice_says_that_it_is_generated(written: File) -> None:
    forms = {entry["form"] for entry in _entries(written[0]) if "choice" in entry}

    assert all(form.startswith("generated:") for form in forms)


def test_conflicting_people_are_told_of_apart_and_then_together(written: File) -> None:
    assert _identifiers_told(written[0], Group.CONFLICTING) == {
        (("customer_id",), ("email",), ("customer_id", "email"))
    }


def test_ambiguous_people_are_told_of_apart_only(written: File) -> None:
    assert _identifiers_told(written[0], Group.AMBIGUOUS) == {(("customer_id",), ("email",))}


def test_a_yes_names_its_controller_and_a_no_speaks_to_all(written: File) -> None:
    no = {"refused", "withdrawn", "objected", "opted_out", "opt_out_signal"}
    choices = [entry for entry in _entries(written[0]) if "choice" in entry]

    assert all((entry["choice"] in no) is ("controller" not in entry) for entry in choices)
    assert HARBOR in {entry.get("controller") for entry in choices}


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each well-formed line, as text and as the row it holds."""
    skipped = {malformed.line for malformed in MALFORMED}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if number not in skipped:
            yield line, json.loads(line)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    for _, row in _rows(path):
        yield from row["choices"]
        yield from row["facts"]


def _identifiers_told(path: Path, group: Group) -> set[tuple[tuple[str, ...], ...]]:
    """Return in which combinations the people of `group` are named, one tuple for each kind of story."""
    told: dict[str, list[tuple[str, ...]]] = {}
    for _, row in _rows(path):
        number = row["identifiers"][0]["value"].removeprefix("c").partition("@")[0]
        told.setdefault(number, []).append(tuple(one["kind"] for one in row["identifiers"]))
    return {tuple(kinds) for number, kinds in told.items() if make_person(number).group is group}


def _read_first(path: Path) -> dict[str, Any]:
    return next(row for _, row in _rows(path) if row["choices"])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
