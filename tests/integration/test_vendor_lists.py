"""The Global Vendor List, fetched from a server that checks what it is asked, and kept version by version."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.fakes.service import Asked, FakeService, Rejected, Reply


def make_list(version: int, vendors: int = 2) -> dict[str, Any]:
    """Return a small vendor list."""
    named = {str(number): {"id": number, "name": f"Purpose {number}"} for number in (1, 2)}
    return {
        "gvlSpecificationVersion": 3,
        "vendorListVersion": version,
        "tcfPolicyVersion": 5,
        "lastUpdated": "2026-11-26T16:00:00Z",
        "purposes": named,
        "specialPurposes": {},
        "features": {},
        "specialFeatures": {},
        "vendors": {
            str(number): {"id": number, "name": f"Vendor {number}", "purposes": [1]}
            for number in range(1, vendors + 1)
        },
    }


class Publisher(FakeService):
    """Publishes version 127; it takes no more than a plain question for what it has."""

    def __init__(self) -> None:
        super().__init__()
        self.lists = {number: make_list(number, number - 100) for number in (126, 127)}

    def answer(self, asked: Asked) -> Reply:
        if asked.method != "GET" or asked.body or asked.query:
            raise Rejected(400, {"error": "no plain question"})
        if {"cookie", "authorization"} & asked.headers.keys():
            raise Rejected(400, {"error": "nobody asked who you are"})
        paths = {f"/v3/archives/vendor-list-v{number}.json": number for number in self.lists}
        number = {"/v3/vendor-list.json": 127, **paths}.get(asked.path)
        if number is None:
            raise Rejected(404, {"error": "no such list"})
        return Reply(200, self.lists[number])


@pytest.fixture
def publisher(tmp_path: Path, settings: Settings) -> Iterator[Publisher]:
    found = Publisher()
    settings.VENDOR_LISTS_URL = f"{found.url}/v3/"
    settings.VENDOR_LISTS = tmp_path / "lists"
    yield found
    found.close()
    assert not [one for one in found.complaints if one != {"error": "no such list"}]


def run(capsys: pytest.CaptureFixture[str], name: str, *words: str) -> str:
    call_command(name, *words)
    return capsys.readouterr().out


def test_the_current_list_is_kept_under_its_version_and_listed(
    publisher: Publisher, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "none is kept" in run(capsys, "list_vendor_lists")

    assert run(capsys, "fetch_vendor_list") == "version 127: 27 vendors, kept\n"

    assert [path.name for path in settings.VENDOR_LISTS.iterdir()] == ["vendor-list-v127.json"]
    assert run(capsys, "list_vendor_lists") == "version 127: of 2026-11-26, policy 5, 27 vendors\n"
    assert len(publisher.asked) == 1


def test_an_archived_list_is_fetched_once(publisher: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert "version 126" in run(capsys, "fetch_vendor_list", "--list-version", "126")

    assert [asked.path for asked in publisher.asked] == ["/v3/archives/vendor-list-v126.json"]


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(200, {"vendors": 1}), Reply(200, make_list(126)), "close"]
)
def test_what_is_no_list_or_another_one_is_not_kept(
    publisher: Publisher, settings: Settings, reply: Reply | str
) -> None:
    publisher.next = [reply]

    with pytest.raises(CommandError, match="nothing was kept"):
        call_command("fetch_vendor_list", "--list-version", "127")

    assert not settings.VENDOR_LISTS.exists() or not list(settings.VENDOR_LISTS.iterdir())


def test_a_version_that_is_published_anew_with_another_content_is_refused(
    publisher: Publisher, settings: Settings
) -> None:
    call_command("fetch_vendor_list")
    publisher.lists[127] = make_list(127, 3)

    with pytest.raises(CommandError, match="differs"):
        call_command("fetch_vendor_list")

    kept = json.loads((settings.VENDOR_LISTS / "vendor-list-v127.json").read_text())
    assert len(kept["vendors"]) == 27


def test_an_unknown_version_is_told(publisher: Publisher) -> None:
    with pytest.raises(CommandError, match="answered 404"):
        call_command("fetch_vendor_list", "--list-version", "9")


def test_addresses_within_are_asked_only_where_that_is_allowed(
    publisher: Publisher, settings: Settings
) -> None:
    settings.ALLOW_LOCAL_DESTINATIONS = False

    with pytest.raises(CommandError):
        call_command("fetch_vendor_list")

    assert not publisher.asked
