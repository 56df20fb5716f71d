"""What strangers send, and what must not come of it: no error of ours, no lost request, nobody's data."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.requests import services
from consent.requests.clocks import changing
from consent.requests.fanning.finishing import finish
from consent.requests.intake.receiving import Received
from consent.requests.mails.links import find_link
from consent.requests.models import Message, Request, RequestEvent
from consent.requests.moving import lock_request
from consent.requests.protocols import parts
from consent.requests.rules.references import ALPHABET
from consent.requests.types import (
    Channel,
    EventKind,
    LinkPurpose,
    MailTemplate,
    NotPossible,
    PauseGround,
    RefusalGround,
    RequestState,
    StepState,
)
from consent.requests.verification.codes import check_code
from consent.requests.verification.vouching import accept_token
from consent.subjects.types import Identifier, IdentifierKind
from tests.mails_world import HOSTILE
from tests.policy_officers import make_officer
from tests.portal_world import ANN, ask, get_newest, open_shop, read_link, text_of
from tests.requests_world import customer_of, email_of, read_code_mails, read_mails, take_in

pytestmark = pytest.mark.django_db
PHONE = "+4915112345678"


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    open_shop()


def taken(**changes: Any) -> Received:
    """Have the retailer be asked."""
    return take_in(controller="northwind", **changes)


def prove_contact(request_id: Any) -> Request:
    """Enter the code that was sent for a request, and return the request."""
    check_code(request_id, code=read_code_mails(request_id)[-1], at=get_time())
    return Request.objects.get(pk=request_id)


@pytest.mark.parametrize("reference", ["R-\0AAA-AAAA", "\0", HOSTILE, "R", "R-" + "É" * 8, "\uff19" * 60])
def test_whatever_is_typed_for_a_reference_is_answered_alike(reference: str) -> None:
    page = Client().post("/privacy/link/", {"reference": reference, "email": ANN})

    assert page.status_code == 200
    assert not Message.objects.exists()


def test_a_reference_is_found_without_its_r_though_the_next_letter_is_one() -> None:
    ask(Client())
    made = get_newest()
    Request.objects.filter(pk=made.pk).update(reference="R-R222-3333")

    for typed in ("R-R222-3333", "r2223333", "rr2223333"):
        Client().post("/privacy/link/", {"reference": typed, "email": ANN})

    assert "R" in ALPHABET
    assert Message.objects.filter(template=MailTemplate.LINK).count() == 3


def test_a_form_without_its_number_is_taken_in_each_time() -> None:
    for name in ("ann", "ben"):
        ask(Client(), "/privacy/opt-out/", email=f"{name}@people.example", once="")

    assert Request.objects.count() == 2


def test_a_purpose_that_is_chosen_a_thousand_times_is_chosen_once() -> None:
    ask(Client(), "/privacy/ask/withdrawal/", purposes=["advertising.audience"] * 900)

    assert get_newest().purposes == ["advertising.audience"]


def test_what_cannot_be_a_request_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.requests.rules.new_requests.MAX_IDENTIFIERS", 0)

    page = ask(Client())

    assert page.status_code == 400
    assert "Nothing was sent" in text_of(page)
    assert not Request.objects.exists()


@pytest.mark.parametrize("channel", [Channel.PORTAL, Channel.OFFICER, Channel.EMAIL_LINK])
def test_a_caller_cannot_vouch_for_what_somebody_typed_elsewhere(channel: Channel) -> None:
    """They know who is logged in with them, and not whose number stands in a request of the portal."""
    received = taken(identifiers=(customer_of("4711"), email_of("mallory")), channel=channel)

    with pytest.raises(NotPossible):
        accept_token(received.request_id, at=get_time())

    assert Request.objects.get(pk=received.request_id).state == RequestState.VERIFYING


def test_proof_lets_a_clock_go_on_that_stood_still_for_it() -> None:
    received = taken(jurisdiction="GB")
    changing.pause(received.request_id, ground=PauseGround.IDENTITY, officer_id=None, at=get_time())

    request = prove_contact(received.request_id)

    assert request.state == RequestState.IN_PROGRESS
    assert request.paused_at is None
    assert RequestEvent.objects.filter(request=request, kind=EventKind.RESUMED).count() == 1


def test_proof_leaves_a_clock_standing_that_waits_for_something_else() -> None:
    received = taken(jurisdiction="GB")
    changing.pause(received.request_id, ground=PauseGround.CLARIFICATION, officer_id=None, at=get_time())

    assert prove_contact(received.request_id).paused_at is not None


def test_who_was_asked_for_a_document_has_the_time_that_they_were_given() -> None:
    received = taken(jurisdiction="GB")
    changing.pause(received.request_id, ground=PauseGround.IDENTITY, officer_id=None, at=get_time())

    assert services.expire_stale(at=get_time() + timedelta(days=31)) == 0

    changing.resume(received.request_id, at=get_time())
    assert services.expire_stale(at=get_time() + timedelta(days=31)) == 1


def test_nobody_is_told_that_there_is_no_data_before_it_is_proven_who_asks() -> None:
    officer, received = make_officer("olga"), taken()

    def refuse_it() -> None:
        services.refuse(
            received.request_id,
            ground=RefusalGround.NO_DATA,
            explanation="We hold nothing.",
            officer_id=officer.pk,
            version=Request.objects.get(pk=received.request_id).version,
        )

    with pytest.raises(NotPossible):
        refuse_it()
    assert Request.objects.get(pk=received.request_id).state == RequestState.VERIFYING
    prove_contact(received.request_id)
    refuse_it()


def test_who_has_a_telephone_alone_is_told_that_their_request_waits_or_takes_longer() -> None:
    phone = Identifier(IdentifierKind.PHONE, PHONE)
    received = taken(jurisdiction="GB", identifiers=(phone,))

    changing.pause(received.request_id, ground=PauseGround.IDENTITY, officer_id=None, at=get_time())

    paused = Message.objects.get(request_id=received.request_id, template=MailTemplate.PAUSED)
    assert paused.by_sms
    assert read_mails(received.request_id)[-1]["to"] == PHONE


def test_the_page_that_an_agent_was_told_of_ends_with_the_proof() -> None:
    received = taken(channel=Channel.DRP)
    request = Request.objects.get(pk=received.request_id)
    parts.keep(request, callbacks=[], at=get_time())
    token = parts.read(request).verification_url.rpartition("=")[2]
    assert find_link(token, LinkPurpose.STATUS, at=get_time()) == request

    prove_contact(received.request_id)

    assert find_link(token, LinkPurpose.STATUS, at=get_time()) is None


def test_the_page_of_a_no_does_not_tell_whether_somebody_elses_number_is_known() -> None:
    """Whoever names their own address and another's number would see by the time it takes."""
    visitor = Client()
    ask(visitor, "/privacy/opt-out/", email="mallory@people.example", phone=PHONE)
    made = get_newest()
    visitor.get(read_link())
    before = page_of(visitor)

    made.steps.update(state=StepState.DONE)
    with transaction.atomic():
        finish(lock_request(made.pk))

    made.refresh_from_db()
    assert made.state == RequestState.FULFILLED
    assert page_of(visitor) == before
    assert "Your no is recorded" in before
    assert not Message.objects.filter(template=MailTemplate.FULFILLED).exists()


def test_who_names_their_own_address_alone_is_told_how_far_their_no_is() -> None:
    visitor = Client()
    ask(visitor, "/privacy/opt-out/")
    made = get_newest()
    visitor.get(read_link())
    made.steps.update(state=StepState.DONE)
    with transaction.atomic():
        finish(lock_request(made.pk))

    assert "It is done." in page_of(visitor)
    assert Message.objects.filter(template=MailTemplate.FULFILLED).count() == 1


def page_of(visitor: Client) -> str:
    """Return the page of a request, without what is new in each form."""
    page = text_of(visitor.get("/privacy/status/"))
    return re.sub(r'name="(csrfmiddlewaretoken|once)" value="[^"]*"', "", page)
