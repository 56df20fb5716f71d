"""Officers reword mails: previewed, kept for every mail from then on, and told to the ledger."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail as post
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from consent.requests.mails.queueing import queue_mail
from consent.requests.mails.reading import read_mail
from consent.requests.mails.sending import send_waiting
from consent.requests.mails.writing import TEXTS
from consent.requests.models import Message, OwnText
from consent.requests.types import MailTemplate
from consent.requests.wording.changing import CHANGED_KIND, WordingRefused, change_texts
from consent.requests.wording.own_texts import read_texts
from tests.integration.test_requests_case import audited
from tests.mails_world import make_request
from tests.workspace_world import QUEUE, officer, text_of

pytestmark = pytest.mark.django_db
WORDS = f"{QUEUE}mails/words/?mail=mails:received&language=en&law=gdpr"
TEST = f"{QUEUE}mails/test/?mail=mails:received&language=en&law=gdpr"
OURS = TEXTS.texts("en")
OWN = "Hello from the shop.\n\n{link}"


def editor() -> Client:
    return officer("view_request", "edit_wording")


def words(**changed: str) -> dict[str, str]:
    return {part: OURS[f"received.{part}"] for part in ("subject", "body", "sms")} | changed


def test_a_preview_keeps_nothing() -> None:
    page = text_of(editor().post(WORDS, words(body=OWN) | {"try": ""}))

    assert "Hello from the shop." in page
    assert "nothing is kept yet" in page
    assert not OwnText.objects.exists()


def test_what_is_kept_is_said_in_every_mail_from_then_on_and_told_to_the_ledger() -> None:
    answer = editor().post(WORDS, words(body=OWN) | {"keep": ""}, follow=True)

    assert "Hello from the shop." in text_of(answer)
    # what did not change is no change
    assert [row.name for row in OwnText.objects.all()] == ["received.body"]
    [told] = audited(CHANGED_KIND)
    assert list(told["texts"]) == ["received.body"]
    assert "Hello" not in str(told)
    assert read_texts(TEXTS, "en-GB")["received.body"] == OWN
    assert read_texts(TEXTS, "de")["received.body"] == TEXTS.texts("de")["received.body"]


def test_our_words_can_be_said_again_and_every_change_stays_on_record() -> None:
    client = editor()
    client.post(WORDS, words(body=OWN) | {"keep": ""})
    client.post(WORDS, words() | {"ours": ""})

    assert read_texts(TEXTS, "en") == OURS
    assert [row.text for row in OwnText.objects.order_by("pk")] == [OWN, ""]
    assert len(audited(CHANGED_KIND)) == 2


def test_what_cannot_stand_is_refused_with_a_reason_and_nothing_is_lost() -> None:
    page = text_of(editor().post(WORDS, words(body="No link at all.") | {"keep": ""}))

    assert "without {link}" in page
    assert "No link at all." in page
    assert not OwnText.objects.exists()


def test_texts_are_changed_all_or_none() -> None:
    person = get_user_model().objects.create(username="ann")
    texts = {"received.subject": "Well received", "received.body": "no link"}

    with pytest.raises(WordingRefused):
        change_texts(TEXTS, "en", texts, officer_id=person.pk)

    assert not OwnText.objects.exists()


def test_an_own_text_that_fits_ours_no_more_is_passed_over() -> None:
    person = get_user_model().objects.create(username="ann")
    OwnText.objects.create(
        catalogue="mails", name="received.body", language="en", text="{gone}", officer=person
    )

    assert read_texts(TEXTS, "en")["received.body"] == OURS["received.body"]


def test_a_mail_that_was_sent_stays_what_it_was(
    settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    request = make_request(language="en")
    message = queue_mail(request, MailTemplate.RECEIVED, to="mira@example.com")
    send_waiting(limit=1, until=float("inf"))
    Message.objects.filter(pk=message.pk).update(sent_at=timezone.now())

    editor().post(WORDS, words(body=OWN) | {"keep": ""})

    message.refresh_from_db()
    assert "Hello from the shop." not in read_mail(message)[1].text
    queue_mail(request, MailTemplate.RECEIVED, to="mira@example.com")
    send_waiting(limit=1, until=float("inf"))
    assert "Hello from the shop." in post.outbox[-1].body


def test_a_test_goes_to_the_officers_own_address_with_example_values() -> None:
    client = editor()
    get_user_model().objects.filter(username="olga").update(email="olga@example.com")
    client.post(WORDS, words(body=OWN) | {"keep": ""})
    before = len(post.outbox)

    page = text_of(client.post(TEST, {"to": "victim@example.com"}, follow=True))

    assert "on its way" in page
    [sent] = post.outbox[before:]
    assert sent.to == ["olga@example.com"]
    assert sent.subject.startswith("[Test] ")
    assert "Hello from the shop." in sent.body


def test_who_has_no_address_is_told_so() -> None:
    assert "no e-mail address" in text_of(editor().post(TEST, follow=True))
    assert not post.outbox


@pytest.mark.parametrize("address", [WORDS, TEST])
@pytest.mark.parametrize("granted", [["view_request"], ["handle_requests"], ["edit_wording"]])
def test_who_may_not_reword_mails_changes_and_sends_nothing(address: str, granted: list[str]) -> None:
    client = officer(*granted)

    assert client.post(address, words(body=OWN) | {"keep": ""}).status_code == 403
    assert not OwnText.objects.exists()


@pytest.mark.parametrize(
    "asked", ["mail=x:y", "mail=mails:received&language=xx", "mail=mails:%00&language=en"]
)
def test_a_mail_that_is_none_is_not_found(asked: str) -> None:
    client = editor()

    assert client.get(f"{QUEUE}mails/words/?{asked}").status_code == 404
    assert client.post(f"{QUEUE}mails/test/?{asked}").status_code == 404


def test_hostile_words_are_text() -> None:
    hostile = "<script>alert(1)</script> {link}"

    page = text_of(editor().post(WORDS, words(body=hostile) | {"keep": ""}, follow=True))

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
