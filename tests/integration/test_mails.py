"""Messages to people: each leaves once, says what it should, and what cannot leave is told."""

import email
import json
import smtplib
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models.functions import Now
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.mails import links, sending
from consent.requests.mails.contents import WrongContext
from consent.requests.mails.errors import MessageRefused, NotSentNow
from consent.requests.mails.queueing import queue_mail
from consent.requests.mails.reading import read_mail
from consent.requests.mails.resending import send_again
from consent.requests.mails.sending import Sent, send_message, send_waiting
from consent.requests.mails.sms.backends import HttpGateway, TextMessage
from consent.requests.models import Link, Message, Request, RequestEvent
from consent.requests.types import EventKind, LinkPurpose, MailTemplate, NotPossible
from lineage.leases.claiming import claim
from tests.fakes.service import Asked, FakeService, Reply
from tests.mails_world import ADDRESS, HOSTILE, PHONE, make_request

pytestmark = pytest.mark.django_db
CODE = {"code": "482913", "minutes": "15"}


@pytest.fixture(autouse=True)
def public(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example/"
    settings.DEFAULT_FROM_EMAIL = "Northwind <privacy@northwind.example>"


def send_all() -> Counter[Sent]:
    return send_waiting(limit=100, until=monotonic() + 60)


def rest_is_over() -> None:
    Message.objects.exclude(next_attempt_at=None).update(next_attempt_at=Now())


def kinds(request: Request) -> list[str]:
    rows = RequestEvent.objects.filter(request=request).order_by("at", "pk")
    return list(rows.values_list("kind", flat=True))


def received() -> list[EmailMessage]:
    """Return what was sent, as a mail program reads its bytes."""
    return [email.message_from_bytes(one.message().as_bytes(), policy=default) for one in outbox.outbox]


def body(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_mail_is_sent_once_and_told_by_its_template_alone() -> None:
    request = make_request(language="de-AT")
    queue_mail(request, MailTemplate.RECEIVED, to=ADDRESS, context={"due_on": "2026-04-07"})

    assert send_all() == {Sent.SENT: 1}
    assert send_all() == {}
    (message,) = received()
    assert message["To"] == ADDRESS
    assert message["Subject"] == f"Wir haben Ihren Antrag {request.reference} erhalten"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "7. April 2026" in body(message)
    assert '<html lang="de">' in body(message, "html")
    (event,) = RequestEvent.objects.filter(kind=EventKind.MAIL_SENT)
    assert event.detail == {
        "message": str(Message.objects.get().pk),
        "template": "received",
        "way": "email",
    }
    request.refresh_from_db()
    assert request.acknowledged_at is not None
    assert kinds(request) == ["mail_sent", "acknowledged"]


def test_the_link_in_a_mail_leads_to_its_request_and_is_kept_as_a_hash_alone() -> None:
    request = make_request()
    queue_mail(request, MailTemplate.RECEIVED, to=ADDRESS)
    send_all()

    address = next(line for line in body(received()[0]).splitlines() if line.startswith("https://"))
    parts = urlsplit(address)
    (token,) = parse_qs(parts.query)["token"]
    at = get_time()
    assert (parts.hostname, parts.path) == ("privacy.example", "/privacy/status/link")
    assert len(token) == 43
    assert links.find_link(token, LinkPurpose.STATUS, at=at) == request
    assert links.find_link(token, LinkPurpose.PACKAGE, at=at) is None
    assert links.find_link(token, LinkPurpose.STATUS, at=at + timedelta(days=181)) is None
    assert token not in str(Link.objects.values())
    assert links.revoke_links(request, at=at) == 1
    assert links.find_link(token, LinkPurpose.STATUS, at=at) is None


@pytest.mark.parametrize("token", ["", "a" * 43, "x", "'" * 43, "é" * 43, "a" * 4300])
def test_a_token_that_nobody_was_sent_leads_nowhere(token: str) -> None:
    links.make_link(make_request(), LinkPurpose.STATUS, at=get_time())

    assert links.find_link(token, LinkPurpose.STATUS, at=get_time()) is None


def test_a_code_leaves_in_the_body_alone_and_is_not_kept_once_it_left() -> None:
    request = make_request()
    message = queue_mail(request, MailTemplate.CODE, to=ADDRESS, context=CODE)
    send_all()

    sent = received()[0]
    assert "482913" in body(sent)
    assert "482913" in body(sent, "html")
    assert not any("482913" in f"{name}{value}" for name, value in sent.items())
    content = vault.read_json(request, vault.open_key(request), f"message/{message.pk}")
    assert content["context"]["code"] == "······"
    to, shown = read_mail(Message.objects.select_related("request").get())
    assert to == ADDRESS
    assert "482913" not in shown.text


@pytest.mark.parametrize(
    "address",
    [
        "mira@example.org\r\nBcc: all@example.org",
        "mira@example.org, all@example.org",
        "mira@example.org\n",
        "Mira <mira@example.org>",
        "",
        "mira",
    ],
)
def test_an_address_that_is_more_than_an_address_gets_nothing(address: str) -> None:
    request = make_request()
    queue_mail(request, MailTemplate.RECEIVED, to=address)

    assert send_all() == {Sent.GIVEN_UP: 1}
    assert outbox.outbox == []
    assert kinds(request) == ["mail_failed"]
    assert "mira" not in str(Message.objects.values())
    assert "mira" not in str(RequestEvent.objects.values())


def test_a_hostile_reason_stays_text_in_the_bytes_that_leave() -> None:
    request = make_request()
    context = {"ground": "other", "reason": HOSTILE}
    queue_mail(request, MailTemplate.REFUSED, to=ADDRESS, context=context)
    send_all()

    (message,) = received()
    assert message["Bcc"] is None
    assert "<script>" not in body(message, "html")
    assert "{{ 7|add" in body(message)
    assert "{reference}" in body(message)


def test_what_the_mail_server_does_not_take_is_tried_again_with_the_same_id_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[str] = []

    def refuse(message: Any, **_: object) -> int:
        tried.append(message.extra_headers["Message-ID"])
        raise smtplib.SMTPServerDisconnected(f"while talking of {ADDRESS}")

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    request = make_request()
    queue_mail(request, MailTemplate.RECEIVED, to=ADDRESS)

    for _ in range(15):
        assert send_all() == {Sent.PUT_OFF: 1}
        assert send_all() == {}  # it rests
        rest_is_over()
    assert send_all() == {Sent.GIVEN_UP: 1}
    rest_is_over()
    assert send_all() == {}

    assert len(set(tried)) == 1
    assert tried[0].endswith("@northwind.example>")
    (message,) = Message.objects.all()
    assert message.last_error == "the mail server: SMTPServerDisconnected"
    (event,) = RequestEvent.objects.filter(kind=EventKind.MAIL_FAILED)
    assert event.detail["reason"] == "not_sent_now"
    assert message.given_up_at is not None


def test_a_code_that_cannot_leave_is_given_up_when_it_would_be_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotSentNow("away")

    monkeypatch.setattr(sending, "send_email", refuse)
    queue_mail(make_request(), MailTemplate.CODE, to=ADDRESS, context=CODE)
    outcomes: Counter[Sent] = Counter()
    for _ in range(6):
        outcomes += send_all()
        rest_is_over()

    assert outcomes == {Sent.PUT_OFF: 4, Sent.GIVEN_UP: 1}


@pytest.mark.parametrize(("code", "outcome"), [(550, Sent.GIVEN_UP), (450, Sent.PUT_OFF)])
def test_a_server_that_knows_no_such_address_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch, code: int, outcome: Sent
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise smtplib.SMTPRecipientsRefused({ADDRESS: (code, b"no " + ADDRESS.encode())})

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    queue_mail(make_request(), MailTemplate.RECEIVED, to=ADDRESS)

    assert send_all() == {outcome: 1}
    assert ADDRESS not in Message.objects.get().last_error


def test_a_worker_whose_message_another_took_marks_nothing() -> None:
    queue_mail(make_request(), MailTemplate.RECEIVED, to=ADDRESS)
    first = claim(Message.objects.waiting(), limit=1, lease=timedelta(seconds=0))[0]
    second = claim(Message.objects.waiting(), limit=1, lease=timedelta(minutes=1))[0]

    assert send_message(first) is Sent.LOST
    assert send_message(second) is Sent.SENT
    assert RequestEvent.objects.filter(kind=EventKind.MAIL_SENT).count() == 1


def test_what_was_given_up_is_sent_again_when_an_officer_asks(django_user_model: Any) -> None:
    officer = django_user_model.objects.create_user("ada")
    request = make_request()
    message = queue_mail(request, MailTemplate.RECEIVED, to="nobody")
    assert send_all() == {Sent.GIVEN_UP: 1}
    vault.write_json(request, vault.open_key(request), f"message/{message.pk}", {"to": ADDRESS})

    send_again(message.pk, officer_id=officer.pk)

    assert send_all() == {Sent.SENT: 1}
    with pytest.raises(NotPossible):
        send_again(message.pk, officer_id=officer.pk)


def test_a_message_whose_request_was_destroyed_is_given_up() -> None:
    request = make_request()
    queue_mail(request, MailTemplate.RECEIVED, to=ADDRESS)
    vault.destroy(request)

    assert send_all() == {Sent.GIVEN_UP: 1}
    assert outbox.outbox == []


def test_a_mail_with_other_values_than_its_template_takes_is_not_queued() -> None:
    with pytest.raises(WrongContext), transaction.atomic():
        queue_mail(make_request(), MailTemplate.RECEIVED, to=ADDRESS, context={"name": "Mira"})

    assert not Message.objects.exists()


def test_nobody_who_sends_is_set_up_by_default_and_what_waits_says_so(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "consent.requests.mails.unset.EmailBackend"
    queue_mail(make_request(), MailTemplate.RECEIVED, to=ADDRESS)

    assert send_all() == {Sent.PUT_OFF: 1}
    assert "EMAIL_URL" in Message.objects.get().last_error


def test_a_text_message_goes_to_a_file_on_this_machine(tmp_path: Path, settings: Settings) -> None:
    settings.SMS_BACKEND = "consent.requests.mails.sms.backends.File"
    settings.SMS_FILE = tmp_path / "folder" / "sms.ndjson"
    request = make_request(language="es")
    queue_mail(request, MailTemplate.CODE, to=PHONE, context=CODE, by_sms=True)

    assert send_all() == {Sent.SENT: 1}
    (line,) = settings.SMS_FILE.read_text().splitlines()
    assert json.loads(line)["to"] == PHONE
    assert "482913" in json.loads(line)["text"]
    assert outbox.outbox == []


@pytest.mark.parametrize("number", ["0170 1234567", "+1", "+49170123\n4567", "mira@example.org"])
def test_a_number_that_is_none_gets_no_text_message(number: str, settings: Settings) -> None:
    settings.SMS_BACKEND = "consent.requests.mails.sms.backends.Console"
    queue_mail(make_request(), MailTemplate.CODE, to=number, context=CODE, by_sms=True)

    assert send_all() == {Sent.GIVEN_UP: 1}


@pytest.mark.parametrize("address", ["http://169.254.169.254/", "https://10.0.0.1/", "not an address", ""])
def test_a_gateway_at_an_address_of_our_own_network_is_not_asked(address: str, settings: Settings) -> None:
    settings.SMS_URL, settings.ALLOW_LOCAL_DESTINATIONS = address, False
    message = TextMessage(id=make_request().pk, to=PHONE, text="hello")

    with pytest.raises(NotSentNow):
        HttpGateway().send(message)


class Gateway(FakeService):
    """Takes every text message."""

    def answer(self, asked: Asked) -> Reply:
        """Take it."""
        return Reply(200, {"id": asked.json()["id"]})


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    service = Gateway()
    settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_SENDER = f"{service.url}/sms", "secret", "Northwind"
    yield service
    service.close()


def test_a_gateway_is_given_the_message_with_its_id(gateway: Gateway) -> None:
    message = TextMessage(id=make_request().pk, to=PHONE, text="hello")

    HttpGateway().send(message)

    (asked,) = gateway.asked
    assert asked.path == "/sms"
    assert asked.headers["authorization"] == "Bearer secret"
    assert asked.headers["idempotency-key"] == str(message.id)
    assert asked.json() == {"id": str(message.id), "to": PHONE, "from": "Northwind", "text": "hello"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [(400, MessageRefused), (401, NotSentNow), (429, NotSentNow), (503, NotSentNow), ("close", NotSentNow)],
)
def test_what_a_gateway_answers_says_whether_to_try_again(
    gateway: Gateway, answer: int | str, error: type[Exception]
) -> None:
    gateway.plan(answer)

    with pytest.raises(error) as refused:
        HttpGateway().send(TextMessage(id=make_request().pk, to=PHONE, text="hello"))

    assert PHONE not in str(refused.value)
