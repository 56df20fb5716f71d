"""Whoever asks for a second code at once is sent none, and is told nothing else; nor whether we know them."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.requests.rules import codes
from consent.requests.wording.languages import LANGUAGES
from tests.portal_world import open_shop, text_of
from tests.preferences_world import (
    ADDRESS,
    ANN,
    CHOICES,
    CODE,
    OPEN,
    ask,
    email,
    enter,
    make_known,
    read_code,
    send_mails,
)

pytestmark = pytest.mark.django_db
BEN = "ben@people.example"
TRUE = {
    "en": ("If a code can be sent now", "once a minute"),
    "de": ("Wenn jetzt ein Code gesendet werden kann", "einmal in der Minute"),
    "fr": ("Si un code peut être envoyé maintenant", "un par minute"),
    "es": ("Si ahora se puede enviar un código", "uno por minuto"),
    "pt": ("Se já pode ser enviado um código", "um por minuto"),
}
"""What is said of the code, and of how often one may be asked for."""
UNTRUE = {
    "en": "We have sent a code",
    "de": "Wir haben einen Code",
    "fr": "Nous avons envoyé un code",
    "es": "Hemos enviado un código",
    "pt": "Enviámos um código",
}


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    open_shop()


def read(response: Any) -> str:
    """Return a page as it is for everybody: without what is random in every one."""
    assert response.status_code == 200
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"', "", text_of(response))


def test_the_texts_are_of_every_language() -> None:
    assert set(TRUE) == set(UNTRUE) == set(LANGUAGES)


@pytest.mark.parametrize("language", TRUE)
def test_the_second_answer_is_the_first_and_true_of_both(language: str) -> None:
    make_known(email(ANN, verified=True))
    pages = set()
    for address in (ANN, BEN):
        client = Client(headers={"Accept-Language": language})
        for _ in range(2):
            pages.add(read(client.post(OPEN, {"brand": "northwind", "email": address}, follow=True)))

    [page] = pages
    assert len(send_mails()) == 2
    assert all(one in page for one in TRUE[language])
    assert UNTRUE[language] not in page


@pytest.mark.parametrize("language", TRUE)
def test_a_new_address_is_told_the_same_of_its_code(language: str) -> None:
    client = Client(headers={"Accept-Language": language})
    enter(client)
    sent = len(send_mails())

    pages = {read(client.post(ADDRESS, {"email": BEN})) for _ in range(2)}

    [page] = pages
    assert len(send_mails()) == sent + 1
    assert all(one in page for one in TRUE[language])
    assert UNTRUE[language] not in page


def test_the_code_of_a_moment_ago_is_good_after_asking_again() -> None:
    client = Client()
    ask(client)
    ask(client)

    entered = client.post(CODE, {"code": read_code(send_mails()[-1].body)})

    assert (entered.status_code, entered.headers["Location"]) == (303, CHOICES)


def test_a_code_that_takes_no_more_tries_is_replaced_within_the_minute() -> None:
    client = Client()
    ask(client)
    assert len(send_mails()) == 1
    for _ in range(codes.ATTEMPTS_PER_CODE):
        client.post(CODE, {"code": "AAAA-AAAA"})

    ask(client)

    assert len(mails := send_mails()) == 2
    assert client.post(CODE, {"code": read_code(mails[-1].body)}).status_code == 303


def test_after_a_minute_another_code_is_sent() -> None:
    client = Client()
    ask(client)
    with time_machine.travel(get_time() + codes.RESENT_AFTER + timedelta(seconds=1)):
        ask(client)

    assert len(send_mails()) == 2
