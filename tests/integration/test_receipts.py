"""Receipts out of the service: for every choice, verifiable without the service."""

import base64
import json
import secrets
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activation.checks import services as checks
from activation.checks.types import Scope
from consent.kernel import canonical
from consent.ledger import queries
from consent.policies import services as policies
from consent.policies.document.writing import write_yaml
from consent.policies.queries import get_document, list_versions
from consent.records.services import RecordNotFound, get_receipt
from consent.verifier.receipts.signing import MEDIA_TYPE
from tests.evidence_world import audit, first_key, flip, hand_over, record, seal
from tests.ledger_world import sequence_all
from tests.policy_officers import approve, submit
from tests.records_world import JUNE_1, make_choice, make_row, publish_policy

pytestmark = pytest.mark.django_db

UNKNOWN = "rec_" + "0" * 32


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


def make_headers(*scopes: Scope) -> dict[str, str]:
    name = f"caller-{secrets.token_hex(4)}"
    key = checks.create_key(name=name, scopes=scopes, valid_for=timedelta(days=1), at=timezone.now())
    return {"Authorization": f"Bearer {key}"}


def ask(record_id: str, *scopes: Scope, **headers: str) -> Any:
    scopes = scopes or (Scope.RECEIPTS_READ,)
    return Client().get(f"/api/v1/receipts/{record_id}", headers={**make_headers(*scopes), **headers})


def read_payload(receipt: bytes) -> dict[str, Any]:
    part = receipt.split(b".")[1]
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    return payload


@pytest.mark.parametrize("choice", ["granted", "refused", "withdrawn", "objected", "opted_out"])
def test_what_is_recorded_over_the_api_has_a_receipt_that_an_auditor_verifies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], choice: str
) -> None:
    written = Client().post(
        "/api/v1/consents",
        json.dumps(make_row(choices=[make_choice(choice=choice)])).encode(),
        content_type="application/json",
        headers=make_headers(Scope.CONSENTS_WRITE),
    )
    [record_id] = written.json()["records"]
    seal()

    response = ask(record_id)
    path = tmp_path / "one.jws"
    path.write_bytes(response.content)
    code, said = audit(capsys, "receipt", path)

    assert (response.status_code, response.headers["Content-Type"]) == (200, MEDIA_TYPE)
    assert code == 0, said
    assert f"says what the event {record_id} says" in said
    payload = read_payload(response.content)["dpv:hasRecordOfActivity"]
    assert payload["dpv:hasConsentStatus"]["accordant:choice"] == choice
    assert payload["dpv:hasPurpose"]["dct:title"] == "Marketing by e-mail"
    assert b"customers.example" not in response.content


def test_a_changed_byte_of_a_receipt_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, [record_id] = record()
    seal()
    receipt = get_receipt(record_id=record_id, at=JUNE_1)
    path = tmp_path / "one.jws"

    for place in range(0, len(receipt), 101):
        path.write_bytes(flip(receipt, place))
        assert audit(capsys, "receipt", path)[0] == 1, place


def test_each_record_of_a_row_has_its_own_receipt() -> None:
    _, ids = record(choices=[make_choice(), make_choice(choice="refused", destination="mailer")])
    seal()

    found = [read_payload(get_receipt(record_id=one, at=JUNE_1))["dpv:hasIdentifier"] for one in ids]

    assert found == list(ids)


def test_two_receipts_for_one_record_differ_in_their_time_and_checkpoint_only() -> None:
    _, [record_id] = record()
    seal()
    first = read_payload(get_receipt(record_id=record_id, at=JUNE_1))
    same = read_payload(get_receipt(record_id=record_id, at=JUNE_1))
    record("00002")
    seal()
    later = read_payload(get_receipt(record_id=record_id, at=JUNE_1 + timedelta(days=1)))

    assert first == same
    assert {name for name in first if first[name] != later[name]} == {"dct:created", "accordant:proof"}


@pytest.mark.parametrize(
    "record_id", [UNKNOWN, "rec_1", "%00", "evt_" + "0" * 32, "rec_" + "0" * 31 + "%EF%BC%90"]
)
def test_a_record_that_is_not_there_is_not_found(record_id: str) -> None:
    response = ask(record_id)

    assert (response.status_code, response.json()["code"]) == (404, "record_not_found")


def test_what_is_recorded_but_no_choice_has_no_receipt() -> None:
    record()
    seal()
    [fact] = [entry for entry in queries.list_changes(after=0) if entry.kind == "fact_recorded"]

    with pytest.raises(RecordNotFound):
        get_receipt(record_id=fact.event_id, at=JUNE_1)


def test_a_record_that_is_not_sealed_yet_says_when_to_come_back() -> None:
    _, [record_id] = record()

    pending = ask(record_id)
    sequence_all()
    unsigned = ask(record_id)

    for response in (pending, unsigned):
        assert (response.status_code, response.json()["code"]) == (404, "not_sealed_yet")
        assert "run_sequencer" in response.json()["detail"]


def test_only_a_key_with_the_scope_is_answered() -> None:
    _, [record_id] = record()
    seal()

    assert Client().get(f"/api/v1/receipts/{record_id}").status_code == 401
    assert ask(record_id, Scope.LEDGER_READ, Scope.SUBJECTS_READ).status_code == 403


def test_a_caller_may_ask_by_the_media_type_and_is_told_errors_in_json() -> None:
    _, [record_id] = record()
    seal()

    assert ask(record_id, Accept=MEDIA_TYPE).status_code == 200
    refused = ask(UNKNOWN, Accept=MEDIA_TYPE)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["code"] == "record_not_found"


def publish_again(title: str) -> None:
    """Put a version with another title for the purpose in force now."""
    alice = User.objects.get(username="alice")
    now = queries.get_time()
    document = get_document(version_id=list_versions()[0].version_id)
    assert document is not None
    document["purposes"]["marketing.email"]["title"] = title
    draft = policies.import_policy(text=write_yaml(document), author_id=alice.pk, at=now)
    submit(draft, at=now)
    approve(draft, by="bob", at=now)
    policies.publish(version_id=draft.version_id, effective_at=now, at=now)


def test_the_words_are_those_of_the_policy_in_force_when_it_was_recorded() -> None:
    _, [before] = record()
    publish_again("News from us")
    _, [after] = record("00002")  # made in January too, but recorded under the new version
    seal()

    terms = [
        read_payload(get_receipt(record_id=one, at=JUNE_1))["accordant:terms"]["@value"]
        for one in (before, after)
    ]

    assert [one["purpose_title"] for one in terms] == ["Marketing by e-mail", "News from us"]
    assert [one["version"] for one in terms] == [1, 2]


def test_after_a_hand_over_receipts_verify_with_the_first_key_and_the_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    _, [record_id] = record()
    seal()
    path, note = tmp_path / "one.jws", tmp_path / "first.note"
    path.write_bytes(get_receipt(record_id=record_id, at=JUNE_1))
    note.write_bytes(hand_over(settings))
    assert audit(capsys, "receipt", path)[0] == 0  # made before, it needs no note

    record("00002")
    seal()
    path.write_bytes(get_receipt(record_id=record_id, at=JUNE_1))

    assert audit(capsys, "receipt", path, "--handover", str(note))[0] == 0
    assert audit(capsys, "receipt", path)[0] == 1


def test_a_key_that_does_not_sign_this_log_signs_no_receipt(settings: Any) -> None:
    _, [record_id] = record()
    seal()
    old = settings.SIGNING_KEY, settings.SIGNING_NAME
    hand_over(settings)
    settings.SIGNING_KEY, settings.SIGNING_NAME = old

    assert ask(record_id).json()["code"] == "key_not_handed_over"


def log_in(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def test_staff_who_may_see_a_record_download_its_receipt(client: Client) -> None:
    _, [record_id] = record()
    seal()
    log_in(client, "view_consentrecord")
    page = reverse("admin:consent_records_consentrecord_change", args=[quote(record_id)])
    address = reverse("admin:consent_records_consentrecord_receipt", args=[quote(record_id)])

    assert address in client.get(page).content.decode()
    response = client.get(address)

    assert (response.status_code, response.headers["Content-Type"]) == (200, MEDIA_TYPE)
    assert f'filename="{record_id}.jws"' in response.headers["Content-Disposition"]
    assert read_payload(response.content)["dpv:hasIdentifier"] == record_id


def test_staff_who_may_not_see_records_get_no_receipt(client: Client) -> None:
    _, [record_id] = record()
    seal()
    log_in(client, "view_importrun")

    response = client.get(reverse("admin:consent_records_consentrecord_receipt", args=[quote(record_id)]))

    assert response.status_code == 403


def test_the_page_says_why_there_is_no_receipt_yet(client: Client) -> None:
    _, [record_id] = record()
    log_in(client, "view_consentrecord")

    response = client.get(
        reverse("admin:consent_records_consentrecord_receipt", args=[quote(record_id)]), follow=True
    )

    assert "No receipt: the record is kept" in response.content.decode()
    gone = client.get(reverse("admin:consent_records_consentrecord_receipt", args=[UNKNOWN]), follow=True)
    assert "there is no consent record" in gone.content.decode() or gone.status_code == 404


def verify(path: Path, *options: str) -> str:
    """Return what `verify_receipt` prints. It raises if anything fails."""
    out = StringIO()
    call_command("verify_receipt", str(path), *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    """Return a receipt in a file."""
    _, [record_id] = record()
    seal()
    path = tmp_path / "one.jws"
    path.write_bytes(get_receipt(record_id=record_id, at=JUNE_1))
    return path


def test_the_command_verifies_a_receipt_with_the_own_key_and_with_a_given_one(receipt: Path) -> None:
    assert verify(receipt).endswith("verified\n")
    assert verify(receipt, "--key", first_key().text, "--origin", first_key().name).endswith("verified\n")


def test_the_command_compares_the_policy_where_it_is_given(receipt: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    document = get_document(version_id=list_versions()[0].version_id)
    policy.write_bytes(canonical.dumps(document))
    assert "ok      its titles" in verify(receipt, "--policy", str(policy))

    policy.write_bytes(canonical.dumps({**(document or {}), "title": "Other"}))
    with pytest.raises(CommandError, match="not verified"):
        verify(receipt, "--policy", str(policy))


@pytest.mark.parametrize(
    "options",
    [
        ("--key", "nonsense"),
        ("--key", "accordant.example/test+5a5a5a5a+AXh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"),
        ("--origin", "another.example/log"),
        ("--handover", "no-such-file"),
    ],
    ids=["no key", "another key", "another log", "no file"],
)
def test_the_command_refuses_what_does_not_hold(receipt: Path, options: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match="not verified"):
        verify(receipt, *options)


def test_the_command_refuses_a_changed_byte(receipt: Path) -> None:
    receipt.write_bytes(flip(receipt.read_bytes(), 700))

    with pytest.raises(CommandError, match="not verified"):
        verify(receipt)


def test_the_command_works_with_no_database(receipt: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "manage.py", "verify_receipt", str(receipt)],
        cwd=Path(__file__).resolve().parents[2],
        env={
            "PATH": "",
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
            "BROKER_URL": "redis://127.0.0.1:1",
        },
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert finished.returncode == 0, finished.stderr.decode()
    assert finished.stdout.endswith(b"verified\n")
