"""After an erasure by request the person is denied, no import brings them back, and the ledger verifies."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from activation.checks.queries import check
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Question
from activation.enforcement.recipients.services import tell_all
from consent.keys import queries as key_queries
from consent.ledger.queries import get_time
from consent.ledger.services import sequence_pending, sign_checkpoint
from consent.records import services as records
from consent.records.types import FaultCode
from consent.requests.models import Request, Step
from consent.requests.queries import CertificateNotFound, get_certificate, get_certificate_file
from consent.requests.services import finish_erasure
from consent.requests.types import RequestState, StepAction, StepState
from consent.subjects.models import Subject
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier
from consent.verifier.digests import digest_bytes
from tests.enforcement_world import GERMAN, QUESTION, make_world
from tests.erasing_world import approve_by_two, destroy_as_step, end_step, fresh, make_request, make_system
from tests.ledger_world import read_entries
from tests.records_world import make_choice, make_line
from tests.subjects_world import attach, customer, email

pytestmark = pytest.mark.django_db
ASKED = Question(
    purpose=QUESTION["purpose"], destination=QUESTION["destination"], controller=QUESTION["controller"]
)


def ask() -> tuple[Effect, Reason]:
    decision = check(identifiers=[customer(GERMAN)], question=ASKED, at=get_time())
    return decision.effect, decision.reason


def go_through(person: Identifier = customer(GERMAN)) -> Request:  # noqa: B008 - a frozen value
    """Return an erasure that went the whole way, with one system and whoever holds the person."""
    make_system("shop", backup_days=30)
    request = approve_by_two(make_request(person))
    for step in Step.objects.filter(request=request, system__isnull=False):
        end_step(step.pk, found=1, done=1)
    Step.objects.filter(request=request, action=StepAction.TELL_RECIPIENTS).update(state=StepState.WAITING)
    assert tell_all() == 1
    destroy_as_step(request)
    finish_erasure(request)
    return fresh(request)


def test_the_person_is_denied_from_the_approval_on_and_ever_after() -> None:
    make_world()
    assert ask() == (Effect.ALLOW, Reason.GRANTED)
    request = make_request(customer(GERMAN))
    assert ask() == (Effect.ALLOW, Reason.GRANTED)

    approve_by_two(request)

    assert ask() == (Effect.DENY, Reason.SUBJECT_ERASED)


def test_after_the_certificate_the_person_stays_denied_and_is_not_imported() -> None:
    make_world()
    [[ref]] = find_subjects([[customer(GERMAN)]])

    request = go_through()

    assert request.state == RequestState.FULFILLED
    assert ask() == (Effect.DENY, Reason.SUBJECT_ERASED)
    assert key_queries.get_keys([ref]) == {}
    before = (Subject.objects.count(), len(read_entries()))
    line = make_line(
        identifiers=[{"kind": "customer_id", "value": GERMAN}],
        choices=[make_choice(purpose="advertising.audience", controller="shop")],
        facts=[],
    )
    report = records.import_rows(lines=[line], digest="d" * 64, source="test", at=get_time())
    assert [fault.code for fault in report.faults] == [FaultCode.SUBJECT_ERASED]
    assert (Subject.objects.count(), len(read_entries())) == before


def test_the_ledger_is_in_order_before_and_after_the_keys_are_gone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_world()
    make_system("shop")
    request = approve_by_two(make_request(customer(GERMAN)))
    sequence_pending()
    sign_checkpoint()
    call_command("verify_ledger", stdout=io.StringIO())

    for step in Step.objects.filter(request=request).exclude(action=StepAction.DESTROY_KEYS):
        end_step(step.pk)
    destroy_as_step(request)
    finish_erasure(request)
    sequence_pending()
    sign_checkpoint()

    call_command("verify_ledger", stdout=io.StringIO())


def test_no_identifier_is_in_a_row_of_the_request_or_in_the_certificate() -> None:
    attach([customer("unmistakable"), email("unmistakable")])

    request = go_through(customer("unmistakable"))

    rows = [Request.objects.filter(pk=request.pk).values(), request.events.values(), request.steps.values()]
    told = str([list(one) for one in rows]) + str([entry.envelope for entry in read_entries()])
    assert "unmistakable" not in told + get_certificate_file(request.pk).decode()


def test_the_certificate_verifies_by_the_command_and_its_digest_is_in_the_ledger(tmp_path: Path) -> None:
    make_world()
    sequence_pending()
    sign_checkpoint()
    request = go_through()
    content = get_certificate_file(request.pk)
    file = tmp_path / "certificate.json"
    file.write_bytes(content)

    call_command("verify_certificate", str(file), stdout=(told := io.StringIO()))

    assert "verified" in told.getvalue()
    certificate = get_certificate(request.pk)
    assert certificate.ledger.size > 0
    assert certificate.systems[0].backups_gone_by == certificate.no_backup_after is not None
    body = content[len(b'{"certificate":') : content.index(b',"signature"')]
    assert any(digest_bytes(body).encode() in entry.envelope for entry in read_entries())
    file.write_bytes(content.replace(b'"done":1', b'"done":2'))
    with pytest.raises(CommandError):
        call_command("verify_certificate", str(file), stdout=io.StringIO())
    with pytest.raises(CommandError):
        call_command("verify_certificate", str(tmp_path / "none"), stdout=io.StringIO())


def test_certificates_are_json_html_and_pdf_and_of_erasures_alone() -> None:
    make_world()
    request = go_through()

    assert get_certificate_file(request.pk, "html").startswith(b"<!doctype html>")
    assert get_certificate_file(request.pk, "pdf").startswith(b"%PDF")
    with pytest.raises(CertificateNotFound):
        get_certificate_file(request.pk, "exe")
    with pytest.raises(CertificateNotFound):
        get_certificate_file(make_request(customer("404")).pk)
