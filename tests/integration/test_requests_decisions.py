"""What officers do on a request's page, through the real services: told before, done once, and on record."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from consent.requests.models import Agent, Message, Package, Redaction, Request, Step
from consent.requests.types import (
    EventKind,
    MailTemplate,
    PackageState,
    RequestState,
    StepAction,
    StepState,
)
from tests import erasing_world, packages_world
from tests.requests_world import read_mails, take_in
from tests.steps_world import read_rows
from tests.workspace_world import (
    QUEUE,
    action_of,
    do,
    make_request,
    make_step,
    officer,
    page_of,
    text_of,
)

pytestmark = pytest.mark.django_db
ALL = ("handle_requests", "approve_erasures", "read_request_content")
EXPLANATION = "We hold nothing that you did not give us yourself."


def now(case: Request) -> Request:
    return Request.objects.get(pk=case.pk)


def tell(client: Client, case: Request, name: str, told: dict[str, Any] | None = None) -> str:
    """Return what the page says will happen."""
    case = now(case)
    page = client.post(action_of(case, name), {"version": case.version, "seen": 0, **(told or {})})
    return text_of(page)


def test_a_clock_is_stopped_goes_on_and_is_extended() -> None:
    case = make_request(received_at=timezone.now() - timedelta(days=2), state="verifying", language="de")
    client = officer("handle_requests")

    assert "by e-mail, in German" in tell(client, case, "pause", {"ground": "identity"})
    done = do(client, case, "pause", {"ground": "identity"})
    assert done.status_code == 302
    assert now(case).paused_at is not None
    do(client, case, "resume")
    assert now(case).paused_at is None
    do(client, case, "extend", {"ground": "complexity"})
    assert now(case).extended_at is not None
    assert [mail["template"] for mail in read_mails(case.pk)] == ["paused", "extended"]
    again = officer("handle_requests").post(action_of(case, "extend"), follow=True)
    assert "this cannot be done as the request is now" in text_of(again)


def test_a_jurisdiction_is_decided_and_a_wrong_one_is_refused_with_what_was_typed() -> None:
    case = make_request(jurisdiction="")
    client = officer("handle_requests")
    reason = "The invoice address lies in Lyon."

    wrong = do(client, case, "jurisdiction", {"jurisdiction": "QQ", "reason": reason})
    assert "Not done" in text_of(wrong)
    assert reason in text_of(wrong)
    do(client, case, "jurisdiction", {"jurisdiction": "fr", "reason": reason})

    assert (now(case).jurisdiction, now(case).jurisdiction_reason) == ("FR", reason)
    assert now(case).zone == "Europe/Paris"


def test_a_refusal_says_who_is_told_what_and_then_tells_them() -> None:
    case = make_request(language="de", state="in_review")
    client = officer("handle_requests")
    told = {"ground": "manifestly_unfounded", "explanation": EXPLANATION}

    page = tell(client, case, "refuse", told)

    for words in (
        "by e-mail, in German",
        "manifestly unfounded",
        "complain",
        EXPLANATION,
        "cannot be opened again",
    ):
        assert words in page
    assert now(case).state == RequestState.IN_REVIEW
    assert not Message.objects.exists()
    do(client, case, "refuse", told)
    assert (now(case).state, now(case).ground) == (RequestState.REFUSED, "manifestly_unfounded")
    [mail] = read_mails(case.pk)
    assert mail["template"] == MailTemplate.REFUSED
    assert mail["context"]["reason"] == EXPLANATION
    assert action_of(case, "refuse") not in text_of(client.get(page_of(case)))


def test_a_request_in_review_is_closed_as_fulfilled_in_part_with_an_explanation_only() -> None:
    case = make_request(type="rectification", state="in_review")
    client = officer("handle_requests")

    assert "Say what was not done" in tell(client, case, "fulfil", {"partly": "on"})
    do(client, case, "fulfil", {"partly": "on", "explanation": EXPLANATION})

    assert now(case).state == RequestState.PARTLY_FULFILLED


def test_an_access_request_is_not_closed_without_its_package() -> None:
    case = make_request(state="in_review")

    answer = officer("handle_requests").post(action_of(case, "fulfil"), follow=True)

    assert "this cannot be done as the request is now" in text_of(answer)


def test_a_request_is_taken_back() -> None:
    case = make_request()

    do(officer("handle_requests"), case, "cancel")

    assert now(case).state == RequestState.CANCELLED


def test_a_document_is_accepted_by_whoever_may_read_what_was_claimed() -> None:
    received = take_in()
    case = Request.objects.get(pk=received.request_id)
    client = officer("handle_requests", "read_request_content")
    told = {"document": "passport", "proven": ["email"]}

    assert "Only these are used to find data: email." in tell(client, case, "document", told)
    do(client, case, "document", told)

    assert now(case).verified_at is not None
    assert now(case).state != RequestState.VERIFYING


def test_a_new_code_too_soon_is_told_so_and_the_proof_asked_for_is_changed() -> None:
    received = take_in()
    case = Request.objects.get(pk=received.request_id)
    client = officer("handle_requests")

    assert "no code was sent" in text_of(do(client, case, "code"))
    do(client, case, "level", {"level": "strong"})

    assert now(case).level == "strong"


def step_of(case: Request) -> dict[str, str]:
    return {"step": str(case.steps.get().pk)}


def test_a_failed_step_is_tried_again_or_left_out_with_a_reason() -> None:
    client = officer("handle_requests")
    again, without = make_request(state="in_progress"), make_request(state="in_progress")
    for case in (again, without):
        make_step(case, state=StepState.FAILED.value, last_error="refused")

    page = text_of(client.get(page_of(again)))
    assert f"{action_of(again, 'retry-step')}?step={again.steps.get().pk}" in page
    first = text_of(client.get(action_of(again, "retry-step"), step_of(again)))
    assert "is carried out again" in first
    do(client, again, "retry-step", step_of(again))
    do(client, without, "skip-step", {**step_of(without), "reason": "the shop was closed down"})

    assert again.steps.get().state == StepState.READY
    assert without.steps.get().state == StepState.SKIPPED
    assert "the shop was closed down" in text_of(client.get(page_of(without)))


def test_a_human_task_is_finished_in_part_with_a_note_only() -> None:
    case = make_request(type="rectification", state="in_progress")
    make_step(case, state=StepState.WAITING.value, waits_until=timezone.now())
    client = officer("handle_requests")

    assert "Say what was not done" in tell(
        client, case, "finish-step", {**step_of(case), "state": "partly_done"}
    )
    do(client, case, "finish-step", {**step_of(case), "state": "done"})

    assert case.steps.get().state == StepState.DONE
    assert case.steps.get().ended_by == User.objects.get(username="olga")


def test_what_somebody_found_by_hand_is_sealed_as_rows_of_a_step_that_collects_and_of_no_other() -> None:
    case, other = make_request(state="in_progress"), make_request(type="rectification", state="in_progress")
    waits: dict[str, Any] = {"state": StepState.WAITING.value, "waits_until": timezone.now()}
    step = make_step(case, **waits)
    make_step(case, system="mail", **waits)  # so that the request does not go on
    make_step(other, action=StepAction.RECTIFY.value, **waits)
    client = officer("handle_requests")
    found = {"state": "done", "found": "Letter of 5 May\n\n=cmd|calc\n"}

    assert "Only a step that collects" in tell(client, other, "finish-step", {**step_of(other), **found})
    do(client, case, "finish-step", {"step": str(step.pk), **found})

    step.refresh_from_db()
    assert (step.state, step.found, step.done) == (StepState.DONE, 2, 2)
    rows = [("found by hand", {"found": line}) for line in ("Letter of 5 May", "=cmd|calc")]
    assert list(read_rows(step)) == rows
    assert "Letter" not in str([step.report, step.note, *case.events.values_list("detail", flat=True)])


@pytest.mark.parametrize("step", ["x", "00000000-0000-4000-8000-000000000000", ""])
def test_a_step_of_another_request_is_not_touched(step: str) -> None:
    case, other = make_request(state="in_progress"), make_request(state="in_progress")
    failed = make_step(other, state=StepState.FAILED.value)
    client = officer("handle_requests")

    for named in (step, str(failed.pk)):
        sent = {"version": case.version, "seen": 0, "step": named, "confirmed": "1"}
        assert client.post(action_of(case, "retry-step"), sent).status_code == 200

    assert Step.objects.get(pk=failed.pk).state == StepState.FAILED


def test_an_erasure_is_told_whole_proposed_by_one_and_approved_by_another() -> None:
    erasing_world.make_system("shop", backup_days=30)
    case = erasing_world.make_request(packages_world.ALICE)
    one, other = officer(*ALL, name="olga"), officer(*ALL, name="petra")

    page = tell(one, case, "propose")
    assert "Another officer is asked to approve." in page
    assert "1. Shop" in page
    assert "30 days longer" in page
    do(one, case, "propose")
    assert "waits for approval" in text_of(other.get(QUEUE))
    refused = do(one, case, "approve")
    assert "Not done: who proposed an erasure cannot approve it" in text_of(refused)
    do(other, case, "send-back", {"reason": "A claim is open."})
    assert now(case).proposed_at is None
    assert "A claim is open." in text_of(one.post(f"{QUEUE}{case.pk}/content/"))
    do(one, case, "propose")
    assert "This cannot be undone" in tell(other, case, "approve")
    do(other, case, "approve")

    assert now(case).approved_by == User.objects.get(username="petra")
    assert case.steps.exists()
    assert action_of(case, "refuse") not in text_of(other.get(page_of(case)))


def build_package() -> tuple[Request, Package]:
    case = packages_world.make_request()
    rows = [("orders", {"id": number, "item": f"lamp {number}", "friend": "Bert"}) for number in (1, 2)]
    packages_world.make_dataset(packages_world.make_system(), "orders")
    packages_world.make_step(case, rows)
    return case, packages_world.build(case)


def test_rows_are_looked_at_withheld_shown_again_and_the_package_released() -> None:
    case, _ = build_package()
    client = officer(*ALL)

    assert "Bert" not in text_of(client.get(page_of(case)))
    step = case.steps.get()
    assert client.get(f"{QUEUE}{case.pk}/rows/{step.pk}/").status_code == 405
    rows = text_of(client.post(f"{QUEUE}{case.pk}/rows/{step.pk}/"))
    assert "lamp 1" in rows
    asked = {"begin": "1", "system": "crm", "dataset": "orders", "field": "friend", "row": ""}
    begun = client.post(action_of(case, "redact"), asked)
    assert 'value="friend"' in text_of(begun)
    told = {"system": "crm", "dataset": "orders", "field": "friend", "reason": "tells of a friend"}
    assert "The field friend of every row is withheld" in tell(client, case, "redact", told)
    do(client, case, "redact", told)
    redaction = Redaction.objects.get()
    assert "tells of a friend" in text_of(client.get(page_of(case)))
    do(client, case, "undo-redaction", {"redaction": redaction.pk})
    assert not Redaction.objects.exists()


def test_a_package_is_downloaded_released_and_taken_back() -> None:
    case, package = build_package()
    client = officer(*ALL)
    Request.objects.filter(pk=case.pk).update(state=RequestState.IN_REVIEW.value)

    taken = client.post(f"{QUEUE}{case.pk}/package/")
    assert "no-store" in taken["Cache-Control"]
    assert zipfile.ZipFile(io.BytesIO(taken.getvalue())).namelist()
    assert client.get(f"{QUEUE}{case.pk}/package/").status_code == 405
    assert "is sent a link, in English" in tell(client, case, "release")
    do(client, case, "release")
    package.refresh_from_db()
    assert package.state == PackageState.RELEASED
    assert now(case).state == RequestState.FULFILLED
    do(client, case, "withdraw")
    package.refresh_from_db()
    assert package.state == PackageState.DESTROYED
    assert EventKind.DOWNLOADED in set(case.events.values_list("kind", flat=True))


def test_a_certificate_that_is_not_there_is_told_so() -> None:
    case = make_request()
    client = officer("view_request")

    assert "Not shown" in text_of(client.get(f"{QUEUE}{case.pk}/certificate/pdf/", follow=True))
    assert client.get(f"{QUEUE}{case.pk}/certificate/exe/").status_code == 404


ENTRY = {
    "type": "access",
    "controller": "northwind",
    "received_at": "2026-11-20T09:30",
    "jurisdiction": "de",
    "language": "de",
    "details": "By letter.",
    "kind_1": "email",
    "value_1": "Vera.Lind@customers.example",
    "reply_to": "vera.lind@customers.example",
}


def enter(client: Client, **changes: Any) -> Any:
    return client.post(f"{QUEUE}add/", {**ENTRY, **changes})


@pytest.fixture
def _controllers(monkeypatch: pytest.MonkeyPatch) -> None:
    from consent.requests.admin.entry import asking  # noqa: PLC0415 - the module, to be changed

    monkeypatch.setattr(asking, "list_controllers", lambda _at: [("northwind", "Northwind Records")])


@pytest.mark.usefixtures("_controllers")
def test_a_letter_is_taken_down_and_its_clock_begins_when_it_came() -> None:
    client = officer("handle_requests")
    assert "This will happen" in text_of(client.get(f"{QUEUE}add/"))

    answer = enter(client)

    case = Request.objects.get()
    assert answer["Location"] == page_of(case)
    assert (case.channel, case.jurisdiction, case.state) == ("officer", "DE", RequestState.VERIFYING)
    assert f"{case.received_at:%Y-%m-%d %H:%M}" == "2026-11-20 09:30"
    assert case.assigned_to == User.objects.get(username="olga")
    assert case.acknowledged_at is not None


@pytest.mark.usefixtures("_controllers")
def test_a_document_that_was_seen_begins_the_request_at_once() -> None:
    enter(officer("handle_requests"), document="passport", proven=["email"])

    assert Request.objects.get().verified_at is not None


@pytest.mark.usefixtures("_controllers")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value_1": ""}, "Say of what kind it is"),
        ({"document": "passport"}, "Say which identifiers it shows"),
        ({"document": "power_of_attorney", "proven": ["email"]}, "An authority is an agent"),
        ({"type": "x"}, "Select a valid choice"),
        ({"value_1": "no address"}, "Not taken in"),
        ({"jurisdiction": "QQ"}, "Not taken in"),
        ({"received_at": "2999-01-01T00:00"}, "Not taken in"),
        ({"details": "\0"}, "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_taken_down_is_told_and_what_was_typed_is_kept(
    changes: dict[str, Any], words: str
) -> None:
    page = text_of(enter(officer("handle_requests"), **changes))

    assert words in page
    assert "By letter." in page or "details" in changes
    assert not Request.objects.exists()


@pytest.mark.usefixtures("_controllers")
def test_an_agent_s_request_is_taken_down_with_the_authority_that_was_seen() -> None:
    agent = Agent.objects.create(slug="consumer-help", title="Consumer Help")

    enter(officer("handle_requests"), agent=agent.pk, document="signed_permission", proven=["email"])

    assert Request.objects.get().agent == agent


def test_agents_are_registered_and_set_to_not_active_and_each_change_is_on_record() -> None:
    from tests.integration.test_requests_case import audited  # noqa: PLC0415 - of another test

    client = officer("handle_requests")
    base = "/admin/consent_requests/agent/"
    client.post(f"{base}add/", {"slug": "consumer-help", "title": "Consumer Help", "is_active": "on"})
    agent = Agent.objects.get()
    client.post(f"{base}{agent.pk}/change/", {"title": "Consumer Help"})

    agent.refresh_from_db()
    assert not agent.is_active
    assert [one["active"] for one in audited("request_agent_changed")] == [True, False]
    assert client.post(f"{base}{agent.pk}/delete/").status_code == 403
    looking = officer("view_request", name="vic")
    assert looking.get(base).status_code == 200
    assert looking.post(f"{base}add/", {"slug": "x", "title": "x"}).status_code == 403


@pytest.mark.parametrize("language", ["en", "de", "fr", "pt", "es"])
@pytest.mark.parametrize("template", list(MailTemplate))
def test_every_mail_can_be_read_before_anybody_gets_it(template: MailTemplate, language: str) -> None:
    asked = {"mail": f"mails:{template.value}", "language": language, "law": "gdpr"}

    assert "R-7K3F-9QXW" in text_of(officer("view_request").get(f"{QUEUE}mails/", asked))


def test_a_mail_that_is_none_shows_none() -> None:
    page = text_of(officer("view_request").get(f"{QUEUE}mails/?mail=x&language=%00"))

    assert "Select a valid choice" in page
