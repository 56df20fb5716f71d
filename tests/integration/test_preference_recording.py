"""What a visitor's choices come to: yes is narrow, no is wide, and nobody consents in another's name."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.portal.models import Visit
from consent.portal.preferences import recording
from consent.portal.preferences.packing import LinkTerms
from consent.portal.preferences.recording import (
    ChoiceNotTaken,
    PeopleUnclear,
    ProofNeeded,
    may_grant,
    record,
    unsubscribe_all,
)
from consent.portal.preferences.signals import COOKIE, keep_device, note_signal
from consent.portal.preferences.visiting import begin
from consent.portal.types import Trust, Visitor
from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.types import Choice
from consent.requests.limits.rules import TooMany
from consent.subjects.models import IdentifierIndex
from consent.subjects.private_parts import open_parts
from consent.subjects.queries import find_subjects
from consent.subjects.services import erase_subject
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from tests.portal_world import open_shop, text_of
from tests.preferences_world import (
    NOTICE,
    choices_of,
    count_records,
    email,
    make_known,
    make_visitor,
    one_click_of,
    page_of,
)

pytestmark = pytest.mark.django_db
OFFERS, NEWS = "marketing.email", "marketing.email.newsletter"
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
BEN = email("ben@people.example", verified=True)


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def write(visitor: Visitor, changes: dict[str, bool], **more: Any) -> tuple[str, ...]:
    given: dict[str, Any] = {"notice": NOTICE[0], "notice_version": NOTICE[1], "at": get_time(), **more}
    return record(visitor, changes, **given)


def with_visit(rf: Any, trust: Trust = Trust.PROVEN) -> Visitor:
    """Return a visitor whose visit has a row."""
    request = rf.get("/")
    request.session = Client().session
    terms = LinkTerms(
        controller="northwind",
        trust=trust,
        identifiers=(email(verified=trust is Trust.PROVEN),),
        expires_at=get_time(),
    )
    return begin(request, terms, at=get_time())


def test_a_yes_is_for_its_purpose_controller_and_notice(rf: Any) -> None:
    [record_id] = write(make_visitor(), {OFFERS: True}, channel="page")

    row = ConsentRecord.objects.get()
    assert (row.record_id, row.purpose, row.controller, row.choice) == (
        record_id,
        OFFERS,
        "northwind",
        Choice.GRANTED,
    )
    assert ((row.notice, row.notice_version), row.explicit, row.method) == (
        NOTICE,
        True,
        "preference_centre",
    )
    assert (row.form, row.source) == ("page", recording.SOURCE)


def test_a_yes_that_must_be_confirmed_is_confirmed_by_the_proof_of_the_visit() -> None:
    confirmed = write(make_visitor(), {NEWS: True})

    pending = ConsentRecord.objects.get(choice=Choice.PENDING)
    row = ConsentRecord.objects.get(choice=Choice.CONFIRMED)
    assert confirmed == (row.record_id,)
    assert row.refers_to == pending.record_id
    assert choices_of()[NEWS].choice is Choice.CONFIRMED


@pytest.mark.parametrize(
    "visitor_of",
    [
        lambda: make_visitor(Trust.PROVEN, Identifier(IdentifierKind.CUSTOMER_ID, "c-1")),
        lambda: make_visitor(Trust.DEVICE, Identifier(IdentifierKind.COOKIE_ID, "d-1")),
    ],
)
def test_a_yes_of_somebody_whose_address_nobody_proved_waits_for_it(visitor_of: Any) -> None:
    write(visitor_of(), {NEWS: True})

    assert [one.choice for one in ConsentRecord.objects.all()] == [Choice.PENDING]


def test_whoever_holds_a_mailing_says_no_and_no_yes() -> None:
    visitor = make_visitor(Trust.LINK)
    assert (may_grant(visitor), may_grant(make_visitor())) == (False, True)

    with pytest.raises(ProofNeeded):
        write(visitor, {OFFERS: False, NEWS: True})

    assert count_records() == 0
    write(visitor, {OFFERS: False})
    with pytest.raises(ProofNeeded):
        write(visitor, {OFFERS: True})  # nor is their own no taken back
    assert choices_of()[OFFERS].choice is Choice.REFUSED


@pytest.mark.parametrize(
    "more",
    [
        {"changes": {OFFERS: True, "no.such": True}},
        {"notice_version": 99},
        {"notice": "nothing"},
        {"notice": "", "notice_version": None},
        {"changes": {"*": True}},
    ],
)
def test_a_yes_that_the_policy_does_not_know_is_refused_whole(more: dict[str, Any]) -> None:
    changes = more.pop("changes", {OFFERS: True})

    with pytest.raises(ChoiceNotTaken):
        write(make_visitor(), {**changes, "analytics.measurement": False}, **more)

    assert count_records() == 0


def test_a_no_is_taken_for_every_purpose_and_without_a_policy_or_notice() -> None:
    write(make_visitor(), {"no.such": False, OFFERS: False}, notice="", notice_version=None)

    assert {purpose: one.choice for purpose, one in choices_of().items()} == {
        "no.such": Choice.REFUSED,
        OFFERS: Choice.REFUSED,
    }


def test_a_no_after_a_yes_is_a_withdrawal_and_one_to_interests_an_objection() -> None:
    visitor, at = make_visitor(), get_time() - timedelta(minutes=1)
    write(visitor, {OFFERS: True}, at=at)

    write(visitor, {OFFERS: False, "marketing.post": False, "service.fraud_prevention": False})

    found = choices_of()
    assert found[OFFERS].choice is Choice.WITHDRAWN
    assert found["marketing.post"].choice is Choice.OBJECTED
    assert found["service.fraud_prevention"].choice is Choice.OBJECTED


def test_a_form_that_is_sent_twice_counts_once(rf: Any) -> None:
    visitor, changes = with_visit(rf), {OFFERS: True, "marketing.post": False}
    first = write(visitor, changes)

    assert set(write(visitor, changes)) == set(first)
    assert count_records() == 2


def test_back_and_another_choice_is_another_choice(rf: Any) -> None:
    visitor, at = with_visit(rf), get_time()
    for number, is_yes in enumerate([False, True, False, True, True]):
        write(visitor, {OFFERS: is_yes}, at=at + timedelta(milliseconds=number))

    assert count_records() == 4
    assert choices_of()[OFFERS].choice is Choice.GRANTED


def test_a_yes_on_a_newer_notice_or_in_another_visit_is_written_anew(rf: Any) -> None:
    visitor = with_visit(rf)
    write(visitor, {OFFERS: True}, notice_version=2)
    write(visitor, {OFFERS: True})
    Visit.objects.update(opened_at=get_time())
    write(visitor, {OFFERS: True}, at=get_time())

    assert count_records() == 3


def test_a_second_no_to_all_is_written_if_something_was_lifted_meanwhile() -> None:
    visitor, at = make_visitor(), get_time() - timedelta(minutes=1)
    unsubscribe_all(visitor, at=at)
    assert set(unsubscribe_all(visitor, at=at)) == set(
        ConsentRecord.objects.values_list("record_id", flat=True)
    )
    assert count_records() == 4
    write(visitor, {OFFERS: True}, at=at + timedelta(seconds=1))

    unsubscribe_all(visitor, at=at + timedelta(seconds=2))

    assert ConsentRecord.objects.filter(purpose="marketing").count() == 2
    assert count_records() == 6  # the others stood


def test_somebody_who_was_erased_stays_so_until_they_agree_to_something_again() -> None:
    make_known(email(verified=True))
    [[ref]] = find_subjects([[email()]])
    erase_subject(ref=ref, requested_by="test", at=get_time())

    assert unsubscribe_all(make_visitor(), at=get_time()) == ()
    assert write(make_visitor(Trust.LINK), {OFFERS: False}) == ()
    assert count_records() == 0

    write(make_visitor(), {OFFERS: True})
    assert choices_of()[OFFERS].subject_ref != ref


def test_a_yes_for_people_who_must_not_be_joined_is_refused_and_a_no_reaches_both() -> None:
    make_known(email(verified=True))
    make_known(BEN)
    both = make_visitor(Trust.PROVEN, email(verified=True), BEN)

    with pytest.raises(PeopleUnclear):
        write(both, {OFFERS: True})
    assert count_records() == 0

    assert len(write(both, {OFFERS: False})) == 2
    assert len(write(both, {OFFERS: False}, at=get_time())) == 2


def test_a_proven_visitors_address_is_verified_and_that_of_a_mailing_is_not() -> None:
    write(make_visitor(Trust.LINK), {OFFERS: False})
    write(make_visitor(Trust.PROVEN, BEN), {OFFERS: False})
    verified = dict(IdentifierIndex.objects.values_list("subject__ref", "verified"))
    [[ann], [ben]] = find_subjects([[email()], [BEN]])
    assert (verified[ann], verified[ben]) == (False, True)


# One click (RFC 8058)

BODIES = [
    (ONE_CLICK, FORM),
    (ONE_CLICK, f"{FORM}; charset=utf-8"),
    ("List-Unsubscribe=One-Click&", FORM),
    (
        '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    (
        "--b\r\ncontent-disposition: form-data; name=List-Unsubscribe\r\n\r\nOne-Click\r\n--b--",
        'multipart/form-data; boundary="b"',
    ),
]


@pytest.mark.parametrize(("body", "content_type"), BODIES)
def test_a_mail_program_unsubscribes_by_one_post_without_cookies(body: str, content_type: str) -> None:
    client = Client(enforce_csrf_checks=True)

    response = client.post(one_click_of(), body, content_type=content_type)

    assert response.status_code == 200
    assert not response.cookies
    assert choices_of()[NEWS].choice is Choice.REFUSED
    assert ConsentRecord.objects.get().form == "one_click"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", FORM),
        ("List-Unsubscribe=Two-Clicks", FORM),
        ("One-Click", "text/plain"),
        ('{"List-Unsubscribe": "One-Click"}', "application/json"),
        ("--x", "multipart/form-data"),
        ("--x\r\n\r\n", "multipart/form-data; boundary="),
        ("a" * 3_000_000, FORM),
        ("&".join(f"a{number}=1" for number in range(2000)), FORM),
    ],
)
def test_a_post_that_says_nothing_of_it_is_refused_and_a_page_follows(body: str, content_type: str) -> None:
    response = Client().post(one_click_of(), body, content_type=content_type)

    assert 400 <= response.status_code < 500
    assert count_records() == 0


def test_following_the_address_shows_one_button_and_unsubscribes_nobody() -> None:
    client = Client(enforce_csrf_checks=True)
    for method in (client.get, client.head):
        response = method(one_click_of())
        assert response.status_code == 200
    page = text_of(client.get(one_click_of()))

    assert count_records() == 0
    assert page.count("<button") == 1
    assert "csrf" not in page
    assert not client.cookies


def test_a_second_click_writes_nothing_new() -> None:
    address = one_click_of()
    for _ in range(3):
        assert Client().post(address, ONE_CLICK, content_type=FORM).status_code == 200

    assert count_records() == 1


def test_a_no_is_taken_from_a_link_whose_time_is_over_for_somebody_unknown_or_erased() -> None:
    make_known(BEN)
    [[ref]] = find_subjects([[BEN]])
    erase_subject(ref=ref, requested_by="test", at=get_time())
    old = get_time() - timedelta(days=500)

    for address in (one_click_of(expires_at=old), one_click_of(identifiers=(BEN,))):
        assert Client().post(address, ONE_CLICK, content_type=FORM).status_code == 200

    assert NEWS in choices_of()
    assert ConsentRecord.objects.filter(subject=ref).count() == 0


def test_a_link_without_a_purpose_ends_all_direct_marketing_towards_its_controller() -> None:
    Client().post(one_click_of(purpose=""), ONE_CLICK, content_type=FORM)

    assert "marketing" in choices_of()
    assert {one.controller for one in choices_of().values()} == {"northwind"}
    assert "service.fraud_prevention" not in choices_of()


def test_a_click_on_a_link_that_is_none_of_ours_changes_nothing() -> None:
    token = page_of().rpartition("/")[2]
    for path in (f"/privacy/one-click/{token}", one_click_of()[:-1], one_click_of()[:-1] + "é"):
        response = Client().post(path, ONE_CLICK, content_type=FORM)
        assert response.status_code == 404
    assert count_records() == 0


def test_one_click_takes_few_statements(django_assert_max_num_queries: Any) -> None:
    make_known(email(verified=True))
    address = one_click_of()

    with django_assert_max_num_queries(40):
        Client().post(address, ONE_CLICK, content_type=FORM)
    with django_assert_max_num_queries(10):  # two of them dress the page that thanks
        Client().post(address, ONE_CLICK, content_type=FORM)


# The Global Privacy Control


def signalled(rf: Any, **cookies: str) -> Any:
    request = rf.get("/privacy/choices/", headers={"Sec-GPC": "1"})
    request.COOKIES.update(cookies)
    return request


def test_a_known_persons_signal_is_recorded_once(rf: Any) -> None:
    visitor = make_visitor()
    states = [note_signal(signalled(rf), visitor, at=get_time()) for _ in range(3)]

    assert all(state.is_seen and state.is_recorded and not state.device for state in states)
    row = ConsentRecord.objects.get()
    assert (row.purpose, row.choice, row.controller) == ("*", Choice.SIGNAL, "northwind")
    signal = RecordedSignal.objects.get()
    assert (row.refers_to, signal.kind) == (signal.event_id, "gpc")
    assert open_parts({signal.event_id: SubjectRef(row.subject_id)})[signal.event_id] == {"text": "1"}


def test_a_signal_is_recorded_again_after_a_yes_that_it_speaks_against(rf: Any) -> None:
    visitor, at = make_visitor(), get_time() - timedelta(minutes=1)
    note_signal(signalled(rf), visitor, at=at)
    write(visitor, {OFFERS: True}, at=at + timedelta(seconds=1))
    note_signal(signalled(rf), visitor, at=at + timedelta(seconds=2))
    assert ConsentRecord.objects.filter(choice=Choice.SIGNAL).count() == 1

    yes = {"advertising.audience": True}
    write(visitor, yes, at=at + timedelta(seconds=3))
    note_signal(signalled(rf), visitor, at=at + timedelta(seconds=4))
    assert ConsentRecord.objects.filter(choice=Choice.SIGNAL).count() == 2

    write(visitor, yes, at=at + timedelta(seconds=5), after_conflict_notice=True)
    note_signal(signalled(rf), visitor, at=at + timedelta(seconds=6))
    assert ConsentRecord.objects.filter(choice=Choice.SIGNAL).count() == 2  # it was told, and said yes
    assert ConsentRecord.objects.filter(after_conflict_notice=True).count() == 1


@pytest.mark.parametrize("value", [None, "", "0", "true", "11", "1,1", " 1"])
def test_no_signal_is_none(value: str | None, rf: Any) -> None:
    headers = {} if value is None else {"Sec-GPC": value}

    state = note_signal(rf.get("/", headers=headers), None, at=get_time())

    assert (state.is_seen, state.is_recorded, count_records()) == (False, False, 0)


def test_an_unknown_visitors_signal_is_their_devices(rf: Any, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    request = signalled(rf)
    state = note_signal(request, None, at=get_time())
    response = HttpResponse()
    keep_device(request, response, state)
    cookie = response.cookies[COOKIE]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie["max-age"] == 395 * 24 * 3600

    again = note_signal(signalled(rf, **{COOKIE: cookie.value}), None, at=get_time())

    assert (again.is_recorded, again.device) == (True, "")
    row = ConsentRecord.objects.get()
    assert (row.purpose, row.choice, row.controller) == ("*", Choice.SIGNAL, "")
    assert find_subjects([[Identifier(IdentifierKind.COOKIE_ID, cookie.value)]]) == [
        frozenset({row.subject_id})
    ]


def test_a_cookie_that_somebody_wrote_themselves_is_no_device(rf: Any) -> None:
    state = note_signal(signalled(rf, **{COOKIE: "ann@people.example"}), None, at=get_time())

    assert len(state.device) == 22


def test_a_network_does_not_fill_the_ledger_with_devices(rf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise TooMany("too often")

    monkeypatch.setattr("consent.portal.preferences.signals.spend", refuse)

    state = note_signal(signalled(rf), None, at=get_time())

    assert (state.is_seen, state.is_recorded, count_records()) == (True, False, 0)
