"""Links by API: for whoever is named, known or not; strict, and only as far as the key may."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from activation.checks.types import Scope
from consent.ledger.queries import get_time
from consent.portal.models import Visit
from consent.portal.preferences.links import LinkUse, read_link
from consent.portal.types import Trust
from consent.subjects.queries import count_subjects
from tests.checks_world import caller
from tests.portal_world import open_shop
from tests.preferences_world import ANN, choices_of, email

pytestmark = pytest.mark.django_db
URL = "/api/v1/preference-links"
SECRET = "not an address of ann"


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example/"
    open_shop()


def body(**changes: Any) -> dict[str, Any]:
    people = [{"identifiers": [{"kind": "email", "value": f" {ANN.upper()}"}]}]
    return {"kind": "mailing", "controller": "northwind", "people": people, **changes}


def mailer() -> APIClient:
    return caller(Scope.PREFERENCES, name="mailer")


def app() -> APIClient:
    return caller(Scope.PREFERENCES, Scope.PREFERENCES_VOUCH, name="app")


def token_of(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


def test_a_mailing_gets_a_page_and_the_headers_of_one_click() -> None:
    answer = mailer().post(URL, body(purpose="marketing.email.newsletter"))

    assert answer.status_code == 201, answer.content
    [link] = answer.json()["links"]
    assert link["url"].startswith("https://privacy.example/privacy/choices/link/")
    assert link["headers"] == {
        "List-Unsubscribe": f"<{link['one_click_url']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    terms = read_link(token_of(link["url"]))
    assert terms == read_link(token_of(link["one_click_url"]), use=LinkUse.ONE_CLICK)
    assert (terms.trust, terms.works_once, terms.identifiers) == (Trust.LINK, False, (email(),))
    assert len(link["url"]) < 250
    assert ANN not in answer.content.decode().lower()
    Client().post(
        urlsplit(link["one_click_url"]).path,
        "List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
    )
    assert "marketing.email.newsletter" in choices_of()


def test_a_thousand_people_get_links_and_nobody_is_looked_up_or_stored(
    django_assert_max_num_queries: Any,
) -> None:
    client = mailer()
    client.post(URL, body())
    people = [{"identifiers": [{"kind": "email", "value": f"p{one}@people.example"}]} for one in range(1000)]

    with django_assert_max_num_queries(6):
        answer = client.post(URL, body(people=people))

    links = answer.json()["links"]
    named = [read_link(token_of(link["url"])).identifiers[0].value for link in links]
    assert named == [f"p{one}@people.example" for one in range(1000)]
    assert len({link["url"] for link in links}) == 1000
    assert count_subjects() == 0


def test_somebody_who_is_logged_in_gets_a_link_that_works_once() -> None:
    people = [{"identifiers": [{"kind": "email", "value": ANN, "verified": True}]}]
    answer = app().post(URL, body(kind="signed_in", valid_for_minutes=5, people=people))

    [link] = answer.json()["links"]
    assert set(link) == {"url"}
    terms = read_link(token_of(link["url"]))
    assert (terms.trust, terms.works_once, terms.identifiers[0].verified) == (Trust.PROVEN, True, True)
    client = Client()
    assert client.post(urlsplit(link["url"]).path).status_code == 303
    assert Visit.objects.get().trust == Trust.PROVEN
    assert client.post(urlsplit(link["url"]).path).status_code == 410


def test_only_a_key_that_vouches_says_who_is_logged_in() -> None:
    refused = mailer().post(URL, body(kind="signed_in"))

    assert (refused.status_code, refused.json()["code"]) == (403, "vouching_not_permitted")
    assert caller(Scope.CONSENTS_WRITE, name="other").post(URL, body()).status_code == 403
    assert APIClient().post(URL, body()).status_code == 401


@pytest.mark.parametrize(
    ("kind", "days"), [("mailing", 365), ("signed_in", 15 / 24 / 60)], ids=["mailing", "signed_in"]
)
def test_a_link_ends(kind: str, days: float) -> None:
    answer = app().post(URL, body(kind=kind)).json()

    terms = read_link(token_of(answer["links"][0]["url"]))
    assert terms.expires_at.isoformat().replace("+00:00", "Z") == answer["expires_at"]
    assert abs(terms.expires_at - get_time() - timedelta(days=days)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "other"},
        {"kind": None},
        {"controller": "nobody"},
        {"controller": "North Wind"},
        {"purpose": "Not A Purpose"},
        {"purpose": "a" * 129},
        {"valid_for_days": 0},
        {"valid_for_days": 401},
        {"valid_for_minutes": 5},
        {"kind": "signed_in", "valid_for_minutes": 16},
        {"kind": "signed_in", "valid_for_days": 1},
        {"kind": "signed_in", "purpose": "marketing"},
        {"people": []},
        {"people": [{}]},
        {"people": "ann"},
        {"people": [{"identifiers": []}]},
        {"people": [{"identifiers": [{"kind": "email", "value": SECRET}]}]},
        {"people": [{"identifiers": [{"kind": "name", "value": SECRET}]}]},
        {"people": [{"identifiers": [{"kind": "email", "value": ANN, "verified": True}]}]},
        {"people": [{"identifiers": [{"kind": "email", "value": ANN, "name": "x"}]}]},
        {"people": [{"identifiers": [{"kind": "email", "value": ANN}] * 6}]},
        {"people": [{"identifiers": [{"kind": "email", "value": ANN}]}] * 1001},
        {"unknown": 1},
    ],
)
def test_what_is_malformed_is_refused_with_its_place_and_never_repeated(changes: dict[str, Any]) -> None:
    answer = app().post(URL, body(**changes))

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert "errors" in answer.json()
    assert SECRET not in answer.content.decode()


def test_without_an_address_of_ours_links_begin_as_the_request_says(settings: Settings) -> None:
    settings.PUBLIC_URL = ""

    [link] = mailer().post(URL, body()).json()["links"]

    assert link["url"].startswith("http://testserver/privacy/choices/link/")
