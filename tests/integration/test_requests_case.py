"""One request on one page: what it shows, to whom, and what officers do with it."""

import json
import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent.ledger.types import Stream
from consent.requests import vault
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request, RequestEvent, SealedPart
from consent.requests.types import EventKind, MailTemplate, StepState
from tests.ledger_world import read_entries
from tests.workspace_world import (
    DETAILS,
    EMAIL,
    QUEUE,
    action_of,
    close,
    do,
    make_request,
    make_step,
    officer,
    page_of,
    text_of,
)

pytestmark = pytest.mark.django_db
NOTE = "Called back; wants paper."


def audited(kind: str) -> list[dict[str, Any]]:
    """Return the bodies of the audit stream's entries of that kind."""
    told = [one for one in read_entries() if one.stream == Stream.AUDIT and one.kind == kind]
    return [json.loads(one.envelope)["body"] for one in told]


def kinds(request: Request) -> list[str]:
    return list(request.events.order_by("pk").values_list("kind", flat=True))


def test_a_page_tells_the_request_its_clock_steps_mails_and_timeline() -> None:
    case = make_request(jurisdiction_reason="The person says that they live in Germany.")
    make_step(
        case,
        state=StepState.PARTLY_DONE.value,
        found=12,
        done=9,
        kept=3,
        report=[{"dataset": "orders", "found": 12, "done": 9, "kept": 3, "ground": "tax law"}],
    )
    make_step(case, system="mail", phase=2, state=StepState.FAILED.value, last_error="the system refused")
    queue_mail(case, MailTemplate.RECEIVED, to=EMAIL)

    page = text_of(officer("view_request").get(page_of(case)))

    for words in (
        case.reference,
        "The person says that they live in Germany.",
        "In 25 days",
        "12 found, 9 done, 3 kept",
        "orders: 12 found, 9 done, 3 kept: tax law",
        "the system refused",
        "Phase 2",
        "waits to be sent",
        "Received</strong>",
    ):
        assert words in page


def test_what_the_person_wrote_is_not_on_the_page_and_no_browser_keeps_it() -> None:
    case = make_request()
    queue_mail(case, MailTemplate.RECEIVED, to=EMAIL)

    answer = officer("view_request", "handle_requests", "read_request_content").get(page_of(case))

    page = text_of(answer)
    assert EMAIL not in page
    assert DETAILS not in page
    assert "no-store" in answer["Cache-Control"]


def test_whoever_may_read_content_sees_it_on_demand_and_each_look_is_on_record(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    case = make_request()
    do(officer("handle_requests"), case, "note", {"text": NOTE})
    client = officer("view_request", "read_request_content", name="rita")

    shown = [text_of(client.post(f"{QUEUE}{case.pk}/content/")) for _ in range(2)]

    for page in shown:
        assert EMAIL in page
        assert DETAILS in page
        assert NOTE in page
    rita = User.objects.get(username="rita").pk
    assert (
        audited("request_content_read")
        == [{"request": case.reference, "officer": rita, "what": "what was written"}] * 2
    )
    assert EMAIL not in caplog.text
    assert DETAILS not in caplog.text


def test_a_look_is_a_post_alone_and_what_was_destroyed_is_told_so() -> None:
    case = make_request()
    client = officer("view_request", "read_request_content")

    assert client.get(f"{QUEUE}{case.pk}/content/").status_code == 405
    assert audited("request_content_read") == []
    vault.destroy(case)
    answer = client.post(f"{QUEUE}{case.pk}/content/", follow=True)
    assert "Not shown: what this request held was destroyed" in text_of(answer)
    assert audited("request_content_read") == []


def test_a_note_is_sealed_and_leaves_nothing_readable_in_rows_timeline_or_ledger() -> None:
    case = make_request()

    answer = do(officer("handle_requests"), case, "note", {"text": NOTE})

    assert answer.url == page_of(case)
    assert kinds(case)[-1] == EventKind.NOTED
    part = SealedPart.objects.get(request=case, name__startswith="note/")
    assert NOTE.encode() not in bytes(part.content)
    assert NOTE not in str(list(RequestEvent.objects.values()))
    assert NOTE not in str(read_entries())


def test_an_officer_is_given_a_request_and_the_timeline_names_them() -> None:
    case = make_request()
    client = officer("handle_requests")
    officer("handle_requests", name="petra")
    petra = User.objects.get(username="petra")

    do(client, case, "assign", {"assignee": petra.pk})

    case.refresh_from_db()
    assert case.assigned_to == petra
    assert "to petra" in text_of(client.get(page_of(case)))
    do(client, case, "assign", {"assignee": ""})
    case.refresh_from_db()
    assert case.assigned_to is None


def test_nobody_is_given_a_request_who_may_not_handle_it() -> None:
    case = make_request()
    stranger = User.objects.create(username="stranger", is_staff=True)

    answer = officer("handle_requests").post(
        action_of(case, "assign"), {"version": 0, "seen": 0, "assignee": stranger.pk}
    )

    assert "Select a valid choice" in text_of(answer)
    assert EventKind.ASSIGNED not in kinds(case)


def test_an_acknowledgement_is_recorded_once() -> None:
    case = make_request()
    client = officer("handle_requests")

    do(client, case, "acknowledge")

    case.refresh_from_db()
    assert case.acknowledged_at is not None
    again = client.get(action_of(case, "acknowledge"), follow=True)
    assert "this cannot be done as the request is now" in text_of(again)
    assert kinds(case).count(EventKind.ACKNOWLEDGED) == 1


def test_nothing_is_done_before_the_officer_has_read_what_will_happen() -> None:
    case = make_request()
    client = officer("handle_requests")

    page = text_of(client.post(action_of(case, "note"), {"version": 0, "seen": 0, "text": NOTE}))

    assert "This will happen" in page
    assert "The note is sealed with the request." in page
    assert EventKind.NOTED not in kinds(case)
    back = text_of(client.post(action_of(case, "note"), {"version": 0, "seen": 0, "text": NOTE, "back": "1"}))
    assert NOTE in back
    assert "This will happen" not in back


def test_two_officers_at_once_the_second_is_told_what_happened_and_keeps_what_was_typed() -> None:
    case = make_request()
    first, second = officer("handle_requests"), officer("handle_requests", name="petra")
    asked = second.get(action_of(case, "note")).context["form"]
    standing = {name: asked[name].value() for name in ("version", "seen")}
    do(first, case, "acknowledge")

    for sent in ({}, {"confirmed": "1"}):
        page = text_of(second.post(action_of(case, "note"), {**standing, "text": NOTE, **sent}))
        assert "Nothing was done: somebody changed this request" in page
        assert NOTE in page
        assert "Acknowledged</strong>" in page
    assert EventKind.NOTED not in kinds(case)
    fresh = second.post(action_of(case, "note"), {**standing, "text": NOTE}).context["form"]
    again = {name: fresh[name].value() for name in ("version", "seen")}
    second.post(action_of(case, "note"), {**again, "text": NOTE, "confirmed": "1"})
    assert kinds(case)[-1] == EventKind.NOTED


def test_a_conflict_after_which_it_cannot_be_done_any_more_says_so() -> None:
    case = make_request()
    client = officer("handle_requests")
    do(client, case, "acknowledge")

    sent = {"version": 0, "seen": 0, "confirmed": "1"}
    answer = client.post(action_of(case, "acknowledge"), sent, follow=True)

    assert "this cannot be done as the request is now" in text_of(answer)


@pytest.mark.parametrize(
    "sent", [{}, *({"version": version, "seen": "0"} for version in ("x", "-1", "9" * 40))]
)
def test_a_form_without_the_version_does_nothing(sent: dict[str, str]) -> None:
    case = make_request()

    answer = officer("handle_requests").post(
        action_of(case, "note"), {"text": NOTE, "confirmed": "1", **sent}
    )

    assert answer.status_code == 200
    assert EventKind.NOTED not in kinds(case)


def test_the_page_costs_as_many_queries_however_much_happened() -> None:
    client = officer("view_request", "handle_requests", "read_request_content")
    little, much = make_request(), make_request()
    make_step(little)
    for number in range(30):
        make_step(much, system=f"system-{number}", phase=number)
        queue_mail(much, MailTemplate.RECEIVED, to=EMAIL)
    acting = officer("handle_requests", name="petra")
    petra = User.objects.get(username="petra").pk
    for case in (little, *[much] * 10):
        do(acting, case, "assign", {"assignee": petra})
    counted = []
    client.get(page_of(little))
    for case in (little, much):
        with CaptureQueriesContext(connection) as seen:
            text_of(client.get(page_of(case)))
        counted.append(len(seen))

    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("00000000-0000-4000-8000-000000000000/change/", 404),
        ("00000000-0000-4000-8000-000000000000/do/note/", 404),
        ("x/change/", 404),
    ],
)
def test_what_is_not_there_is_not_found(address: str, status: int) -> None:
    assert officer("handle_requests").get(QUEUE + address).status_code == status


def test_an_action_that_nobody_declared_is_not_found() -> None:
    assert officer("handle_requests").get(action_of(make_request(), "delete")).status_code == 404


def test_a_closed_request_offers_no_more_than_a_note() -> None:
    case = close(make_request(acknowledged_at=timezone.now()))

    page = text_of(officer("handle_requests").get(page_of(case)))

    assert action_of(case, "note") in page
    assert action_of(case, "assign") not in page


def test_what_people_and_systems_sent_is_shown_as_text() -> None:
    case = make_request(jurisdiction_reason="<script>alert(1)</script>")
    make_step(case, state=StepState.FAILED.value, last_error="<img src=x onerror=alert(1)>")

    page = text_of(officer("view_request").get(page_of(case)))

    assert "<script>alert" not in page
    assert "<img src=x" not in page
