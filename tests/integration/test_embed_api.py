"""What web sites send through the embed: who may, what is written, and what comes back."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from consent.ledger.models import Leaf
from consent.ledger.queries import get_time
from consent.portal.embed.sites import describe
from consent.portal.models import Site
from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.services import record_rows
from consent.records.types import Choice, NewChoice, NewRow
from consent.subjects.models import IdentifierIndex, Subject
from consent.subjects.types import Identifier, IdentifierKind
from tests.embed_world import (
    ADS,
    DEVICE,
    GROUPS,
    KEY,
    MEASURING,
    SHOP,
    ask,
    list_said,
    make_other_site,
    make_site,
    open_site,
    post,
    say,
)
from tests.ledger_world import sequence_all

pytestmark = pytest.mark.django_db
ALL = {ADS: True, GROUPS: True, MEASURING: True}


@pytest.fixture
def site() -> Site:
    return open_site()


@pytest.mark.usefixtures("site")
def test_a_yes_is_recorded_for_the_device_on_the_notice_in_force() -> None:
    answer = say(ALL, language="de", banner="klaro")

    body = answer.json()
    assert answer.status_code == 201
    assert body["holds"] == ALL
    assert len(body["receipts"]) == 3
    assert body["receipt"] == body["receipts"][0]
    row = ConsentRecord.objects.get(purpose=ADS)
    assert (row.controller, row.notice, row.notice_version) == ("northwind", "privacy", 3)
    assert (row.method, row.form, row.source) == ("banner:klaro", "northwind-shop:de", "site:northwind-shop")
    assert list(IdentifierIndex.objects.values_list("kind", flat=True)) == [IdentifierKind.COOKIE_ID]


@pytest.mark.usefixtures("site")
def test_what_the_banner_calls_things_is_read_by_the_site_and_a_no_wins() -> None:
    answer = say(
        categories={"marketing": True, "necessary": True, "analytics": False}, choices={GROUPS: False}
    )

    assert answer.json()["holds"] == {ADS: False, GROUPS: False, MEASURING: False}
    assert dict(list_said()) == {ADS: "granted", GROUPS: "refused", MEASURING: "refused"}  # needs its groups


@pytest.mark.usefixtures("site")
def test_a_no_after_a_yes_is_a_withdrawal_and_speaks_of_all_that_the_site_asks_for() -> None:
    say(ALL)

    answer = say({"*": False})

    assert answer.json()["holds"] == dict.fromkeys(ALL, False)
    assert [choice for _, choice in list_said()][3:] == ["withdrawn"] * 3
    assert "*" not in dict(list_said())


@pytest.mark.usefixtures("site")
def test_what_was_never_asked_is_not_named_and_an_unknown_device_has_said_nothing() -> None:
    say({MEASURING: True})

    assert ask().json()["holds"] == {MEASURING: True}
    assert ask(device="acd_" + "f" * 32).json() == {"holds": {}, "after_conflict": [], "until": None}


@pytest.mark.usefixtures("site")
def test_a_signal_stands_against_a_yes_that_was_not_given_in_knowledge_of_it() -> None:
    answer = say(ALL, gpc=True)

    assert answer.json()["holds"] == {ADS: False, GROUPS: True, MEASURING: True}
    assert ("*", "opt_out_signal") in list_said()


@pytest.mark.usefixtures("site")
def test_a_yes_after_a_conflict_notice_stands_against_the_signal_and_its_repeating() -> None:
    say(gpc=True)

    answer = say(ALL, gpc=True, after_conflict_notice=True)

    assert answer.json()["holds"][ADS] is True
    assert answer.json()["after_conflict"] == sorted(ALL)
    assert say({MEASURING: False}, gpc=True).json()["holds"][ADS] is True
    assert list_said().count(("*", "opt_out_signal")) == 1


@pytest.mark.usefixtures("site")
def test_a_browser_that_sends_the_signal_is_heard_whatever_the_page_says() -> None:
    answer = say(ALL, gpc=False, headers={"Sec-GPC": "1"})

    assert answer.json()["holds"][ADS] is False
    assert answer["Vary"] == "Origin, Sec-GPC"


@pytest.mark.parametrize(
    ("headers", "came_as"), [({"Sec-GPC": "1"}, "header"), ({"Sec-GPC": "true"}, "script")], ids=str
)
@pytest.mark.usefixtures("site")
def test_a_signal_leaves_its_evidence_beside_the_choice(headers: dict[str, str], came_as: str) -> None:
    say(gpc=True, headers=headers)

    signal = RecordedSignal.objects.get()
    assert ConsentRecord.objects.get().refers_to == signal.event_id
    sequence_all()
    body = json.loads(bytes(Leaf.objects.get(event_id=signal.event_id).envelope))["body"]
    assert (body["kind"], body["says"], body["mapping"]) == ("gpc", {"came_as": came_as}, None)
    say(gpc=True, headers=headers)
    assert RecordedSignal.objects.count() == 1


@pytest.mark.usefixtures("site")
def test_a_signal_against_a_yes_is_kept_as_a_conflict_and_one_that_knew_of_it_wins() -> None:
    say(ALL)
    say(gpc=True)

    [followed] = RecordedSignal.objects.get().conflicts

    assert (followed["purpose"], followed["against_from"], followed["won"]) == (ADS, "explicit", "heard")


@pytest.mark.usefixtures("site")
def test_a_yes_after_the_notice_of_the_conflict_is_kept_as_the_one_that_won() -> None:
    say(ALL, gpc=True, after_conflict_notice=True)

    [kept] = RecordedSignal.objects.get().conflicts

    assert (kept["purpose"], kept["won"]) == (ADS, "against")


@pytest.mark.usefixtures("site")
def test_a_signal_against_nothing_is_in_no_conflict() -> None:
    say({MEASURING: True})
    say({ADS: False}, gpc=True)

    assert RecordedSignal.objects.get().conflicts == []


@pytest.mark.parametrize("value", ["true", "0", "1,1", "01", "yes"])
@pytest.mark.usefixtures("site")
def test_a_header_that_is_not_exactly_one_is_no_signal(value: str) -> None:
    say({MEASURING: True}, headers={"Sec-GPC": value})

    assert not RecordedSignal.objects.exists()


@pytest.mark.usefixtures("site")
def test_a_statement_sent_again_is_written_once_though_time_passed() -> None:
    first = say(ALL, key="a" * 32, seconds_ago=1)
    again = say(ALL, key="a" * 32, seconds_ago=700)

    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert len(list_said()) == 3
    assert say({ADS: False}, key="a" * 32).status_code == 422
    assert say(ALL, headers={"Idempotency-Key": None}).json()["code"] == "malformed_idempotency_key"


@pytest.mark.usefixtures("site")
def test_an_old_yes_lifts_no_no_that_was_said_since_and_an_old_no_counts_at_once() -> None:
    say({MEASURING: False})

    assert say({MEASURING: True}, seconds_ago=3600).json()["holds"] == {MEASURING: False}
    assert say({MEASURING: True}).json()["holds"] == {MEASURING: True}
    assert say({GROUPS: False}, seconds_ago=3600).json()["holds"][GROUPS] is False


@pytest.mark.usefixtures("site")
def test_a_yes_on_a_notice_that_nobody_could_have_seen_is_refused_and_nothing_is_written() -> None:
    for changes in (
        {"notice_version": 4},
        {"notice": "terms"},
        {"notice_version": 3, "seconds_ago": 34_560_000},
    ):
        answer = say({MEASURING: True, ADS: False}, **changes)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert list_said() == []
    assert say({ADS: False}, notice_version=99).status_code == 201  # a no needs no notice


@pytest.mark.usefixtures("site")
def test_a_yes_to_what_the_site_does_not_ask_for_is_refused_and_a_no_is_taken() -> None:
    assert say({"marketing.email": True}).status_code == 400
    assert say({"*": True}).status_code == 400
    assert list_said() == []
    assert say({"marketing.email": False}).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"device": "ann@people.example"},
        {"device": "00001"},
        {"device": "acd_" + "A" * 32},
        {"device": "acd_" + "0" * 33},
        {"device": ["acd_" + "0" * 32]},
        {"device": None},
        {"email": "ann@people.example"},
        {"identifiers": []},
        {"choices": {ADS: "yes"}},
        {"choices": {ADS: 1}},
        {"choices": [ADS]},
        {"choices": {"Not A Purpose": False}},
        {"choices": {"a" * 129: False}},
        {"choices": {f"a{number}": False for number in range(101)}},
        {"categories": "all"},
        {"gpc": "true"},
        {"seconds_ago": -1},
        {"seconds_ago": 1.5},
        {"seconds_ago": True},
        {"seconds_ago": 10**12},
        {"language": "<script>"},
        {"banner": "Klaro!"},
        {"notice_version": 0},
    ],
)
@pytest.mark.usefixtures("site")
def test_what_is_malformed_is_refused_with_its_place_and_nothing_of_it_is_echoed(changes: Any) -> None:
    answer = say(**{"choices": {ADS: False}, **changes})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "ann@people.example" not in answer.content.decode()
    assert "<script" not in answer.content.decode()
    assert list_said() == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"site": 1}', b'{"site":"a","site":"b"}', b"\xff"]
)
@pytest.mark.parametrize("path", ["choices", "state"])
@pytest.mark.usefixtures("site")
def test_a_body_that_is_none_is_refused(path: str, body: bytes) -> None:
    answer = post(path, body, headers={"Origin": SHOP, "Idempotency-Key": "a"})

    assert answer.status_code == 400
    assert answer["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.usefixtures("site")
def test_a_large_body_and_another_type_are_refused() -> None:
    assert post("choices", b" " * 20_000, headers={"Origin": SHOP}).status_code == 413
    client = Client()
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = client.post("/embed/v1/choices", b"{}", content_type=kind, headers={"Origin": SHOP})
        assert answer.status_code == 415


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "https://northwind.example",
        "http://www.northwind.example",
        "https://www.northwind.example:8443",
        "https://www.northwind.example.evil.example",
        "https://WWW.northwind.example",
        "https://www.northwind.example/",
        "*",
        "https://b.example",
    ],
)
@pytest.mark.usefixtures("site")
def test_a_page_elsewhere_may_neither_write_nor_read(origin: str | None) -> None:
    make_other_site()

    written = say(ALL, headers={"Origin": origin})
    headers = {} if origin is None else {"Origin": origin}
    read = post("state", {"site": KEY, "device": DEVICE}, headers=headers)
    asked = Client().get(f"/embed/v1/sites/{KEY}", headers=headers)

    for answer in (written, read, asked):
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")
        assert answer.get("Access-Control-Allow-Origin") in {None, "https://b.example"}
        assert answer["Vary"].split(", ")[0] == "Origin"
    assert list_said() == []
    assert Site.objects.get(key=KEY).refused_at is not None


@pytest.mark.usefixtures("site")
def test_a_preflight_tells_pages_of_sites_what_they_may_send_and_others_nothing() -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}

    ours = Client().options("/embed/v1/choices", headers={"Origin": SHOP, **asked})
    others = Client().options("/embed/v1/choices", headers={"Origin": "https://evil.example", **asked})

    assert (ours.status_code, ours["Access-Control-Allow-Origin"]) == (204, SHOP)
    assert ours["Access-Control-Allow-Methods"] == "POST"
    assert ours["Access-Control-Allow-Headers"] == "Content-Type, Idempotency-Key"
    assert not [name for name in others.headers if name.startswith("Access-Control-")]
    for answer in (ours, others):
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.usefixtures("site")
def test_nothing_here_sets_or_reads_a_cookie() -> None:
    for answer in (say(ALL), ask(), Client().get(f"/embed/v1/sites/{KEY}", headers={"Origin": SHOP})):
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")


def test_a_site_that_is_unknown_or_switched_off_answers_nobody(site: Site) -> None:
    Site.objects.filter(pk=site.pk).update(is_active=False)

    for answer in (
        say(ALL),
        ask(),
        say(ALL, site="nobody"),
        say(ALL, site="\x00"),
        say(ALL, site="x" * 5000),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "site_unknown")
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert list_said() == []


@pytest.mark.usefixtures("site")
def test_the_configuration_says_what_the_site_asks_for_and_is_asked_for_again_by_its_tag() -> None:
    path, headers = f"/embed/v1/sites/{KEY}", {"Origin": SHOP}

    answer = Client().get(path, headers=headers)

    body = answer.json()
    assert body["categories"] == {"marketing": [ADS, GROUPS], "analytics": [MEASURING]}
    assert (body["notice"], body["notice_version"]) == ("privacy", 3)
    assert body["signalled"] == [ADS]
    assert body["preferences"] == "http://testserver/privacy/choices/"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = Client().get(path, headers={**headers, "If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Access-Control-Allow-Origin"] == SHOP
    assert Site.objects.get(key=KEY).loaded_at is not None


@pytest.mark.usefixtures("site")
def test_limits_are_by_network_and_by_site_and_a_refusal_can_be_read(settings: Settings) -> None:
    settings.EMBED_BY_NETWORK = 1
    ask()
    answer = say(ALL)
    settings.EMBED_BY_NETWORK, settings.EMBED_BY_SITE = 100, 1
    by_site = say(ALL)

    for one in (answer, by_site):
        assert (one.status_code, one.json()["code"]) == (429, "too_many_requests")
        assert one["Retry-After"]
        assert one["Access-Control-Allow-Origin"] == SHOP
    assert list_said() == []


def test_without_a_policy_a_no_is_recorded_and_a_yes_waits() -> None:
    make_site()

    answer = say(ALL)

    assert (answer.status_code, answer.json()["code"]) == (503, "policy_unavailable")
    assert say({ADS: False}).status_code == 201
    assert list_said() == [(ADS, "refused")]
    assert Client().get(f"/embed/v1/sites/{KEY}", headers={"Origin": SHOP}).json()["notice_version"] is None


@pytest.mark.usefixtures("site")
def test_a_device_of_somebody_who_was_erased_is_not_used_again() -> None:
    say(ALL)
    Subject.objects.update(erased_at=get_time())

    assert ask().json()["holds"] == {}


def _say_elsewhere(choice: Choice, *identifiers: Identifier, at: Any = None) -> None:
    claim = NewChoice(purpose=MEASURING, choice=choice, effective_at=at or get_time(), controller="northwind")
    record_rows(rows=[NewRow(identifiers, (claim,), ())], source="test", at=get_time())


@pytest.mark.usefixtures("site")
def test_a_no_of_the_person_that_the_device_is_linked_to_counts_and_their_yes_does_not() -> None:
    customer, device = (
        Identifier(IdentifierKind.CUSTOMER_ID, "c-1"),
        Identifier(IdentifierKind.COOKIE_ID, DEVICE),
    )
    _say_elsewhere(Choice.GRANTED, customer)
    say({ADS: False})
    _say_elsewhere(Choice.GRANTED, customer, device)

    assert ask().json()["holds"] == {
        ADS: False
    }  # the person's yes to measuring is not told to whoever has the device
    say({MEASURING: True})
    assert ask().json()["holds"][MEASURING] is True
    _say_elsewhere(Choice.WITHDRAWN, customer)
    assert ask().json()["holds"][MEASURING] is False


@pytest.mark.usefixtures("site")
def test_a_yes_ends_when_the_policy_says() -> None:
    answer = say({MEASURING: True}, seconds_ago=34_000_000)

    until = answer.json()["until"]
    assert answer.json()["holds"] == {MEASURING: True}
    assert until is not None
    assert say({GROUPS: True}).json()["until"] == until  # the first of the ends


def test_nothing_names_the_device_in_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    say(ALL)
    say(ALL, site="nobody")

    assert DEVICE not in caplog.text
    assert site.slug not in caplog.text


@pytest.mark.usefixtures("site")
def test_the_tests_notice_an_origin_that_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_any(key: str, *, origin: str | None, at: Any) -> Any:
        del origin, at
        return describe(Site.objects.get(key=key))

    monkeypatch.setattr("consent.portal.embed.views.find_site", find_any)

    assert say({ADS: False}, headers={"Origin": "https://evil.example"}).status_code == 201
