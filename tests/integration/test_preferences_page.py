"""The preference centre as people see it: what is offered, what stands, what a button does, who sees what."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.portal.models import Theme
from consent.portal.preferences.pages.opening import Row
from consent.portal.preferences.pages.themes import DEFAULTS
from consent.portal.preferences.policy import get_document
from consent.portal.types import Received, Trust
from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.types import Choice
from consent.subjects.services import erase_subject
from consent.subjects.types import Identifier, IdentifierKind
from tests.policy_officers import make_officer
from tests.portal_world import open_shop
from tests.preference_pages_world import (
    ADS,
    ANN,
    CHOICES,
    NEWSLETTER,
    OFFERS,
    POST,
    SEGMENTS,
    come_in,
    live_in,
    press,
    read_buttons,
    say,
    text_of,
)

pytestmark = pytest.mark.django_db
GPC = {"Sec-GPC": "1"}


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def test_nothing_is_preselected_where_nothing_was_chosen() -> None:
    buttons = read_buttons(come_in())

    answers = {name: one for name, one in buttons.items() if name.startswith(("yes-", "no-"))}
    assert len(answers) == 2 * 8
    assert {one["aria-pressed"] for one in answers.values()} == {"false"}


def test_only_what_a_person_has_a_say_in_has_buttons_and_the_rest_says_why_it_is_always_on() -> None:
    live_in("DE")
    client = come_in()

    assert "yes-service.orders" not in read_buttons(client)
    assert "no-service.fraud_prevention" in read_buttons(client)
    assert "needed for what you ordered" in text_of(client.get(CHOICES))


def test_a_yes_is_saved_by_one_click_with_the_notice_that_was_shown() -> None:
    client = come_in()

    page = press(client, f"yes-{ADS}")

    [record] = ConsentRecord.objects.filter(purpose=ADS)
    assert (record.choice, record.notice, record.notice_version) == ("granted", "privacy", 3)
    assert page.redirect_chain == [(f"{CHOICES}#p-{ADS}", 303)]
    assert "Saved: yes." in text_of(page)
    assert read_buttons(client)[f"yes-{ADS}"]["aria-pressed"] == "true"
    assert "Saved: yes." not in text_of(client.get(CHOICES))  # told once


def test_a_no_is_saved_by_one_click_and_tells_what_it_takes_until_it_holds_everywhere() -> None:
    client = come_in()

    page = press(client, f"no-{POST}")

    [record] = ConsentRecord.objects.filter(purpose=POST)
    assert record.choice == "objected"
    assert "up to 60 minutes" in text_of(page)
    assert read_buttons(client)[f"no-{POST}"]["aria-pressed"] == "true"


def test_a_double_opt_in_is_confirmed_by_the_proof_that_the_visit_began_with() -> None:
    client = come_in()

    press(client, f"yes-{NEWSLETTER}")

    assert read_buttons(client)[f"yes-{NEWSLETTER}"]["aria-pressed"] == "true"
    assert "have not confirmed it yet" not in text_of(client.get(CHOICES))


def test_a_no_above_covers_what_is_below_and_says_so() -> None:
    say(NEWSLETTER, Choice.PENDING, ago=timedelta(days=3))
    client = come_in()

    press(client, f"no-{OFFERS}")

    assert "You said no to Offers by e-mail on" in text_of(client.get(CHOICES))
    assert read_buttons(client)[f"no-{NEWSLETTER}"]["aria-pressed"] == "true"


def test_unsubscribing_from_all_takes_one_click_explains_itself_and_can_be_undone() -> None:
    say(ADS, Choice.GRANTED, ago=timedelta(days=3))
    say(SEGMENTS, Choice.REFUSED, ago=timedelta(days=3))
    client = come_in()

    page = press(client, "all-no")

    assert "Saved: you are unsubscribed from all." in text_of(page)
    assert "You unsubscribed from all on" in text_of(page)
    buttons = read_buttons(client)
    assert buttons[f"no-{ADS}"]["aria-pressed"] == "true"
    press(client, "all-undo")
    buttons = read_buttons(client)
    assert buttons[f"yes-{ADS}"]["aria-pressed"] == "true"
    assert buttons[f"yes-{SEGMENTS}"]["aria-pressed"] == "false"  # it was a no before, and stays one


def test_a_mailings_link_may_say_no_and_is_told_why_its_yes_is_not_saved() -> None:
    client = come_in(trust=Trust.LINK)

    page = press(client, f"yes-{ADS}")

    assert "a yes needs a code first" in text_of(page)
    assert not ConsentRecord.objects.exists()
    press(client, f"no-{ADS}")
    assert ConsentRecord.objects.filter(purpose=ADS).exists()


@pytest.mark.parametrize("trust", [Trust.LINK, Trust.DEVICE])
def test_what_was_said_and_who_received_it_is_shown_to_the_proven_alone(trust: Trust) -> None:
    recorded = say(ADS, Choice.GRANTED)
    client = come_in(trust=trust)

    for path in ("history/", "recipients/"):
        page = client.get(CHOICES + path)
        assert page.status_code == 403
        assert "Advertising on other sites" not in text_of(page)
    assert client.get(f"{CHOICES}receipts/{recorded.record_ids[0]}").status_code == 404
    assert "history/" not in text_of(client.get(CHOICES))


def test_the_history_tells_in_words_what_was_said_a_page_at_a_time() -> None:
    for days in range(25, 0, -1):
        say(ADS, Choice.GRANTED if days % 2 else Choice.WITHDRAWN, ago=timedelta(days=days))
    client = come_in()

    first, second = (text_of(client.get(f"{CHOICES}history/?page={number}")) for number in (1, 2))

    assert first.count("<time") == 20
    assert second.count("<time") == 5
    assert "You said yes:" in first
    assert "Advertising on other sites" in first
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    for strange in ("0", "-1", "99999", "x", "²", "1" * 5000):
        assert client.get(f"{CHOICES}history/", {"page": strange}).status_code == 200


def test_the_history_tells_what_came_by_a_signal() -> None:
    client = come_in()
    client.get(CHOICES, headers={"Sec-GPC": "1"})

    page = text_of(client.get(f"{CHOICES}history/"))

    assert "Your browser asked us not to:" in page
    assert "By the Global Privacy Control of your browser" in page


def test_a_receipt_is_the_persons_own_or_nobodys() -> None:
    other = Identifier(IdentifierKind.EMAIL, "bob@people.example", verified=True, is_normalised=True)
    theirs, own = say(ADS, Choice.GRANTED, identifiers=(other,)), say(ADS, Choice.GRANTED)
    client = come_in()

    assert client.get(f"{CHOICES}receipts/{theirs.record_ids[0]}").status_code == 404
    page = client.get(f"{CHOICES}receipts/{own.record_ids[0]}")
    assert page.status_code == 409  # nothing seals it here
    assert "The receipt is being signed" in text_of(page)


def test_who_received_the_data_is_told_by_title(settings: Settings) -> None:
    settings.RECIPIENTS_OF_PEOPLE = f"{__name__}.tell_of_meridian"
    say(ADS, Choice.GRANTED)

    page = text_of(come_in().get(f"{CHOICES}recipients/"))

    assert "Meridian Ads" in page
    assert "Advertising on other sites" in page


def tell_of_meridian(refs: Any, *, at: Any) -> list[Received]:
    assert refs
    return [
        Received(destination="meridian_ads", title="Meridian Ads", purposes=(ADS,), first_at=at, last_at=at)
    ]


def test_the_real_source_of_recipients_answers() -> None:
    say(ADS, Choice.GRANTED)

    assert "nobody received data" in text_of(come_in().get(f"{CHOICES}recipients/"))


def test_what_was_said_yes_to_in_the_same_visit_comes_back_after_a_no_to_all() -> None:
    client = come_in()
    press(client, f"yes-{ADS}")

    press(client, "all-no")
    press(client, "all-undo")
    assert read_buttons(client)[f"yes-{ADS}"]["aria-pressed"] == "true"

    press(client, "all-no")
    press(client, f"yes-{ADS}")
    assert read_buttons(client)[f"yes-{ADS}"]["aria-pressed"] == "true"


def test_a_browsers_signal_is_shown_heeded_and_recorded_once() -> None:
    live_in("US-CA")
    client = come_in(controller="harbor")

    for _ in range(2):
        page = text_of(client.get(CHOICES, headers=GPC))

    assert "Your browser asks us not to sell or share your data" in page
    assert "You are opted out" in page
    assert [one.purpose for one in ConsentRecord.objects.filter(choice=Choice.SIGNAL)] == ["*"]


def test_a_signal_beside_an_earlier_yes_tells_of_the_conflict_and_a_yes_after_that_stands() -> None:
    say(ADS, Choice.GRANTED, ago=timedelta(days=9), controller="harbor")
    client = come_in(controller="harbor")

    page = text_of(client.get(CHOICES, headers=GPC))
    assert "Global Privacy Control said no on" in page
    assert "We follow it, although you had said yes on" in page
    assert "You can say yes here, knowing this" in page
    [conflict] = RecordedSignal.objects.get().conflicts
    assert (conflict["purpose"], conflict["against"], conflict["won"]) == (ADS, "granted", "heard")
    press(client, f"yes-{ADS}", headers=GPC)

    record = ConsentRecord.objects.filter(purpose=ADS).latest("version")
    assert (record.choice, record.after_conflict_notice) == ("granted", True)
    assert "knowing that your browser asks us not to" in text_of(client.get(CHOICES, headers=GPC))
    assert ConsentRecord.objects.filter(choice=Choice.SIGNAL).count() == 1
    say(ADS, Choice.SIGNAL, controller="harbor", notice=None, notice_version=None)  # another page's
    assert read_buttons(client, GPC)[f"yes-{ADS}"]["aria-pressed"] == "true"


def test_what_was_shown_is_what_a_yes_is_to_and_a_no_is_always_taken() -> None:
    client = come_in()
    shown = read_buttons(client)
    token = shown[f"yes-{ADS}"]["value"].replace(shown[f"yes-{ADS}"]["value"].split(" ")[1], "0" * 16)

    page = client.post(CHOICES, {"yes": token}, follow=True)

    assert "has changed since you opened this page" in text_of(page)
    assert not ConsentRecord.objects.exists()
    client.post(CHOICES, {"no": token})
    assert ConsentRecord.objects.filter(purpose=ADS).exists()


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("slug", ["", "no.such", "<script>alert(1)</script>", "x" * 5000, "\0", "*"])
def test_a_button_that_there_never_was_records_nothing(answer: str, slug: str) -> None:
    page = come_in().post(CHOICES, {answer: slug}, follow=True)

    assert page.status_code == 200
    assert "<script>alert" not in text_of(page)
    assert not ConsentRecord.objects.exists()


def test_two_tabs_and_a_form_sent_twice_say_what_holds_now() -> None:
    client = come_in()
    shown = read_buttons(client)

    press(client, f"yes-{ADS}", shown=shown)
    page = press(client, f"no-{ADS}", shown=shown)

    assert "Saved: no." in text_of(page)
    press(client, f"no-{ADS}", shown=shown)
    assert ConsentRecord.objects.filter(purpose=ADS).count() == 2


def test_a_visit_that_is_over_says_what_was_not_saved() -> None:
    client = come_in(at=get_time() - timedelta(hours=9))

    page = client.post(CHOICES, {"no": f"{NEWSLETTER} x"})

    assert page.status_code == 410
    assert "Not saved." in text_of(page)
    assert "Newsletter" in text_of(page)
    assert client.get(CHOICES).status_code == 303
    assert Client().get(CHOICES).status_code == 303


def test_htmx_gets_what_changes_and_a_word_for_the_live_region() -> None:
    client = come_in()
    found = read_buttons(client)[f"no-{ADS}"]

    page = client.post(CHOICES, {found["name"]: found["value"]}, headers={"HX-Request": "true"})

    assert page.status_code == 200
    assert text_of(page).lstrip().startswith('<div id="choices">')
    assert 'hx-swap-oob="innerHTML">Saved: no.' in text_of(page)


def test_a_notice_is_shown_whole_with_the_digest_of_its_text() -> None:
    page = text_of(come_in().get(f"{CHOICES}notices/privacy/3/"))

    assert "<p>Two shops use this notice" in page
    assert "sha256:" in page
    assert come_in().get(f"{CHOICES}notices/privacy/9/").status_code == 404
    assert come_in().get(f"{CHOICES}notices/other/1/").status_code == 404


def test_the_number_of_statements_does_not_grow_with_what_is_on_record() -> None:
    client = come_in()
    say(ADS, Choice.GRANTED, ago=timedelta(days=50))
    client.get(CHOICES)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(CHOICES)
    for days in range(40, 0, -1):
        say(ADS, Choice.GRANTED if days % 2 else Choice.WITHDRAWN, ago=timedelta(days=days))
        say(POST, Choice.OBJECTED, ago=timedelta(days=days))

    with CaptureQueriesContext(connection) as many:
        client.get(CHOICES)

    assert len(many) == len(few) <= 16


def test_the_pages_are_small_kept_by_nobody_and_styled_under_the_nonce_of_the_answer() -> None:
    page = come_in().get(CHOICES, headers={"Accept-Encoding": "gzip"})

    assert page["Content-Encoding"] == "gzip"
    assert len(page.content) < 15_000
    assert "no-store" in page["Cache-Control"]
    assert "'nonce-" in page["Content-Security-Policy"]
    assert "unsafe-inline" not in page["Content-Security-Policy"]


def test_somebody_nobody_knows_sees_a_page_with_nothing_chosen() -> None:
    stranger = Identifier(IdentifierKind.EMAIL, "new@people.example", verified=True, is_normalised=True)
    client = come_in(identifiers=(stranger,))

    assert read_buttons(client)[f"yes-{ADS}"]["aria-pressed"] == "false"
    press(client, f"yes-{ADS}")
    assert read_buttons(client)[f"yes-{ADS}"]["aria-pressed"] == "true"
    assert ANN.value not in text_of(client.get(CHOICES))


def test_the_tests_see_an_answer_that_is_preselected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Row, "says_yes", property(lambda _: True))

    with pytest.raises(AssertionError):
        test_nothing_is_preselected_where_nothing_was_chosen()


def test_the_tests_see_a_history_that_is_shown_to_whoever_holds_a_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("consent.portal.views.preferences.Trust", SimpleNamespace(PROVEN=Trust.LINK))

    with pytest.raises(AssertionError):
        test_what_was_said_and_who_received_it_is_shown_to_the_proven_alone(Trust.LINK)


def test_a_retired_purpose_is_offered_to_nobody_and_a_no_to_it_is_still_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = come_in()
    shown, document = read_buttons(client), get_document(at=get_time())
    retired = {**document["purposes"][ADS], "status": "retired"}
    changed = {**document, "purposes": {**document["purposes"], ADS: retired}}
    monkeypatch.setattr("consent.portal.preferences.policy.get_document", lambda **_: changed)

    assert "There is nothing to choose about this any more" in text_of(
        press(client, f"yes-{ADS}", shown=shown)
    )
    assert f"yes-{ADS}" not in read_buttons(client)
    press(client, f"no-{ADS}", shown=shown)
    assert ConsentRecord.objects.filter(purpose=ADS).exists()


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7|add:7 }}{% now %}",
        "W" * 200,
        "شركة " * 30,
    ],
)
def test_hostile_and_long_texts_of_a_policy_and_a_theme_stay_texts(
    monkeypatch: pytest.MonkeyPatch, hostile: str
) -> None:
    document = get_document(at=get_time())
    spoilt = {**document["purposes"][ADS], "title": hostile, "description": hostile}
    changed = {**document, "purposes": {**document["purposes"], ADS: spoilt}}
    monkeypatch.setattr("consent.portal.preferences.policy.get_document", lambda **_: changed)
    Theme.objects.create(controller="northwind", title=hostile[:100], variables={"accent": hostile})

    page = text_of(come_in().get(CHOICES))

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert escape(hostile) in page
    assert f"--accent:{DEFAULTS['accent']}" in page


def test_a_logo_is_handed_out_as_a_picture_that_runs_nothing() -> None:
    theme = Theme.objects.create(
        controller="northwind", title="N", logo=b"<svg/>", logo_type="image/svg+xml", variables={}
    )

    page = text_of(come_in().get(CHOICES))
    [address] = re.findall(r'src="(/privacy/choices/logo/[^"]+)"', page)
    picture = Client().get(address)

    assert picture["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in picture["Content-Security-Policy"]
    assert picture["Content-Type"] == "image/svg+xml"
    theme.delete()
    assert Client().get(address).status_code == 404


def test_somebody_erased_sees_nothing_chosen_and_leaves_no_trace_by_a_no() -> None:
    recorded = say(ADS, Choice.GRANTED)
    erase_subject(ref=recorded.subject_ref, requested_by="request 1", at=get_time())
    client = come_in()

    assert client.get(CHOICES, headers=GPC).status_code == 200
    assert read_buttons(client)[f"yes-{ADS}"]["aria-pressed"] == "false"
    assert "Nothing is on record yet." in text_of(client.get(f"{CHOICES}history/"))
    before = ConsentRecord.objects.count()
    press(client, "all-no")
    press(client, f"no-{ADS}")
    assert ConsentRecord.objects.count() == before


def test_an_officer_without_rights_sees_no_preview_and_one_with_them_sees_the_colours() -> None:
    address = "/admin/consent_portal/theme/preview/?controller=northwind&accent=%23005500&title=Hello"
    officer = make_officer("theme-officer")
    officer.is_staff = True
    officer.save()
    client = Client()
    client.force_login(officer)
    assert client.get(address).status_code == 403
    officer.user_permissions.add(Permission.objects.get(codename="preview_theme"))
    page = client.get(address)
    assert "--accent:#005500" in text_of(page)
    assert "frame-ancestors 'self'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "SAMEORIGIN"


def test_an_unreadable_theme_is_refused_at_its_field_and_a_readable_one_is_kept() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    form = {"controller": "northwind", "title": "Northwind", **{f"var_{k}": v for k, v in DEFAULTS.items()}}

    page = client.post("/admin/consent_portal/theme/add/", {**form, "var_text": "#eeeeee"})
    assert page.status_code == 200
    assert "4.5:1 is the least" in text_of(page)
    assert not Theme.objects.exists()

    page = client.post("/admin/consent_portal/theme/add/", {**form, "var_accent": "#004400"})
    assert page.status_code == 302, text_of(page)
    assert Theme.objects.get().variables == {"accent": "#004400"}
    assert "--accent:#004400" in text_of(come_in().get(CHOICES))
