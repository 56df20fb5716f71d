"""With one of the guards taken away, the attack that it stands against works, and the tests would say so."""

import pytest
from django.db.models import Value
from django.test import Client
from pytest_django import Settings

from consent.portal.models import PreferenceCode
from consent.portal.preferences import codes, links, packing, recording, said
from tests.integration import test_preference_entering as entering
from tests.integration import test_preference_recording as writing
from tests.portal_world import open_shop
from tests.unit import test_preference_links as sealing

pytestmark = pytest.mark.django_db
Missing = (AssertionError, pytest.fail.Exception)


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slow ones are not ours
    open_shop()


def test_a_token_that_is_bound_to_no_use_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_bound_to", lambda head, _: head)

    with pytest.raises(Missing):
        sealing.test_a_link_opens_what_it_was_made_for_alone(links.LinkUse.PAGE)


def test_a_token_with_two_spellings_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_decode", sealing.raw_of)

    with pytest.raises(Missing):
        sealing.test_a_link_has_one_spelling()


def test_a_version_that_is_not_bound_is_missed(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.LINK_KEYS = dict.fromkeys(range(65536), b"\x04" * 32)
    monkeypatch.setattr(links, "_bound_to", lambda head, use: head[2:] + use.value.encode())

    with pytest.raises(Missing):
        sealing.test_not_one_bit_of_a_link_can_be_changed()


def test_links_as_long_as_the_address_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_BLOCK", 1)

    with pytest.raises(Missing):
        sealing.test_the_length_of_a_link_does_not_tell_how_long_the_address_is()


def test_a_link_that_is_not_used_up_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.portal.views.entering.use_link", links.open_link)

    with pytest.raises(Missing):
        entering.test_a_link_that_works_once_does(Client())


def test_guesses_that_nobody_counts_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "F", lambda _: Value(-1))  # so that each try leaves no trace

    with pytest.raises(Missing):
        entering.test_guesses_are_counted_and_come_to_an_end(Client())


def test_a_code_that_any_browser_may_enter_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def newest(*_: object) -> list[str]:
        rows = PreferenceCode.objects.order_by("asked_at")
        return [str(pk) for pk in rows.values_list("pk", flat=True)[:1]]

    monkeypatch.setattr("consent.portal.views.entering.browser.get_codes", newest)

    with pytest.raises(Missing):
        entering.test_a_code_is_good_in_the_browser_alone_that_asked_for_it_and_the_link_in_any(Client())


def test_a_session_that_keeps_its_key_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.contrib.sessions.backends.base.SessionBase.cycle_key", lambda _: None)

    with pytest.raises(Missing):
        entering.test_the_session_that_somebody_else_gave_leads_nowhere(Client())


def test_a_yes_from_a_mailing_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "may_grant", lambda _: True)

    with pytest.raises(Missing):
        writing.test_whoever_holds_a_mailing_says_no_and_no_yes()


def test_a_no_that_is_taken_for_one_that_was_lifted_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        said.Said,
        "_of_all",
        lambda _, __, noes: list({one.subject_ref: one.record_id for one in noes}.values()),
    )

    with pytest.raises(Missing):
        writing.test_a_second_no_to_all_is_written_if_something_was_lifted_meanwhile()


def test_a_click_that_following_a_link_counts_as_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.portal.views.one_click._asks", lambda _: True)

    with pytest.raises(Missing):
        writing.test_a_post_that_says_nothing_of_it_is_refused_and_a_page_follows("", writing.FORM)
