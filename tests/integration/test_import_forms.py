"""`POST /api/v1/consents/import` with a file and its mapping as a form."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from activation.checks import services as checks
from activation.checks.types import Scope
from consent.records.api import forms
from consent.records.models import ConsentRecord, ImportRun, RecordedSignal
from tests.adapter_cases import segment_event
from tests.signal_files import MAPPING, make_file, make_line
from tests.signals_world import ADS, NEWS, NOON, publish_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


def make_part(content: bytes, name: str = "cmp.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def make_key(scope: Scope = Scope.CONSENTS_IMPORT) -> str:
    return checks.create_key(name="cmp", scopes=[scope], valid_for=timedelta(days=1), at=timezone.now())


def send(key: str = "", **parts: Any) -> Any:
    headers = {"Authorization": f"Bearer {key or make_key()}"}
    return Client().post("/api/v1/consents/import", parts, headers=headers)


def make_parts(**changes: Any) -> dict[str, Any]:
    lines = [make_line("1", usp="1YYN", at=NOON), make_line("2", usp="1YY", at=NOON)]
    return {"file": make_part(make_file(lines)), "format": "csv", "mapping": MAPPING, **changes}


@pytest.mark.parametrize("as_file", [False, True], ids=["a value", "a file"])
def test_strings_go_in_with_their_mapping_and_the_rejected_rows_are_told(as_file: bool) -> None:
    mapping = make_part(MAPPING.encode(), "cmp.yaml") if as_file else MAPPING

    answer = send(**make_parts(mapping=mapping))

    assert answer.status_code == 200, answer.json()
    report = answer.json()
    assert (report["accepted"], report["rejected"]) == (1, 1)
    assert report["signals"] == {
        "recorded": 1,
        "repeated": 0,
        "conflicts": 0,
        "yes_not_recorded": 0,
        "unread": {},
    }
    [fault] = report["faults"]
    assert (fault["line"], fault["code"], fault["path"]) == (3, "malformed_signal", "usprivacy")
    assert (fault["reason"], fault["position"]) == ("truncated", 3)
    assert list(ConsentRecord.objects.values_list("purpose", "choice")) == [(ADS, "opted_out")]
    assert RecordedSignal.objects.get().source == "api:cmp"


def test_a_file_that_does_not_fit_in_memory_goes_in_and_again_changes_nothing(settings: Any) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10

    key = make_key()

    first, again = send(key, **make_parts()), send(key, **make_parts())

    assert (first.json()["accepted"], first.json()["repeated"]) == (1, False)
    assert (again.json()["accepted"], again.json()["repeated"]) == (1, True)
    assert RecordedSignal.objects.count() == 1


def test_a_vendors_messages_go_in_too_and_hold_no_signals() -> None:
    mapping = (
        "schema: accordant/import-mapping/1\nidentifiers: {userId: user_id}\n"
        f"purposes: {{Email: {NEWS}}}\ncontroller: acme\n"
    )
    text = json.dumps(segment_event({"Email": True})).encode()

    answer = send(file=make_part(text), format="segment", mapping=mapping)

    assert (answer.json()["accepted"], answer.json()["signals"]) == (1, None)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"file": "a,b"}, 400, "invalid_request"),
        ({"format": "xml"}, 400, "invalid_request"),
        ({"format": ["csv", "csv"]}, 400, "invalid_request"),
        ({"other": "1"}, 400, "invalid_request"),
        ({"mapping": make_part(b"\xff")}, 400, "invalid_request"),
        ({"mapping": "schema: 1"}, 400, "malformed_mapping"),
        ({"format": "cmp", "mapping": "schema: 1"}, 400, "malformed_mapping"),
        ({"mapping": MAPPING.replace("tcString", "tc_string")}, 400, "malformed_header"),
        ({"mapping": make_part(b" " * (forms.MAX_MAPPING_BYTES + 1))}, 413, "body_too_large"),
    ],
    ids=[
        "no file",
        "another format",
        "twice",
        "an unknown part",
        "no text",
        "no mapping",
        "no mapping for objects",
        "other columns",
        "too long",
    ],
)
def test_a_form_out_of_order_is_refused_and_writes_nothing(
    changes: dict[str, Any], status: int, code: str
) -> None:
    answer = send(**make_parts(**changes))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ImportRun.objects.exists()


def test_a_form_past_the_limit_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MAX_FILE_BYTES", 10 - forms.MAX_MAPPING_BYTES)

    assert send(**make_parts()).status_code == 413
    assert not ImportRun.objects.exists()


def test_who_may_not_import_may_not_send_a_form() -> None:
    assert send(make_key(Scope.CONSENTS_WRITE), **make_parts()).status_code == 403
