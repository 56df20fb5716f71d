"""The portal: asking, proving, following, taking; for whoever comes, and against whoever should not."""

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.requests.intake.contents import read_claims, read_details
from consent.requests.intake.deciding import refuse
from consent.requests.limits import rules as limits
from consent.requests.models import AnonymousUse, Message, Request, RequestEvent
from consent.requests.rules import codes
from consent.requests.types import Channel, MailTemplate, RefusalGround, RequestState, RequestType
from tests.mails_world import HOSTILE
from tests.portal_world import (
    ANN,
    ASK,
    FORM,
    ask,
    get_newest,
    open_shop,
    prove,
    read_code,
    read_link,
    send_mails,
    text_of,
)
from tests.requests_world import email_of, take_in

pytestmark = pytest.mark.django_db
PLACES = [
    "/privacy/",
    ASK,
    "/privacy/ask/rectification/",
    "/privacy/opt-out/",
    "/privacy/limit/",
    "/privacy/link/",
    "/privacy/done/",
]


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    open_shop()


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.mark.parametrize("path", PLACES)
def test_every_page_is_kept_by_nobody_and_runs_nothing_of_others(path: str, visitor: Client) -> None:
    response = visitor.get(path, headers={"Accept-Language": "fr-CH, de;q=0.5"})

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Content-Language"] == "fr"
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert '<html lang="fr">' in text_of(response)


def test_a_language_that_was_chosen_stays_and_an_unknown_one_is_english(visitor: Client) -> None:
    assert '<html lang="en">' in text_of(visitor.get("/privacy/", headers={"Accept-Language": "nl, xx"}))
    assert '<html lang="de">' in text_of(visitor.get("/privacy/?language=de"))
    assert '<html lang="de">' in text_of(visitor.get("/privacy/", headers={"Accept-Language": "es"}))
    assert '<html lang="de">' in text_of(visitor.get('/privacy/?language="><script>'))


def test_a_person_asks_shows_that_it_is_them_and_follows_it(visitor: Client) -> None:
    page = ask(visitor, details="My order of May", country="FR")

    assert page.redirect_chain[-1] == ("/privacy/code/", 303)  # type: ignore[attr-defined]
    made = get_newest()
    assert (made.type, made.channel, made.controller) == ("access", Channel.PORTAL, "northwind")
    assert read_claims(made).jurisdiction == "FR"
    assert read_claims(made).reply_to == ANN
    assert read_details(made).text == "My order of May"
    assert visitor.get("/privacy/status/").status_code == 404  # not before it is proven

    before = visitor.session.session_key
    done = visitor.post("/privacy/code/", {"code": read_code(made).lower()}, follow=True)
    assert made.reference in text_of(done)
    assert visitor.session.session_key != before  # a session that somebody else gave them leads nowhere
    status = visitor.get("/privacy/status/")
    assert made.reference in text_of(status)
    assert "We are working on it." in text_of(status)
    assert ANN not in text_of(status)


@pytest.mark.parametrize("type_", [one for one in RequestType if one is not RequestType.APPEAL])
def test_every_type_can_be_asked_for(type_: RequestType, visitor: Client) -> None:
    more = {"field_1": "address", "value_1": "Mill Lane 1"} if type_ is RequestType.RECTIFICATION else {}
    ask(visitor, f"/privacy/ask/{type_}/", details="Because of May", **more)

    made = get_newest()
    assert made.type == type_
    assert read_details(made).corrections == ({"address": "Mill Lane 1"} if more else {})


@pytest.mark.parametrize("path", ["/privacy/opt-out/", "/privacy/limit/", "/privacy/ask/withdrawal/"])
def test_who_says_no_is_never_asked_who_they_are(path: str, visitor: Client) -> None:
    page = ask(visitor, path, email="", customer="10017")

    made = get_newest()
    assert made.state == RequestState.IN_PROGRESS
    assert made.reference in text_of(page)
    assert not RequestEvent.objects.filter(request=made, kind="verification_asked").exists()
    form = text_of(visitor.get(path))
    assert "We do not ask for proof" in form
    assert 'type="file"' not in form


def test_the_purposes_of_a_no_are_those_that_it_can_be_said_to(visitor: Client) -> None:
    form = text_of(visitor.get("/privacy/ask/withdrawal/"))
    assert 'value="advertising.audience"' in form
    assert 'value="service.accounting"' not in form

    ask(visitor, "/privacy/ask/withdrawal/", purposes=["advertising.audience"])
    assert get_newest().purposes == ["advertising.audience"]
    refused = ask(visitor, "/privacy/ask/withdrawal/", purposes=["service.accounting"], once="2")
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "ann"}, "email"),
        ({"email": "ann@people.example\r\nBcc: all@people.example"}, "email"),
        ({"phone": "0170 123"}, "phone"),
        ({"customer": "x" * 300}, "customer"),
        ({"country": "XX"}, "country"),
        ({"country": "'; drop table"}, "country"),
        ({"brand": ""}, "brand"),
        ({"brand": "nobody"}, "brand"),
        ({"details": "x" * 10_001}, "details"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_taken_in(
    changes: dict[str, str], field: str, visitor: Client
) -> None:
    page = ask(visitor, **changes)

    text = text_of(page)
    assert page.status_code == 422
    assert f'href="#{field}"' in text
    assert f'id="{field}-error"' in text
    assert 'aria-invalid="true"' in text
    assert not Request.objects.exists()


def test_what_was_typed_comes_back_as_text_and_runs_nowhere(visitor: Client) -> None:
    page = ask(visitor, email="", customer='"><script>alert(1)</script>', details=HOSTILE)

    text = text_of(page)
    assert "<script" not in text
    assert "&lt;script&gt;alert" in text
    assert "{{ 7|add" in text


def test_a_form_that_is_sent_twice_counts_once(visitor: Client) -> None:
    for _ in range(3):
        page = ask(visitor)

    assert Request.objects.count() == 1
    assert page.redirect_chain[-1][0] == "/privacy/code/"  # type: ignore[attr-defined]
    assert "counts once" in text_of(ask(Client()))  # in another browser: no more than that


def test_what_fills_in_the_field_that_nobody_sees_is_thanked_and_nothing_happens(visitor: Client) -> None:
    page = ask(visitor, website="https://spam.example")

    assert page.status_code == 200
    assert not Request.objects.exists()


def test_known_and_unknown_people_read_the_same(visitor: Client) -> None:
    known = ask(visitor)
    prove(visitor)
    again, other = Client(), Client()
    pages = [
        text_of(ask(client, email=email, once=email))
        for client, email in ((again, ANN), (other, "nobody@people.example"))
    ]

    strip = [page[: page.index("csrfmiddlewaretoken")] for page in (*pages, text_of(known))]
    assert len(set(strip)) == 1
    assert {one.status_code for one in (known,)} == {200}


def test_a_wrong_code_is_told_and_counted_and_too_many_lock(visitor: Client) -> None:
    ask(visitor)
    for _ in range(codes.ATTEMPTS_PER_CODE):
        page = visitor.post("/privacy/code/", {"code": "AAAA-AAAA"})
        assert page.status_code == 422
        assert 'role="alert"' in text_of(page)
    made = get_newest()
    right = visitor.post("/privacy/code/", {"code": read_code(made)})

    assert right.status_code == 422  # that code is over
    assert visitor.get("/privacy/status/").status_code == 404
    assert visitor.post("/privacy/code/", {"code": " "}).status_code == 422


def test_asking_for_another_code_says_the_same_whether_one_leaves(visitor: Client) -> None:
    ask(visitor)
    first = visitor.post("/privacy/code/", {"again": "yes"})

    assert "is on its way" in text_of(first)
    assert Message.objects.filter(template=MailTemplate.CODE).count() == 1  # it was too soon


def test_a_link_opens_the_page_of_its_request_and_leaves_no_token_behind(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask(Client())
    link = read_link()
    response = visitor.get(link)

    assert (response.status_code, response["Location"]) == (303, "/privacy/status/")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    page = text_of(visitor.get("/privacy/status/"))
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert get_newest().reference in page
    assert token not in page
    assert token not in caplog.text
    assert token not in str(list(visitor.session.items()))


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "%00", "<script>", "é" * 43])
@pytest.mark.parametrize("purpose", ["status", "package", "confirm"])
def test_a_link_that_is_over_or_wrong_says_what_to_do(
    token: str, purpose: str, visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = visitor.get(f"/privacy/{purpose}/link", {"token": token})

    assert response.status_code == 410
    assert "/privacy/link/" in text_of(response)
    assert response["Referrer-Policy"] == "no-referrer"
    assert len(token) < 3 or token not in caplog.text
    assert len(token) < 3 or token not in text_of(response)


def test_a_link_is_for_one_purpose_and_ends(visitor: Client) -> None:
    ask(Client())
    link = read_link()

    assert visitor.get(link.replace("/status/", "/package/")).status_code == 410
    get_newest().links.update(expires_at=get_time() - timedelta(seconds=1))
    assert visitor.get(link).status_code == 410


def test_who_lost_their_link_is_sent_one_and_others_read_the_same(visitor: Client) -> None:
    ask(Client())
    made = get_newest()
    send_mails()
    given = [
        {"reference": made.reference.lower(), "email": ANN.upper()},
        {"reference": made.reference, "email": "eve@people.example"},
        {"reference": "R-2222-2222", "email": ANN},
        {"reference": "'; drop", "email": "nobody"},
    ]
    pages = {text_of(visitor.post("/privacy/link/", one)) for one in given}

    assert len(pages) == 1
    assert Message.objects.filter(template=MailTemplate.LINK).count() == 1
    visitor.get(read_link())
    assert made.reference in text_of(visitor.get("/privacy/status/"))
    assert visitor.post("/privacy/link/", {}).status_code == 422


def test_a_request_is_taken_back_by_its_person_and_by_nobody_else(visitor: Client) -> None:
    ask(visitor)
    made = prove(visitor)

    assert Client().post("/privacy/status/withdraw/").status_code == 404
    page = visitor.post("/privacy/status/withdraw/", follow=True)
    made.refresh_from_db()
    assert made.state == RequestState.CANCELLED
    assert "It was withdrawn." in text_of(page)
    assert visitor.post("/privacy/status/withdraw/").status_code == 409


def test_a_refusal_is_explained_and_looked_at_again_when_its_person_asks(visitor: Client) -> None:
    ask(visitor)
    made = prove(visitor)
    made.refresh_from_db()
    officer = User.objects.get(username="alice")
    refuse(
        made.pk,
        ground=RefusalGround.EXCESSIVE,
        explanation=f"You asked last week. {HOSTILE}",
        officer_id=officer.pk,
        version=made.version,
    )
    page = text_of(visitor.get("/privacy/status/"))
    assert "excessive" in page
    assert "You asked last week." in page
    assert "<script" not in page

    assert visitor.post("/privacy/status/appeal/", {"appeal": " "}).status_code == 422
    led = visitor.post("/privacy/status/appeal/", {"appeal": "I did not", "once": "2"}, follow=True)
    appeal = get_newest()
    assert led.redirect_chain[-1][0] == "/privacy/code/"
    assert (appeal.type, appeal.appeal_of_id) == (RequestType.APPEAL, made.pk)
    prove(visitor)
    assert appeal.reference in text_of(visitor.get("/privacy/status/"))


def test_who_is_asked_something_answers_on_the_page(visitor: Client) -> None:
    ask(visitor)
    made = prove(visitor)
    Request.objects.filter(pk=made.pk).update(paused_at=get_time())
    assert "Your answer" in text_of(visitor.get("/privacy/status/"))

    assert visitor.post("/privacy/status/answer/", {"answer": ""}).status_code == 422
    page = text_of(visitor.post("/privacy/status/answer/", {"answer": HOSTILE}))

    assert "We have your answer." in page
    assert "You answered." in page
    event = RequestEvent.objects.filter(request=made, kind="noted").get()
    assert (event.actor, event.officer_id) == ("person", None)
    assert "script" not in str(event.detail)


def test_who_wrote_an_email_follows_a_link_and_needs_no_code(visitor: Client) -> None:
    take_in(channel=Channel.EMAIL_LINK, controller="northwind", identifiers=(email_of("ann"),))
    made = get_newest()
    assert not Message.objects.filter(template=MailTemplate.CODE).exists()
    visitor.get(read_link("confirm"))

    assert "Was it you?" in text_of(visitor.get("/privacy/confirm/"))
    done = visitor.post("/privacy/confirm/", {"yes": "yes", "details": "Order of May"}, follow=True)
    made.refresh_from_db()
    assert made.state == RequestState.IN_PROGRESS
    assert made.verified_by == "email_code"
    assert read_details(made).text == "Order of May"
    assert made.reference in text_of(done)
    assert visitor.get("/privacy/status/").status_code == 200


def test_who_did_not_write_it_says_so_and_it_ends(visitor: Client) -> None:
    take_in(channel=Channel.EMAIL_LINK, controller="northwind", identifiers=(email_of("ann"),))
    visitor.get(read_link("confirm"))
    visitor.post("/privacy/confirm/", {"no": "no"})

    assert get_newest().state == RequestState.CANCELLED
    assert visitor.get("/privacy/status/").status_code == 404


def test_a_network_that_asks_too_often_is_told_to_wait(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(limits.ASK_BY_VISITOR.most):
        assert ask(visitor, email=f"p{number}@people.example", once=str(number)).status_code == 200
    page = ask(visitor, email="one-more@people.example", once="more")

    assert page.status_code == 429
    assert page["Retry-After"] == "3600"
    assert Request.objects.count() == limits.ASK_BY_VISITOR.most
    other = visitor.post(ASK, {**FORM, "once": "x"}, headers={"X-Forwarded-For": "192.0.2.1"})
    assert other.status_code == 429  # nobody believes what a visitor writes there


def test_behind_a_proxy_of_ours_the_network_is_the_one_that_it_names(
    visitor: Client, settings: Settings
) -> None:
    settings.PROXIES = 1
    for number in range(limits.ASK_BY_VISITOR.most + 1):
        page = visitor.post(
            ASK,
            {**FORM, "email": f"p{number}@people.example", "once": str(number)},
            headers={"X-Forwarded-For": f"198.51.100.{number}, 192.0.2.{number}"},
        )
        assert page.status_code == 303
    assert "192.0.2" not in str(AnonymousUse.objects.values())


def test_a_contact_that_is_named_too_often_is_spared(visitor: Client) -> None:
    outcomes = [
        ask(Client(), once=str(number)).status_code for number in range(limits.ASK_BY_CONTACT.most + 1)
    ]

    assert outcomes == [200] * limits.ASK_BY_CONTACT.most + [429]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/privacy/nothing/", 404),
        ("/privacy/ask/appeal/", 404),
        ("/privacy/ask/everything/", 404),
        ("/privacy/confirm/", 404),
        ("/privacy/certificate.pdf", 404),
        ("/privacy/package/", 404),
        ("/privacy/status/", 404),
    ],
)
def test_where_there_is_nothing_a_page_says_so(path: str, status: int, visitor: Client) -> None:
    response = visitor.get(path)

    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert "<h1>" in text_of(response)


def test_a_form_of_another_site_is_not_taken() -> None:
    response = Client(enforce_csrf_checks=True).post(ASK, FORM)

    assert response.status_code == 403
    assert "open for too long" in text_of(response)
    assert not Request.objects.exists()


def test_without_a_policy_nobody_can_be_asked_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.portal.asking.choices.get_policy_in_force", lambda **_: None)
    page = ask(Client(), brand="")

    assert page.status_code == 503
    assert not Request.objects.exists()


def test_a_session_holds_ids_and_nothing_about_the_person(visitor: Client) -> None:
    ask(visitor)
    prove(visitor)

    held = [str(session.get_decoded()) for session in Session.objects.all()]
    assert held
    assert not any("people.example" in one for one in held)
    visitor.post("/privacy/status/leave/")
    assert visitor.get("/privacy/status/").status_code == 404


def test_an_error_of_ours_is_a_page_that_says_nothing_of_it(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError(ANN)

    monkeypatch.setattr("consent.portal.views.asking.get_choices", fail)
    visitor.raise_request_exception = False
    response = visitor.get(ASK)

    assert response.status_code == 500
    assert ANN not in text_of(response)
    assert "Something went wrong" in text_of(response)


def test_tokens_are_in_no_format_of_the_log() -> None:
    logging_settings: Any = django_settings.LOGGING
    formats = [one["format"] for one in logging_settings["formatters"].values()]

    assert not any("query" in one or "args" in one for one in formats)
