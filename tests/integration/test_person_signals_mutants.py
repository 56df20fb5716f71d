"""Bugs planted in what officers and people see of signals: the tests of the honest pages see each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from activation.desk.person.admin import visits
from activation.desk.person.signals import reading
from config.roles import needs, pages
from consent.records.queries import list_signals
from tests.integration import test_person_signals as honest
from tests.integration.test_person_signals import _clock  # noqa: F401 - the world of the honest tests

pytestmark = pytest.mark.django_db


def hide_conflicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activation.desk.person.admin.signals._list_conflicts", lambda *_: iter(()))


def show_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "list_signals", lambda *, limit, **_: list_signals(limit=limit))


def forget_the_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "list_choices_of_signals", lambda *_, **__: {})


def hand_texts_to_whoever_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    insist = visits.insist
    monkeypatch.setattr(visits, "insist", lambda request, *_: insist(request, visits.FIND))
    name, honestly = "activation_desk_personvisit_signal", pages.by_name()
    opened = tuple(replace(one, need=needs.read_only(visits.FIND)) for one in honestly[name])
    monkeypatch.setattr(pages, "by_name", lambda: {**honestly, name: opened})


def show_texts_to_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activation.desk.person.admin.signals.READ_TEXTS", visits.FIND)


def keep_quiet_on_the_timeline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activation.desk.person.timeline._list_signals", lambda *_: iter(()))


def heed_signals_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "activation.desk.person.policy_words.PolicyWords.list_deaf_to_signals", lambda _: frozenset()
    )


@pytest.mark.parametrize(
    ("plant", "check"),
    [
        (
            heed_signals_everywhere,
            honest.test_a_signal_holds_for_the_purposes_that_it_speaks_to_and_for_no_other,
        ),
        (hide_conflicts, honest.test_a_conflict_tells_what_came_what_stood_which_won_and_why),
        (hide_conflicts, honest.test_a_yes_that_lost_is_told_as_a_conflict_and_led_to_no_choice),
        (show_everybodys, honest.test_nothing_of_another_persons_signals_is_shown),
        (show_everybodys, honest.test_the_text_of_another_persons_signal_is_not_handed_out),
        (forget_the_choices, honest.test_a_tc_string_is_told_in_plain_words_with_what_became_of_it),
        (
            hand_texts_to_whoever_finds,
            honest.test_the_text_itself_takes_a_right_of_its_own_and_is_put_on_record,
        ),
        (show_texts_to_everybody, honest.test_the_text_itself_takes_a_right_of_its_own_and_is_put_on_record),
        (keep_quiet_on_the_timeline, honest.test_what_happened_names_signals_and_their_conflicts),
    ],
    ids=lambda one: one.__name__,
)
def test_a_planted_bug_is_seen(
    plant: Callable[[pytest.MonkeyPatch], None], check: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    with pytest.raises(AssertionError):
        check()
