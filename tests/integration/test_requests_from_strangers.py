"""What strangers send, and what must not come of it: no error of ours, no lost request, nobody's data."""

import pytest
from django.test import Client
from pytest_django import Settings

from consent.requests.models import Message, Request
from consent.requests.rules.references import ALPHABET
from consent.requests.types import (
    MailTemplate,
)
from tests.mails_world import HOSTILE
from tests.portal_world import ANN, ask, get_newest, open_shop, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    open_shop()


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
