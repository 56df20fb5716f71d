"""Asking a connector, and holding what it says against what is there."""

from consent.requests.connectors.interface import Connector
from consent.requests.types import DatasetReport, Outcome, Person
from tests.conformance_requests.harness import ALICE, KEY, PLANTED, Row


def collect(connector: Connector, person: Person = ALICE) -> tuple[Outcome, list[tuple[str, Row]]]:
    """Return the outcome, and every row with its dataset."""
    rows: list[tuple[str, Row]] = []
    outcome = connector.collect(person, lambda dataset, row: rows.append((dataset, dict(row))), key=KEY)
    return outcome, rows


def find(
    connector: Connector, person: Person = ALICE, *, limit: int = 10
) -> tuple[Outcome, list[tuple[str, Row]]]:
    """Return the outcome, and the rows that are shown."""
    rows: list[tuple[str, Row]] = []
    outcome = connector.find(person, lambda dataset, row: rows.append((dataset, dict(row))), limit=limit)
    return outcome, rows


def report(outcome: Outcome, dataset: str) -> DatasetReport:
    """Return what is told of one dataset; nothing told is nothing found."""
    return next((one for one in outcome.datasets if one.dataset == dataset), DatasetReport(dataset=dataset))


def assert_silent(text: str) -> None:
    """Nothing that was planted is in it."""
    assert [planted for planted in PLANTED if planted.casefold() in text.casefold()] == []
