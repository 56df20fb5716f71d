"""The audience is made of real purchases, and has people of every group in it."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from config.demo.audience import COLUMNS, LAPSED_SINCE, list_audience, write_audience
from config.demo.groups import UNDER_CONSENT_WITH_TWO_BRANDS, Group
from config.demo.people import HARBOR, NORTHWIND, Residence
from config.demo.purchases import list_totals


def test_the_audience_did_not_come_back() -> None:
    assert all(member.totals.last_order_on < LAPSED_SINCE for member in list_audience())


def test_the_audience_spent_more_than_two_thirds_of_all_customers_did() -> None:
    customers = list_totals()
    least = min(member.totals.total_spent for member in list_audience())

    assert sum(totals.total_spent >= least for totals in customers) == pytest.approx(23_570 / 3, rel=0.01)


@pytest.mark.parametrize(("controller", "rows"), [(HARBOR, 2_276), (NORTHWIND, 1_995)])
def test_the_audience_is_that_of_one_brand(controller: str, rows: int) -> None:
    audience = list_audience(controller)

    assert len(audience) == rows
    assert all(controller in member.person.brands for member in audience)


def test_people_of_every_group_are_in_the_audience_of_harbor() -> None:
    found = Counter(member.person.group for member in list_audience())

    assert found.keys() == set(Group)
    assert min(found.values()) >= 10


def test_people_of_every_residence_are_in_the_audience_of_harbor() -> None:
    assert {member.person.residence for member in list_audience()} == set(Residence)


def test_people_of_every_group_that_asks_for_consent_are_in_the_audience_of_northwind() -> None:
    found = {member.person.group for member in list_audience(NORTHWIND)}

    assert found == UNDER_CONSENT_WITH_TWO_BRANDS.keys()


def test_the_file_holds_one_row_for_each_member(tmp_path: Path) -> None:
    path = tmp_path / "audience.csv"

    written = write_audience(path)

    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == written == len(list_audience())
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] == {
        "customer_id": "00002",
        "email": "c00002@customers.example",
        "phone": "+12095550101",
        "country": "US",
        "orders": "2",
        "total_spent": "89.00",
        "last_order_on": "1997-01-12",
    }


def test_two_audiences_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"

    write_audience(first)
    write_audience(second)

    assert first.read_bytes() == second.read_bytes()
