"""Vendor lists: read, held to the specification's constraints, and kept by version."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consent.signals.tcf.gvl import ListMismatch, MalformedVendorList, VendorLists, parse
from tests.vendor_lists import make_list, write_list


def test_a_list_is_read() -> None:
    read = parse(write_list(7))
    vendor = read.vendors[4]

    assert (read.version, read.policy_version) == (7, 5)
    assert read.last_updated == datetime(2026, 3, 5, 16, tzinfo=UTC)
    assert read.purposes[11] == "Purpose 11"
    assert (vendor.id, vendor.name) == (4, "Flexible by interest")
    assert not vendor.purposes
    assert vendor.legitimate_interest_purposes == {2, 7}
    assert vendor.flexible_purposes == {2, 7}
    assert read.vendors[5].deleted_at == datetime(2025, 6, 1, tzinfo=UTC)
    assert read.vendors[6].special_purposes == {1}


def test_what_later_specifications_add_is_passed_over() -> None:
    assert parse(json.dumps({**make_list(), "standardTexts": {"1": []}})) == parse(write_list())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"gvlSpecificationVersion": 2}, "gvlSpecificationVersion"),
        ({"vendorListVersion": "7"}, "vendorListVersion"),
        ({"vendorListVersion": True}, "vendorListVersion"),
        ({"tcfPolicyVersion": None}, "tcfPolicyVersion"),
        ({"lastUpdated": "yesterday"}, "lastUpdated"),
        ({"purposes": []}, "purposes"),
        ({"purposes": {"1": {"id": 1}}}, "purposes.1.name"),
        ({"vendors": {"1": 5}}, "vendors.1"),
        ({"vendors": {"1": {"id": 2, "name": "Two"}}}, "vendors.1.id"),
        ({"vendors": {"0": {"id": 0, "name": "None"}}}, "vendors.0.id"),
        ({"vendors": {"1": {"id": 1, "name": "A", "purposes": [0]}}}, "vendors.1.purposes"),
        ({"vendors": {"1": {"id": 1, "name": "A", "purposes": [12]}}}, "vendors.1.purposes"),
        ({"vendors": {"1": {"id": 1, "name": "A", "purposes": "1"}}}, "vendors.1.purposes"),
        (
            {"vendors": {"1": {"id": 1, "name": "A", "purposes": [2], "legIntPurposes": [2]}}},
            "vendors.1.legIntPurposes",
        ),
        (
            {"vendors": {"1": {"id": 1, "name": "A", "purposes": [2], "flexiblePurposes": [3]}}},
            "vendors.1.flexiblePurposes",
        ),
        ({"vendors": {"1": {"id": 1, "name": "A", "deletedDate": 5}}}, "vendors.1.deletedDate"),
    ],
)
def test_a_list_that_is_wrong_is_refused_with_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(MalformedVendorList) as refused:
        parse(json.dumps({**make_list(), **change}))

    assert refused.value.place == place


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_list_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedVendorList):
        parse(content)


class Publisher:
    """Hands lists out and remembers what it was asked for."""

    def __init__(self, give: Callable[[int | None], bytes]) -> None:
        self.asked: list[int | None] = []
        self._give = give

    def __call__(self, version: int | None) -> bytes:
        self.asked.append(version)
        return self._give(version)


def test_a_version_is_fetched_once_and_kept_as_a_file(tmp_path: Path) -> None:
    publisher = Publisher(lambda version: write_list(version or 9))
    lists = VendorLists(tmp_path / "lists", publisher)

    assert lists.get(7) is lists.get(7)
    assert VendorLists(tmp_path / "lists", publisher).get(7) == lists.get(7)
    assert publisher.asked == [7]
    assert [path.name for path in (tmp_path / "lists").iterdir()] == ["vendor-list-v7.json"]


def test_the_current_list_is_fetched_each_time_and_kept_under_its_version(tmp_path: Path) -> None:
    publisher = Publisher(lambda version: write_list(version or 9))
    lists = VendorLists(tmp_path, publisher)

    assert lists.current().version == lists.current().version == lists.get(9).version == 9
    assert publisher.asked == [None, None]


def test_another_version_than_was_asked_for_is_refused_and_not_kept(tmp_path: Path) -> None:
    lists = VendorLists(tmp_path, lambda _: write_list(8))

    with pytest.raises(ListMismatch):
        lists.get(7)

    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vendor-list-v7.json").write_bytes(write_list(8))

    with pytest.raises(ListMismatch):
        VendorLists(tmp_path, lambda version: write_list(version or 9)).get(7)


def test_a_current_list_that_differs_from_its_kept_version_is_refused(tmp_path: Path) -> None:
    VendorLists(tmp_path, lambda _: write_list(9)).current()
    changed = VendorLists(tmp_path, lambda _: write_list(9, v1={"purposes": [1]}))

    with pytest.raises(ListMismatch):
        changed.current()

    assert changed.get(9) == parse(write_list(9))


def test_what_is_no_list_is_not_kept(tmp_path: Path) -> None:
    lists = VendorLists(tmp_path, lambda _: b"<html>")

    with pytest.raises(MalformedVendorList):
        lists.get(7)

    assert list(tmp_path.iterdir()) == []
