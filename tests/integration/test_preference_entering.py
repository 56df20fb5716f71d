"""The ways into the preference centre: for whoever comes, and against whoever should not."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.portal.models import PortalMessage, PreferenceCode, UsedLink, Visit
from consent.portal.preferences import forgetting, visiting
from consent.portal.types import Trust
from consent.requests.limits import rules as limits
from consent.requests.limits.rules import TooMany
from consent.requests.rules import codes
from consent.subjects.queries import find_subjects
from tests.portal_world import open_shop, text_of
from tests.preferences_world import (
    ADDRESS,
    ANN,
    CHOICES,
    CODE,
    LEAVE,
    OPEN,
    ask,
    choices_of,
    count_records,
    email,
    enter,
    make_known,
    make_terms,
    page_of,
    read_code,
    read_link,
    send_mails,
)

pytestmark = pytest.mark.django_db
BEN = "ben@people.example"


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slow ones are not ours
    open_shop()


@pytest.fixture
def visitor() -> Client:
    return Client()


def bare(response: Any) -> tuple[Any, ...]:
    """Return an answer as it is for everybody: without what is random in every one."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|nonce="[^"]*"', "", text_of(response))
    headers = {name: re.sub(r"'nonce-[^']*'", "", value) for name, value in response.headers.items()}
    return response.status_code, text, sorted(headers.items())


def only_visit() -> Visit:
    [visit] = Visit.objects.all()
    return visit


def test_a_code_opens_the_choices_of_whoever_gets_it(visitor: Client) -> None:
    asked = ask(visitor)
    assert (asked.status_code, asked.headers["Location"]) == (303, CODE)
    [mail] = send_mails()

    entered = visitor.post(CODE, {"code": read_code(mail.body).lower().replace("-", " ")})

    assert (entered.status_code, entered.headers["Location"]) == (303, CHOICES)
    assert (only_visit().trust, only_visit().controller) == (Trust.PROVEN, "northwind")
    assert visitor.get(CHOICES).status_code == 200
    assert mail.to == [ANN]
    assert PortalMessage.objects.get().sealed == b""


def test_nothing_tells_whether_an_address_is_known() -> None:
    make_known(email(ANN, verified=True))
    pages, mails = [], []
    for address in (ANN, BEN):
        client = Client()
        seen = [client.get(OPEN), ask(client, address), client.get(CODE)]
        pages.append([bare(one) for one in (*seen, client.post(CODE, {"code": "AAAA-AAAA"}))])
        mail = send_mails()[-1]
        text = mail.body.replace(read_code(mail.body), "").replace(read_link(mail.body), "")
        mails.append((mail.subject, text, len(mail.alternatives[0][0])))

    assert pages[0] == pages[1]
    assert mails[0] == mails[1]
    assert len(find_subjects([[email(BEN)]])[0]) == 0  # nobody was made known by asking


def test_asking_takes_the_same_statements_for_known_and_unknown() -> None:
    make_known(email(ANN, verified=True))
    ask(Client(), "somebody@people.example")  # the first of a network has its limit's row made
    counts = []
    for address in (ANN, BEN):
        with CaptureQueriesContext(connection) as statements:
            ask(Client(), address)
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 25


def test_a_code_is_good_in_the_browser_alone_that_asked_for_it_and_the_link_in_any(visitor: Client) -> None:
    ask(visitor)
    mail, stranger = send_mails()[-1], Client()
    ask(stranger, BEN)

    assert stranger.post(CODE, {"code": read_code(mail.body)}).status_code == 422
    path = read_link(mail.body)
    assert "a•••@people.example" in text_of(stranger.get(path))
    assert Visit.objects.count() == 0  # following it changed nothing: scanners of mails follow links
    assert stranger.post(path).headers["Location"] == CHOICES
    assert only_visit().trust == Trust.PROVEN


def test_a_link_that_works_once_does(visitor: Client) -> None:
    ask(visitor)
    path = read_link(send_mails()[-1].body)
    for _ in range(3):
        assert visitor.get(path).status_code == 200

    assert visitor.post(path).status_code == 303
    assert UsedLink.objects.count() == 1
    for again in (visitor.get(path), visitor.post(path), Client().post(path)):
        assert again.status_code == 410
        assert "used already" in text_of(again)
    assert Visit.objects.count() == 1


def test_a_mailings_link_opens_as_often_as_wanted_and_shows_no_address() -> None:
    path = page_of()
    for _ in range(2):
        response = Client().get(path)
        assert (response.status_code, response.headers["Location"]) == (303, CHOICES)
        assert response.headers["Referrer-Policy"] == "no-referrer"

    assert {(one.trust, one.purpose) for one in Visit.objects.all()} == {
        (Trust.LINK, "marketing.email.newsletter")
    }


@pytest.mark.parametrize("spoil", [lambda path: path[:-3], lambda path: path[:-1] + "é", lambda _: "x"])
def test_a_link_that_is_none_of_ours_leads_to_a_calm_page(
    spoil: Any, visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    token = spoil(page_of()).rpartition("/")[2]
    response = visitor.get(f"/privacy/choices/link/{token}")

    assert response.status_code == 404
    assert "The link is not complete" in text_of(response)
    assert OPEN in text_of(response)
    assert f"/link/{token[:20]}" not in caplog.text  # a token is not for the log
    assert Visit.objects.count() == 0


def test_a_link_whose_time_is_over_says_how_to_come_back(visitor: Client) -> None:
    path = page_of(expires_at=get_time() - timedelta(seconds=1))

    response = visitor.get(path)

    assert response.status_code == 410
    assert "time of this link is over" in text_of(response)


def test_the_session_that_somebody_else_gave_leads_nowhere(visitor: Client) -> None:
    ask(visitor)
    before = visitor.cookies["sessionid"].value
    visitor.post(CODE, {"code": read_code(send_mails()[-1].body)})

    assert visitor.cookies["sessionid"].value != before
    stranger = Client()
    stranger.cookies["sessionid"] = before
    assert stranger.get(CHOICES).headers["Location"] == OPEN
    after = visitor.cookies["sessionid"].value
    visitor.get(page_of())
    assert visitor.cookies["sessionid"].value != after
    assert Visit.objects.count() == 1


def test_nothing_kept_of_a_visit_names_anybody(visitor: Client) -> None:
    enter(visitor)

    rows = [*Session.objects.values_list("session_data"), *PreferenceCode.objects.values_list()]
    decoded = [session.get_decoded() for session in Session.objects.all()]
    assert "ann@" not in repr(rows) + repr(decoded) + repr(list(Visit.objects.values_list()))


def test_guesses_are_counted_and_come_to_an_end(visitor: Client) -> None:
    ask(visitor)
    right = read_code(send_mails()[-1].body)
    for _ in range(codes.ATTEMPTS_PER_CODE):
        assert visitor.post(CODE, {"code": "AAAA-AAAA"}).status_code == 422

    refused = visitor.post(CODE, {"code": right})

    assert refused.status_code == 422
    assert Visit.objects.count() == 0
    for _ in range(codes.ATTEMPTS_PER_REQUEST):
        refused = visitor.post(CODE, {"code": right})
    assert "too many wrong codes" in text_of(refused)


def test_whoever_asks_from_ever_new_browsers_meets_the_limit_of_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codes, "CODES_PER_CONTACT", 3)
    first, *others = [bare(ask(Client())) for _ in range(5)]

    assert all(other == first for other in others)  # nobody is told
    assert len(send_mails()) == 3


def test_guesses_from_ever_new_browsers_meet_the_limit_of_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codes, "ATTEMPTS_PER_CONTACT", 2)
    for _ in range(2):
        client = Client()
        ask(client)
        client.post(CODE, {"code": "AAAA-AAAA"})
    client = Client()
    ask(client)

    assert client.post(CODE, {"code": read_code(send_mails()[-1].body)}).status_code == 422


def test_a_network_may_not_ask_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(limit: limits.Limit, *_: object, **__: object) -> None:
        if limit.name == "preferences-open":
            raise TooMany("too often")

    monkeypatch.setattr("consent.portal.views.entering.spend", refuse)

    assert ask(Client()).status_code == 429
    assert PortalMessage.objects.count() == 0


def test_asking_again_at_once_sends_no_second_code_and_later_the_newest_alone_counts(visitor: Client) -> None:
    ask(visitor)
    ask(visitor)
    [first] = send_mails()
    with time_machine.travel(get_time() + timedelta(minutes=2)):
        ask(visitor)
        _, second = send_mails()
        assert visitor.post(CODE, {"code": read_code(first.body)}).status_code == 422
        assert visitor.post(CODE, {"code": read_code(second.body)}).status_code == 303


def test_a_code_is_over_after_its_time_and_used_once(visitor: Client) -> None:
    ask(visitor)
    code = read_code(send_mails()[-1].body)
    with time_machine.travel(get_time() + codes.LIFETIME + timedelta(seconds=1)):
        assert visitor.post(CODE, {"code": code}).status_code == 422
    assert visitor.post(CODE, {"code": code}).status_code == 303
    assert visitor.get(CODE).headers["Location"] == OPEN  # back button: there is nothing to enter
    assert visitor.post(CODE, {"code": code}).headers["Location"] == OPEN


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"brand": "northwind", "email": ""}, "Enter your address"),
        ({"brand": "northwind", "email": "nobody"}, "complete e-mail address"),
        ({"brand": "", "email": ANN}, "Choose who"),
        ({"brand": "nobody", "email": ANN}, "Choose who"),
        ({"email": "\0" * 9000}, "Enter your address"),
        ({}, "Enter your address"),
    ],
)
def test_a_form_that_cannot_be_taken_says_what_to_do(
    form: dict[str, str], said: str, visitor: Client
) -> None:
    response = visitor.post(OPEN, form)

    assert response.status_code == 422
    assert said in text_of(response)
    assert PortalMessage.objects.count() == 0


def test_a_code_goes_to_a_telephone_where_text_messages_are_set_up(
    settings: Settings, tmp_path: Any, visitor: Client
) -> None:
    assert 'name="phone"' not in text_of(visitor.get(OPEN))
    settings.SMS_BACKEND = "consent.requests.mails.sms.backends.File"
    settings.SMS_FILE = tmp_path / "sms.ndjson"
    assert 'name="phone"' in text_of(visitor.get(OPEN))

    visitor.post(OPEN, {"brand": "northwind", "email": "", "phone": "+49 170 1234567"})
    send_mails()

    text = json.loads(settings.SMS_FILE.read_text())["text"]  # its id may look like a code, too
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", text)
    assert found is not None
    assert visitor.post(CODE, {"code": found[0]}).status_code == 303


def test_a_visit_ends_when_nobody_goes_on_and_says_how_to_come_back(visitor: Client) -> None:
    start = get_time()
    enter(visitor)
    for minutes in (25, 50, 75):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert visitor.get(CHOICES).status_code == 200
    with time_machine.travel(start + timedelta(minutes=106)):
        assert visitor.get(CHOICES).headers["Location"] == OPEN
        assert "You were not active for a while" in text_of(visitor.get(OPEN))


def test_the_busiest_visit_ends_after_eight_hours_and_one_by_link_after_one(visitor: Client) -> None:
    start, other = get_time(), Client()
    enter(visitor)
    other.get(page_of())
    for minutes in range(20, 480, 20):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert visitor.get(CHOICES).status_code == 200
            assert (other.get(CHOICES).status_code == 200) is (minutes <= 60)
    with time_machine.travel(start + timedelta(hours=8, seconds=2)):
        assert visitor.get(CHOICES).status_code == 303


def test_a_visit_whose_master_key_was_taken_away_is_over(settings: Settings, visitor: Client) -> None:
    enter(visitor)
    settings.MASTER_KEYS = {2: b"\x09" * 32}

    assert visitor.get(CHOICES).headers["Location"] == OPEN


def test_reading_a_visit_takes_one_statement(django_assert_num_queries: Any, rf: Any) -> None:
    request = rf.get(CHOICES)
    request.session = Client().session
    terms_at = get_time()
    begun = visiting.begin(request, make_terms(trust=Trust.PROVEN), at=terms_at)
    with django_assert_num_queries(1):
        assert visiting.read(request, at=terms_at) == begun


def test_leaving_forgets_the_visit(visitor: Client) -> None:
    enter(visitor)

    left = visitor.post(LEAVE)

    assert "You have left" in text_of(left)
    assert Visit.objects.count() == 0
    assert visitor.get(CHOICES).headers["Location"] == OPEN


def test_a_form_of_another_site_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)

    assert client.post(page_of(works_once=True)).status_code == 403
    assert client.post(LEAVE).status_code == 403
    assert client.post(OPEN, {"brand": "northwind", "email": ANN}).status_code == 403


def test_a_new_address_counts_once_its_code_was_entered(visitor: Client) -> None:
    make_known(email(ANN, verified=True))
    enter(visitor)
    assert "a•••@people.example" in text_of(visitor.get(ADDRESS))
    visitor.post(ADDRESS, {"email": BEN})
    mail = send_mails()[-1]
    assert mail.to == [BEN]
    assert "/choices/link/" not in mail.body
    assert find_subjects([[email(BEN)]]) == [frozenset()]

    done = visitor.post(ADDRESS, {"code": read_code(mail.body)})

    assert "count for both addresses" in text_of(done)
    assert find_subjects([[email(BEN)]]) == find_subjects([[email(ANN)]])
    assert len(find_subjects([[email(BEN)]])[0]) == 1
    assert "b•••@people.example" in text_of(visitor.get(ADDRESS))


def test_a_victims_address_without_its_code_gives_nothing(visitor: Client) -> None:
    make_known(email(BEN, verified=True))
    make_known(email(ANN, verified=True))
    enter(visitor)
    own = read_code(send_mails()[-1].body)
    visitor.post(ADDRESS, {"email": BEN})
    theirs = read_code(send_mails()[-1].body)
    before = find_subjects([[email(BEN)], [email(ANN)]])

    assert visitor.post(ADDRESS, {"code": own}).status_code == 422
    assert visitor.post(CODE, {"code": theirs}).status_code == 303  # no code was asked for here
    assert "a•••@" in text_of(visitor.get(ADDRESS))
    assert "b•••@" not in text_of(visitor.get(ADDRESS))
    assert find_subjects([[email(BEN)], [email(ANN)]]) == before


def test_the_code_of_another_visit_adds_no_address(visitor: Client) -> None:
    enter(visitor)
    visitor.post(ADDRESS, {"email": BEN})
    code = read_code(send_mails()[-1].body)
    visitor.post(LEAVE)
    with time_machine.travel(get_time() + timedelta(minutes=2)):
        enter(visitor)
        assert visitor.post(ADDRESS, {"code": code}).status_code == 422


def test_two_people_who_are_known_are_not_joined_by_a_form(visitor: Client) -> None:
    make_known(email(BEN, verified=True))
    make_known(email(ANN, verified=True))
    enter(visitor)
    visitor.post(ADDRESS, {"email": BEN})
    before = find_subjects([[email(BEN)], [email(ANN)]])

    held = visitor.post(ADDRESS, {"code": read_code(send_mails()[-1].body)})

    assert held.status_code == 409
    assert "somebody else" in text_of(held)
    assert find_subjects([[email(BEN)], [email(ANN)]]) == before


def test_whoever_came_by_a_mailings_link_adds_no_address(visitor: Client) -> None:
    visitor.get(page_of())

    assert visitor.get(ADDRESS).headers["Location"] == OPEN
    assert visitor.post(ADDRESS, {"email": BEN}).headers["Location"] == OPEN
    assert PortalMessage.objects.count() == 0


def test_leaving_does_not_give_new_tries(visitor: Client) -> None:
    enter(visitor)
    visitor.post(ADDRESS, {"email": BEN})
    visitor.post(LEAVE)

    assert PreferenceCode.objects.filter(kind="new_address").count() == 1


def test_what_is_over_is_forgotten_and_nothing_else(visitor: Client) -> None:
    enter(visitor)
    visitor.post(read_link(send_mails()[-1].body))
    at = get_time()
    assert forgetting.forget(at=at) == 0

    assert forgetting.forget(at=at + timedelta(hours=2)) == 2  # the visit, and the link
    assert PreferenceCode.objects.count() == 1
    assert forgetting.forget(at=at + timedelta(hours=25)) == 1
    assert forgetting.forget(at=at + timedelta(days=8)) == 1
    assert PortalMessage.objects.count() == 0


def test_everybody_may_say_no_to_all_from_the_page(visitor: Client) -> None:
    visitor.get(page_of())

    visitor.post(CHOICES, {"all": "no"})
    before = count_records()
    visitor.post(CHOICES, {"all": "no"})

    assert set(choices_of()) == {"advertising", "analytics", "marketing", "profiling"}
    assert count_records() == before == 4
