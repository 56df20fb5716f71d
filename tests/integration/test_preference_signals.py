"""People see which signals were followed, which were not, and what their browser says now."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.ledger.queries import get_time
from consent.portal.preferences.signals import COOKIE
from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.queries import get_vocabulary
from consent.records.rules.rows import read_row
from consent.records.services import record_rows
from consent.records.types import Choice, NewRow, Recorded
from consent.requests.wording.languages import LANGUAGES
from tests.portal_world import open_shop
from tests.preference_pages_world import (
    ADS,
    ANN,
    CHOICES,
    SEGMENTS,
    come_in,
    live_in,
    press,
    say,
    text_of,
)
from tests.signals_world import EVERYTHING, make_tc

pytestmark = pytest.mark.django_db
OPT_OUT = "/privacy/opt-out/"
GPC = {"Sec-GPC": "1"}
FOLLOWED = "We follow it, although there was a yes of yours before"
KEPT = "We keep to your no: say yes here if you want it"


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def send(address: str = ANN.value, **signals: str) -> None:
    """Have a site send signals about somebody."""
    at = get_time()
    under = {"controller": "northwind", "notice": "privacy", "notice_version": 3}
    body = {"identifiers": [{"kind": "email", "value": address}], "signals": {**under, **signals}}
    row = read_row(body, vocabulary=get_vocabulary(at=at), at=at, is_act=True)
    assert isinstance(row, NewRow), row
    [outcome] = record_rows(rows=[row], source="shop", at=at)
    assert isinstance(outcome, Recorded), outcome


def read(client: Client, **more: Any) -> str:
    """Return the page of choices in one line."""
    return " ".join(text_of(client.get(CHOICES, **more)).split())


def test_a_string_that_said_no_after_a_yes_is_named_and_may_be_answered() -> None:
    say(ADS, Choice.GRANTED)
    send(usp="1YYN")
    client = come_in()

    page = read(client)

    assert "A consent string of a website or app told us your no on" in page
    assert FOLLOWED in page
    press(client, f"yes-{ADS}")
    assert ConsentRecord.objects.filter(purpose=ADS).latest("version").choice == "granted"
    assert FOLLOWED not in read(client)


def test_a_no_by_a_string_without_a_yes_before_is_named_without_a_conflict() -> None:
    send(usp="1YYN")

    page = read(come_in())

    assert "A consent string of a website or app told us your no on" in page
    assert FOLLOWED not in page


def test_a_strings_yes_against_the_persons_own_no_is_told_and_not_taken() -> None:
    live_in("DE")
    say(SEGMENTS, Choice.REFUSED)
    send(tcf=make_tc(*EVERYTHING))

    page = read(come_in())

    assert KEPT in page
    assert not ConsentRecord.objects.filter(purpose=SEGMENTS, choice="granted").exists()


def test_the_signals_of_somebody_else_are_not_told() -> None:
    live_in("DE")
    say(SEGMENTS, Choice.REFUSED)
    say(ADS, Choice.REFUSED)
    send("bob@people.example", usp="1YYN")
    send("bob@people.example", tcf=make_tc(*EVERYTHING))

    page = read(come_in())

    assert KEPT not in page
    assert FOLLOWED not in page
    assert "told us your no" not in page


def test_a_page_that_hears_the_signal_again_after_a_yes_that_knew_keeps_it_as_won_by_the_yes() -> None:
    say(ADS, Choice.GRANTED, after_conflict_notice=True)

    read(come_in(), headers=GPC)

    [conflict] = RecordedSignal.objects.get(kind="gpc").conflicts
    assert conflict["won"] == "against"
    assert "7025(c)(3)" in conflict["explanation"]


def test_a_yes_that_has_run_out_or_was_taken_back_is_no_conflict() -> None:
    say(ADS, Choice.GRANTED)
    say(ADS, Choice.WITHDRAWN)

    read(come_in(), headers=GPC)

    assert RecordedSignal.objects.get(kind="gpc").conflicts == []


def test_many_signals_take_as_many_statements_as_none() -> None:
    client = come_in()
    say(ADS, Choice.GRANTED)
    client.get(CHOICES)
    with CaptureQueriesContext(connection) as few:
        client.get(CHOICES)
    for _ in range(6):
        send(usp="1YNN")
        send(usp="1YYN")
        say(ADS, Choice.GRANTED)
    send(usp="1YNN")
    send(usp="1YYN")

    with CaptureQueriesContext(connection) as many:
        assert FOLLOWED in read(client)

    assert len(many) == len(few)


def test_the_form_for_opting_out_tells_whether_the_browser_sends_the_signal() -> None:
    silent, signalled = Client(), Client()

    without = text_of(silent.get(OPT_OUT))
    answer = signalled.get(OPT_OUT, headers=GPC)

    assert "Your browser does not send the Global Privacy Control" in without
    assert "Your browser asks us not to sell or share your data" in text_of(answer)
    assert "for this device. Send the form below, too" in text_of(answer)
    assert "Sec-GPC" in answer["Vary"]
    assert COOKIE in answer.cookies
    assert [one.choice for one in ConsentRecord.objects.all()] == ["opt_out_signal"]
    signalled.get(OPT_OUT, headers=GPC)
    assert RecordedSignal.objects.count() == 1


def test_no_other_form_tells_of_the_signal() -> None:
    assert "Global Privacy Control" not in text_of(Client().get("/privacy/ask/access/", headers=GPC))
    assert not RecordedSignal.objects.exists()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_signals_are_told_in_each_language(language: str) -> None:
    live_in("DE")
    say(ADS, Choice.GRANTED)
    say(SEGMENTS, Choice.REFUSED)
    send(usp="1YYN")
    send(tcf=make_tc(*EVERYTHING))
    client = come_in()

    page = read(client, headers={"Accept-Language": language})
    form = text_of(client.get(OPT_OUT, headers={"Accept-Language": language, **GPC}))

    assert f'lang="{language}"' in page
    assert (FOLLOWED in page) is (KEPT in page) is (language == "en")
    assert "Global Privacy Control" in form
