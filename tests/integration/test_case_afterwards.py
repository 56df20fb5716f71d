"""What officers do when a request is over: erase what a hold kept, and send again what was given up."""

import pytest
from django.contrib.auth.models import User

from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Message, Request, Step
from consent.requests.types import EventKind, MailTemplate, RequestState, RequestType, StepAction, StepState
from tests.workspace_world import (
    EMAIL,
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


def make_partly_erased() -> Request:
    """Return an erasure that was closed, and kept rows under a hold."""
    case = make_request(type=RequestType.ERASURE.value)
    kept = [{"dataset": "orders", "found": 2, "done": 1, "kept": 1, "ground": "Case 7"}]
    make_step(case, action=StepAction.ERASE.value, state=StepState.DONE.value, report=kept)
    return close(case, RequestState.PARTLY_FULFILLED)


def test_what_an_erasure_kept_is_erased_by_a_request_that_its_page_begins_and_links() -> None:
    case, olga = make_partly_erased(), officer("view_request", "handle_requests")
    assert "Erase the rest" in text_of(olga.get(page_of(case)))

    do(olga, case, "erase-rest")

    rest = Request.objects.get(continues=case)
    assert (rest.type, rest.state, rest.approved_at) == (RequestType.ERASURE, RequestState.IN_PROGRESS, None)
    page = text_of(olga.get(page_of(case)))
    assert page_of(rest) in page
    assert "Erase the rest" not in page
    assert page_of(case) in text_of(olga.get(page_of(rest)))


def test_an_erasure_that_kept_nothing_and_an_officer_who_only_looks_are_offered_no_rest() -> None:
    whole = close(make_request(type=RequestType.ERASURE.value), RequestState.PARTLY_FULFILLED)
    olga = officer("view_request", "handle_requests")
    assert "Erase the rest" not in text_of(olga.get(page_of(whole)))
    olga.post(action_of(whole, "erase-rest"), {"version": whole.version, "seen": 0, "confirmed": "1"})

    case, vic = make_partly_erased(), officer("view_request", name="vic")
    assert "Erase the rest" not in text_of(vic.get(page_of(case)))
    assert vic.post(action_of(case, "erase-rest"), {"confirmed": "1"}).status_code == 403

    assert not Request.objects.filter(continues__isnull=False).exists()


def test_who_asks_who_received_their_data_is_written_to_once_recipients_are_listed() -> None:
    case, olga = make_request(), officer("view_request", "handle_requests")
    step = {"action": StepAction.TELL_RECIPIENTS.value, "state": StepState.DONE.value}
    listed = make_step(case, **step, ended_at=case.received_at)
    assert "Tell who received the data" not in text_of(olga.get(page_of(case)))

    Step.objects.filter(pk=listed.pk).update(parts=1)
    close(case)
    do(olga, case, "tell-who")

    assert [message.template for message in Message.objects.all()] == [MailTemplate.RECIPIENTS]
    told = case.events.get(kind=EventKind.RECIPIENTS_TOLD)
    assert (told.detail, told.officer) == ({"asked_by": "person"}, User.objects.get(username="olga"))


def give_up(case: Request, template: MailTemplate) -> Message:
    """Return a message that was given up."""
    context = {"code": "482913", "minutes": "15"} if template is MailTemplate.CODE else {}
    message = queue_mail(case, template, to=EMAIL, context=context)
    Message.objects.filter(pk=message.pk).update(given_up_at=case.received_at, failures=9)
    return message


def test_a_message_that_was_given_up_is_sent_again_from_the_page() -> None:
    case, olga = make_request(), officer("view_request", "handle_requests")
    message = give_up(case, MailTemplate.RECEIVED)
    address = f"{action_of(case, 'send-again')}?message={message.pk}"
    assert address in text_of(olga.get(page_of(case)))
    assert "is sent to the person again" in text_of(olga.get(address))

    do(olga, case, "send-again", {"message": str(message.pk)})

    message.refresh_from_db()
    assert (message.given_up_at, message.failures) == (None, 0)
    assert address not in text_of(olga.get(page_of(case)))


def test_a_code_and_the_message_of_another_request_are_not_sent_again() -> None:
    case, olga = make_request(), officer("view_request", "handle_requests")
    code, others = give_up(case, MailTemplate.CODE), give_up(make_request(), MailTemplate.RECEIVED)

    assert "send-again/?message" not in text_of(olga.get(page_of(case)))
    for message in (code, others):
        told = {"message": str(message.pk), "version": case.version, "seen": 0, "confirmed": "1"}
        olga.post(action_of(case, "send-again"), told)

    assert Message.objects.filter(given_up_at__isnull=False).count() == 2
