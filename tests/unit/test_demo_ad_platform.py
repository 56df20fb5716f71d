"""The demo's ad platform takes what a receiver of webhooks must, and shows nobody's data."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pyarrow as pa
import pytest
from standardwebhooks.webhooks import Webhook

from activation.destinations.kinds import webhook
from activation.destinations.kinds.interface import Connector, Surroundings
from activation.destinations.kinds.webhook import WebhookSettings
from config.demo.ad_platform import AdPlatform, serving
from config.launch.arguments import ROOT
from consent.subjects.types import IdentifierKind
from tests.conformance.harness import AUDIENCE, Harness
from tests.conformance.rows import ignore
from tests.fakes.webhook_receiver import SECRET

NOW = datetime(2026, 11, 29, 12, 0, 0, 123456, tzinfo=UTC)
SURROUNDINGS = Surroundings(allow_local=True, clock=partial(datetime.now, UTC))


@dataclass
class Served:
    """A platform that listens, and the connector to it."""

    platform: AdPlatform
    url: str
    connector: Connector


@pytest.fixture
def served() -> Iterator[Served]:
    platform = AdPlatform(SECRET, lambda: NOW)
    with serving(platform) as url:
        yield Served(platform, url, connect(url))


def connect(url: str) -> Connector:
    """Return the kind's own connector to that address."""
    settings = WebhookSettings(url=url, rows_a_message=4, attempts=1, timeout_seconds=10)
    return webhook.KIND.open(settings, {"signing_secret": SECRET}, SURROUNDINGS)


def deliver(served: Served, run: int = 1, table: pa.Table | None = None) -> None:
    """Hand the sample, or those rows, over."""
    served.connector.deliver(Harness().delivery(run, table=table), ignore)


def read(url: str) -> str:
    """Return what is shown at the address."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - an address on loopback
        return str(answer.read().decode())


def send(served: Served, message_id: str, message: Any, *, secret: str = SECRET) -> int:
    """Return the status of a message that is signed now."""
    body, now = json.dumps(message), datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body),
    }
    return served.platform.take(headers, body.encode())


def removal(*people: dict[str, Any]) -> dict[str, Any]:
    """Return the message that takes these people out."""
    data = {"audience": AUDIENCE, "identifiers": {"email": "email", "phone": "phone"}, "people": list(people)}
    return {"type": "people.removed", "timestamp": "2026-11-29T12:00:00Z", "data": data}


def test_who_is_delivered_is_held_and_who_is_taken_out_is_not(served: Served) -> None:
    sample = Harness().sample()
    served.connector.check()
    deliver(served)
    assert served.platform.figures()["held"] == {AUDIENCE: sample.num_rows}

    served.connector.remove(Harness().removal(sample.slice(0, 2)))

    figures = served.platform.figures()
    assert figures["held"] == {AUDIENCE: sample.num_rows - 2}
    assert figures["removed_in_all"] == 2
    assert [one["at"] for one in figures["removed"]] == [NOW.isoformat()] * 2
    assert len({one["person"] for one in figures["removed"]}) == 2


def test_a_later_delivery_takes_the_place_of_the_earlier_one_when_it_is_whole(served: Served) -> None:
    deliver(served, 1)
    deliver(served, 2, Harness().sample().slice(0, 3))

    assert served.platform.figures()["held"] == {AUDIENCE: 3}


def test_a_doubled_message_has_no_second_effect(served: Served) -> None:
    sample = Harness().sample()
    deliver(served, 1)
    gone = Harness().removal(sample.slice(0, 2))
    served.connector.remove(gone)
    deliver(served, 2)

    served.connector.remove(gone)

    figures = served.platform.figures()
    assert figures["held"] == {AUDIENCE: sample.num_rows}
    assert (figures["removed_in_all"], figures["repeated"]) == (2, 1)


@pytest.mark.parametrize("missing", [None, ""])
def test_what_is_missing_names_nobody(served: Served, missing: str | None) -> None:
    served.platform.held[AUDIENCE] = [{"email": "a@example.org", "phone": missing}, {"phone": missing}]

    assert send(served, "one", removal({"email": "a@example.org", "phone": missing})) == 204

    assert served.platform.held[AUDIENCE] == [{"phone": missing}]


def test_people_are_held_by_hashes_as_well(served: Served) -> None:
    served.platform.held[AUDIENCE] = [{"email": "ab" * 32}, {"email": "cd" * 32}]

    send(served, "one", removal({"email": "ab" * 32}))

    assert served.platform.held[AUDIENCE] == [{"email": "cd" * 32}]


def test_a_removal_from_an_audience_that_is_not_there_is_taken(served: Served) -> None:
    assert send(served, "one", removal({"email": "a@example.org"})) == 204
    assert served.platform.figures()["held"] == {}


def test_what_is_not_signed_with_the_secret_changes_nothing(served: Served) -> None:
    served.platform.held[AUDIENCE] = [{"email": "a@example.org"}]
    other = "whsec_" + "b3RoZXItc2VjcmV0LW9mLXNvbWVib2R5LWVsc2U="

    assert send(served, "one", removal({"email": "a@example.org"}), secret=other) == 401

    assert served.platform.held[AUDIENCE] == [{"email": "a@example.org"}]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"type": "people.added", "data": {}}, 422),
        ({"type": "people.removed", "data": {}}, 400),
        ({"type": "audience.rows", "data": {"audience": "x", "run_id": "1", "sequence": 1, "rows": []}}, 409),
        ([], 400),
    ],
)
def test_what_it_does_not_understand_is_refused_and_not_remembered(
    served: Served, message: Any, status: int
) -> None:
    assert send(served, "one", message) == status
    assert send(served, "one", removal()) == 204
    assert served.platform.figures()["repeated"] == 0


def test_the_page_shows_numbers_and_times_and_nobody(served: Served) -> None:
    sample = Harness().sample()
    deliver(served)
    served.connector.remove(Harness().removal(sample.slice(0, 1)))

    shown = read(served.url) + read(f"{served.url}state.json")

    assert f"<td>{AUDIENCE}</td><td>{sample.num_rows - 1}</td>" in shown
    assert "2026-11-29 12:00:00.123 UTC" in shown
    assert "<script" not in shown
    assert not [word for word in ("C-0", "person0", "example.org", SECRET) if word in shown]


@pytest.mark.parametrize(("length", "status"), [("30000000", 413), ("many", 413)])
def test_a_body_that_is_too_long_is_not_read(served: Served, length: str, status: int) -> None:
    request = Request(served.url, data=b"", headers={"Content-Length": length}, method="POST")  # noqa: S310

    with pytest.raises(OSError, match=str(status)) as refused:
        urlopen(request, timeout=10)  # noqa: S310 - an address on loopback

    refused.value.close()  # type: ignore[attr-defined]


def test_it_runs_as_a_process_of_its_own_until_it_is_told_to_end(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    command = [sys.executable, "-m", "config.demo.ad_platform", "--port", "0", "--secret-file", str(secret)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        connector = connect(url)
        connector.deliver(Harness().delivery(), ignore)
        shown = read(url)
        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == 0

    assert AUDIENCE in shown


def test_a_person_known_by_another_kind_is_still_taken_out(served: Served) -> None:
    sample = Harness().sample()
    deliver(served)
    by_email = {IdentifierKind.EMAIL: "email"}

    served.connector.remove(Harness().removal(sample.slice(0, 3), identifiers=by_email))

    assert served.platform.figures()["held"] == {AUDIENCE: sample.num_rows - 3}
