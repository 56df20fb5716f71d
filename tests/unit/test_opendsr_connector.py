"""OpenDSR to a processor: what it is sent is of the form, and only what it signed is believed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent.network.errors import DeliveryFailed
from consent.requests.connectors.interface import DeclaredDataset, DeclaredSystem, SystemFailed, SystemRefused
from consent.requests.connectors.opendsr import connector as opendsr
from consent.requests.connectors.opendsr import signatures
from consent.requests.connectors.opendsr.connector import OpenDsrConnector, open_opendsr
from consent.requests.types import Person, StepAction, StepState
from consent.subjects.types import IdentifierKind
from tests.fakes.opendsr_processor import TOKEN, OpenDsrProcessor
from tests.fakes.service import running
from tests.protocols_world import make_certificate

KEY = "7d0f7e1c-6f53-4b8c-9df1-0f4f6f0d3f5e"
ALICE = Person(
    identifiers={
        IdentifierKind.EMAIL: ("alice@planted.example.org",),
        IdentifierKind.CUSTOMER_ID: ("C-1",),
        IdentifierKind.COOKIE_ID: ("cookie-1",),
    }
)


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDsrProcessor]:
    monkeypatch.setattr(opendsr, "get_time", lambda: datetime.now(UTC))
    with running(lambda: OpenDsrProcessor(tmp_path)) as service:
        yield service


def connect(processor: OpenDsrProcessor, *, hold: str = "", **changes: Any) -> OpenDsrConnector:
    settings = {
        "url": f"{processor.url}/v2",
        "domain": "processor.example",
        "certificate": processor.certificate,
        "attempts": 1,
        **changes,
    }
    datasets = (DeclaredDataset(name="all", fields=(), hold=hold),)
    return open_opendsr(
        DeclaredSystem(slug="vendor", settings=settings, secret=TOKEN, allow_local=True, datasets=datasets)
    )


def take(_dataset: str, _row: object) -> None:
    raise AssertionError("the protocol hands no rows over")


def resume(connector: OpenDsrConnector, action: StepAction = StepAction.ERASE) -> Any:
    return connector.resume(action, ALICE, take, key=KEY, reference=KEY)


def test_an_erasure_is_sent_followed_and_done(processor: OpenDsrProcessor) -> None:
    connector = connect(processor)
    begun = [connector.erase(ALICE, key=KEY) for _ in range(2)]
    assert [(one.state, one.reference) for one in begun] == [(StepState.WAITING, KEY)] * 2
    assert list(processor.requests) == [KEY]
    assert len(processor.requests[KEY]["subject_identities"]) == 2
    assert "cookie-1" not in json.dumps(processor.requests)

    assert resume(connector).state is StepState.WAITING
    processor.status = "completed"
    assert resume(connector).state is StepState.DONE
    assert processor.complaints == []


def test_the_names_of_the_version_before_are_understood(processor: OpenDsrProcessor) -> None:
    processor.old_names = True

    assert connect(processor).erase(ALICE, key=KEY).state is StepState.WAITING
    assert "erasure" in connect(processor).probe()


def test_data_that_is_ready_is_fetched_by_hand(processor: OpenDsrProcessor) -> None:
    connector = connect(processor)
    connector.collect(ALICE, take, key=KEY)
    processor.status = "completed"

    outcome = resume(connector, StepAction.COLLECT)

    assert (outcome.state, outcome.reference) == (StepState.WAITING, "")


@pytest.mark.parametrize(("status", "rises"), [("cancelled", SystemRefused), ("done", SystemFailed)])
def test_what_was_cancelled_or_is_no_status_is_not_taken_for_done(
    processor: OpenDsrProcessor, status: str, rises: type[Exception]
) -> None:
    connector = connect(processor)
    connector.erase(ALICE, key=KEY)
    processor.status = status

    with pytest.raises(rises):
        resume(connector)


def _break_signature(processor: OpenDsrProcessor) -> None:
    processor.spoil = lambda content: content.replace(b"completed", b"cancelled") + b" "


def _break_domain(processor: OpenDsrProcessor) -> None:
    processor.domain = "other.example"


@pytest.mark.parametrize("spoil", [_break_signature, _break_domain])
def test_an_answer_that_the_processor_did_not_sign_is_not_believed(
    processor: OpenDsrProcessor, spoil: Any
) -> None:
    connector = connect(processor)
    connector.erase(ALICE, key=KEY)
    processor.status = "completed"
    spoil(processor)

    with pytest.raises(SystemRefused) as refused:
        resume(connector)
    assert "alice" not in str(refused.value)


def test_without_the_signature_check_a_changed_answer_would_pass(
    processor: OpenDsrProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connect(processor)
    connector.erase(ALICE, key=KEY)
    processor.status, processor.spoil = "cancelled", lambda one: one.replace(b"cancelled", b"completed")
    monkeypatch.setattr(signatures, "is_signed", lambda *_, **__: True)

    assert resume(connector).state is StepState.DONE


def test_a_certificate_that_is_over_signs_nothing(
    processor: OpenDsrProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opendsr, "get_time", lambda: datetime.now(UTC) + timedelta(days=60))

    with pytest.raises(SystemRefused, match="not valid now"):
        connect(processor).probe()


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "other.example"},
        {"certificate": "none"},
        {"url": "ftp://x"},
        {"unknown": 1},
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(
    processor: OpenDsrProcessor, changes: dict[str, Any]
) -> None:
    with pytest.raises(SystemRefused, match="settings"):
        connect(processor, **changes)


def test_a_signature_of_another_key_is_refused(processor: OpenDsrProcessor, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    _, certificate_file = make_certificate(tmp_path / "other")

    with pytest.raises(SystemRefused, match="not signed by its certificate"):
        connect(processor, certificate=certificate_file.read_text()).probe()


def test_what_the_protocol_cannot_say_is_done_by_hand(processor: OpenDsrProcessor) -> None:
    connector, held = connect(processor), connect(processor, hold="case 12")
    outcomes = [
        held.erase(ALICE, key=KEY),
        connector.rectify(ALICE, {}, key=KEY),
        connector.restrict(ALICE, key=KEY),
        connector.verify_gone(ALICE, key=KEY),
        connector.find(ALICE, take, limit=1),
    ]

    assert {one.state for one in outcomes} == {StepState.WAITING}
    assert all(one.note for one in outcomes)
    assert processor.asked == []
    believing = connect(processor, believe_completion=True)
    assert believing.verify_gone(ALICE, key=KEY).state is StepState.DONE


def test_a_processor_that_is_away_is_asked_again_later(processor: OpenDsrProcessor) -> None:
    processor.plan(503, "close")

    for _ in range(2):
        with pytest.raises(DeliveryFailed, match="later") as failed:
            connect(processor).erase(ALICE, key=KEY)
        assert "alice" not in str(failed.value)
