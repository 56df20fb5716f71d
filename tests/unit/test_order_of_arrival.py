"""What is decided does not depend on the order in which the same was told: every small world, every order."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from consent.records import importing, recording
from consent.records.recording import Batch
from consent.records.rules.current import order_of
from consent.records.signals import restating
from consent.records.signals.desk import SignalDesk
from consent.records.signals.restating import list_kept_out
from consent.records.signals.standing import source_of
from consent.records.types import Choice, ChoiceRecord
from consent.signals.mapping import standing
from consent.signals.mapping.types import EXPLICIT
from tests.arrival_world import (
    ADS,
    ANN,
    DAY,
    MAPPING,
    MONDAY,
    ROWS,
    Recorder,
    Statement,
    expect,
    is_allowed,
    list_orders,
    list_worlds,
    tell_one_by_one,
)

SOON, LATER = MONDAY + 5 * DAY, MONDAY + 30 * DAY
"""Before and after the end of what was granted for a while."""
TUESDAY, WEDNESDAY = MONDAY + DAY, MONDAY + 2 * DAY


def check_every_order(days: int = 3, kinds: Iterable[str] = tuple(ROWS)) -> None:
    """Noes that are told late change nothing; a yes that is told late may come to less, and never to more."""
    for world in list_worlds(kinds, days=days):
        in_time, _ = tell_one_by_one(world)
        for order in list_orders(world):
            late, told = tell_one_by_one(order)
            is_yes_late = any(one.is_yes and at != one.said_at for one, at in told)
            for at in (SOON, LATER):
                expected, found = (is_allowed(one.records, at=at) for one in (in_time, late))
                assert found == expected or (is_yes_late and not found), (order, at)


def check_files() -> None:
    """Told all together in a file, a world comes to the same as in time, however the file is sorted."""
    for world in list_worlds():
        in_time, _ = tell_one_by_one(world)
        for order in (world[::-1], world[::2] + world[1::2]):
            recorder = Recorder()
            recorder.tell_file(*order, at=SOON)
            for at in (SOON, LATER):
                assert is_allowed(recorder.records, at=at) == is_allowed(in_time.records, at=at), (order, at)


def check_a_file_of_old_choices() -> None:
    """A no that the person lifted is not said once more, in whatever order one batch tells of both."""
    old = [Statement("own no", MONDAY), Statement("own yes", TUESDAY)]
    for order in (old, old[::-1]):
        recorder = Recorder()
        recorder.tell(Statement("string's yes", WEDNESDAY), at=WEDNESDAY)
        recorder.tell(*order, at=SOON)
        assert is_allowed(recorder.records, at=SOON), order
        assert len(recorder.records) == 3


def check_one_day() -> None:
    """Of one day's strings the no is the later one, whichever is told first, and though it is no news."""
    strings = [
        Statement("string's no", MONDAY),
        Statement("string's no", TUESDAY - timedelta(hours=3)),
        Statement("string's yes", TUESDAY),
    ]
    for order in permutations(strings):
        recorder, _ = tell_one_by_one(order)
        assert not is_allowed(recorder.records, at=SOON), order


def check_how_narrow_it_is() -> None:
    """What is said once more is as narrow as the yes, dated as it, and names the no that it repeats."""
    recorder = Recorder()
    recorder.tell(Statement("string's yes", TUESDAY), at=TUESDAY)
    recorder.tell(Statement("own no to everything", MONDAY), at=SOON)
    yes, no, again = recorder.records
    assert (no.purpose, no.controller, no.effective_at) == ("*", None, MONDAY)
    assert (again.purpose, again.controller, again.choice) == (ADS, "acme", Choice.WITHDRAWN)
    assert again.effective_at == yes.effective_at
    assert again.refers_to == no.record_id


def check_that_a_signal_stays_one() -> None:
    """A signal's no that is said once more names its signal: it is not taken for the person's own."""
    for kind, source in (("GPC", "gpc"), ("US Privacy", "usp")):
        recorder = Recorder()
        recorder.tell(Statement("string's yes", TUESDAY), at=TUESDAY)
        recorder.tell(Statement(kind, MONDAY), at=SOON)
        _, no, again = recorder.records
        assert (again.choice, again.refers_to) == (no.choice, no.refers_to)
        assert source_of(again, recorder.known.sources) == source


def check_telling_it_again() -> None:
    """A no that is told once more, as when a file is imported anew, is not said once more again."""
    recorder = Recorder()
    recorder.tell(Statement("string's yes", TUESDAY), at=TUESDAY)
    for number in range(3):
        recorder.tell(Statement("own no", MONDAY), at=SOON + number * DAY)
    assert [one.effective_at < TUESDAY.replace(hour=0) for one in recorder.records[1:]] == [
        True,
        False,
        True,
        True,
    ]


def test_whatever_is_told_first_the_same_is_decided() -> None:
    check_every_order()


@pytest.mark.long
def test_whatever_is_told_first_of_four_days_the_same_is_decided() -> None:
    check_every_order(4, ("own no", "own yes", "own yes for a while", "string's yes", "GPC"))


def test_a_file_of_all_of_it_comes_to_the_same_however_it_is_sorted() -> None:
    check_files()


def test_told_in_time_every_world_comes_to_what_the_rules_say() -> None:
    for world in list_worlds():
        in_time, _ = tell_one_by_one(world)
        assert is_allowed(in_time.records, at=SOON) == expect(world), world


def test_a_file_of_old_choices_is_read_as_a_whole() -> None:
    check_a_file_of_old_choices()


def test_of_strings_of_one_day_the_no_counts_though_it_is_no_news() -> None:
    check_one_day()


def test_what_is_said_once_more_is_as_narrow_as_the_yes() -> None:
    check_how_narrow_it_is()


def test_what_is_said_once_more_keeps_whose_no_it_was() -> None:
    check_that_a_signal_stays_one()


def test_what_is_told_again_is_not_said_once_more_again() -> None:
    check_telling_it_again()


YES = ChoiceRecord(
    record_id="rec_yes",
    subject_ref=ANN,
    version=1,
    purpose=ADS,
    choice=Choice.GRANTED,
    controller="acme",
    effective_at=TUESDAY,
    recorded_at=TUESDAY,
    refers_to="sig_1",
)
NO = replace(
    YES,
    record_id="rec_no",
    version=2,
    choice=Choice.REFUSED,
    effective_at=MONDAY,
    recorded_at=WEDNESDAY,
    refers_to=None,
)
OWN = replace(YES, record_id="rec_own", version=0, effective_at=MONDAY + timedelta(hours=3), refers_to=None)
INVALID = replace(
    YES, record_id="rec_invalid", version=3, choice=Choice.INVALIDATED, effective_at=WEDNESDAY, refers_to=""
)


@pytest.mark.parametrize(
    ("no", "beside", "kept_out"),
    [
        (NO, (), True),
        (replace(NO, purpose="ads"), (), True),
        (replace(NO, purpose="*", controller=None), (), True),
        (replace(NO, controller="other"), (), False),
        (replace(NO, destination="mailer"), (), False),
        (replace(NO, purpose="ads.targeted.video"), (), False),
        (replace(NO, effective_at=TUESDAY), (), False),
        (NO, (OWN,), False),
        (NO, (replace(OWN, controller="other"),), True),
        (NO, (replace(OWN, destination="mailer"),), True),
        (NO, (replace(OWN, purpose="ads"),), True),
        (NO, (replace(OWN, effective_at=TUESDAY + timedelta(hours=1)),), True),
        (NO, (replace(OWN, expires_at=TUESDAY),), True),
        (NO, (OWN, replace(INVALID, refers_to=OWN.record_id)), True),
        (NO, (replace(INVALID, refers_to=YES.record_id),), False),
        (NO, (replace(NO, record_id="rec_other", effective_at=TUESDAY),), False),
        (NO, (replace(NO, record_id="rec_other", effective_at=TUESDAY, subject_ref="sub_ben"),), True),
        (NO, (replace(NO, record_id="rec_other", effective_at=TUESDAY, choice=Choice.OBJECTED),), True),
        (replace(NO, choice=Choice.SIGNAL, purpose="*"), (), True),
        (replace(NO, subject_ref="sub_ben"), (), True),
    ],
    ids=[
        "a no of before",
        "higher up",
        "to everything",
        "to another brand",
        "to one recipient",
        "lower down",
        "of the same time",
        "that the person had lifted",
        "lifted for another brand",
        "lifted for one recipient",
        "lifted higher up",
        "lifted only afterwards",
        "lifted until then",
        "lifted by what was found invalid",
        "before a yes that was found invalid",
        "that was said since",
        "that a linked person said since",
        "besides another no said since",
        "of a signal",
        "of a linked person",
    ],
)
def test_which_yeses_a_no_would_have_kept_out(
    no: ChoiceRecord, beside: tuple[ChoiceRecord, ...], kept_out: bool
) -> None:
    found = list_kept_out(no, [*beside, YES, no], sources={YES.record_id: "tcf"}, mapping=MAPPING)

    assert found == ([YES] if kept_out else [])


def check_what_is_lifted_afterwards() -> None:
    """What the person says after the string does not count for it: it may be found invalid, or end."""
    afterwards = replace(OWN, effective_at=TUESDAY + timedelta(hours=1))
    assert list_kept_out(NO, [YES, afterwards, NO], sources={YES.record_id: "tcf"}, mapping=MAPPING) == [YES]


def test_a_signal_does_not_keep_out_what_opt_outs_do_not_speak_to() -> None:
    news = replace(YES, purpose="news")
    signal = replace(NO, choice=Choice.SIGNAL, purpose="*")

    assert not list_kept_out(signal, [news, signal], sources={news.record_id: "tcf"}, mapping=MAPPING)
    assert list_kept_out(signal, [news, signal], sources={news.record_id: "tcf"}, mapping=None) == [news]


def test_a_framework_lifts_its_own_no_and_the_last_yes_of_each_purpose_and_brand_is_enough() -> None:
    other = replace(YES, record_id="rec_other", controller="other")
    newer = replace(YES, record_id="rec_newer", version=5, effective_at=WEDNESDAY)
    sources = {one.record_id: "tcf" for one in (YES, other, newer)}
    no = replace(NO, controller=None)

    assert list_kept_out(no, [YES, newer, other, no], sources=sources, mapping=MAPPING) == [newer, other]
    own_no = sources | {no.record_id: "gpp:2"}
    assert not list_kept_out(no, [YES, newer, other, no], sources=own_no, mapping=MAPPING)


# Mistakes, planted: each must be seen by the check that names it.

Patch = pytest.MonkeyPatch
_restate, _lifted_before, _would_bar = restating.restate, restating._lifted_before, restating._would_bar


def _dated(moment: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda claim, no, yes, **named: replace(
        _restate(claim, no, yes, **named), effective_at=moment(no, yes)
    )


def look_for_nothing(patch: Patch) -> None:
    patch.setattr(SignalDesk, "list_kept_out", lambda *_: [])


def date_it_as_the_no(patch: Patch) -> None:
    patch.setattr(recording, "restate", _dated(lambda no, _: no.effective_at))


def date_it_before_the_yes(patch: Patch) -> None:
    patch.setattr(recording, "restate", _dated(lambda _, yes: yes.effective_at - timedelta.resolution))


def date_it_as_told(patch: Patch) -> None:
    patch.setattr(recording, "restate", _dated(lambda no, _: no.recorded_at))


def say_it_as_widely_as_before(patch: Patch) -> None:
    def say(claim: Any, no: Any, yes: Any, **named: Any) -> Any:
        said = _restate(claim, no, yes, **named)
        return replace(said, purpose=claim.purpose, controller=claim.controller)

    patch.setattr(recording, "restate", say)


def hear_signals_alone(patch: Patch) -> None:
    def would_bar(no: Any, yes: Any, yeses: Any, sources: Any, mapping: Any) -> bool:
        return no.record_id in sources and _would_bar(no, yes, yeses, sources, mapping)

    patch.setattr(restating, "_would_bar", would_bar)


def hear_people_alone(patch: Patch) -> None:
    def would_bar(no: Any, yes: Any, yeses: Any, sources: Any, mapping: Any) -> bool:
        return no.record_id not in sources and _would_bar(no, yes, yeses, sources, mapping)

    patch.setattr(restating, "_would_bar", would_bar)


def let_no_yes_lift_it(patch: Patch) -> None:
    patch.setattr(restating, "_lifted_before", lambda *_: False)


def let_a_later_yes_lift_it(patch: Patch) -> None:
    patch.setattr(
        restating,
        "_lifted_before",
        lambda one, no, yes, sources: _lifted_before(one, no, replace(yes, effective_at=LATER), sources),
    )


def let_the_string_lift_it(patch: Patch) -> None:
    patch.setattr(restating, "_lifted_before", lambda one, _no, yes, _: order_of(one) <= order_of(yes))


def take_a_strings_no_for_the_persons_own(patch: Patch) -> None:
    patch.setattr(restating, "source_of", lambda *_: EXPLICIT)


def read_files_as_they_stand(patch: Patch) -> None:
    patch.setattr(importing._Batch, "put_in_order", lambda _: None)


def look_before_the_batch_is_whole(patch: Patch) -> None:
    whole = Batch._add_row

    def add(batch: Batch, *given: Any) -> Any:
        outcome = whole(batch, *given)
        batch._restate()
        batch._noes.clear()
        return outcome

    patch.setattr(Batch, "_add_row", add)


def forget_whose_no_it_was(patch: Patch) -> None:
    patch.setattr(SignalDesk, "is_read", lambda *_: False)


def take_a_dated_no_for_no_news(patch: Patch) -> None:
    patch.setattr(standing, "DATED", frozenset())


def say_it_each_time(patch: Patch) -> None:
    patch.setattr(restating, "_is_said", lambda *_: False)


MUTANTS: dict[Callable[[Patch], None], Callable[[], None]] = {
    look_for_nothing: check_every_order,
    date_it_as_the_no: check_every_order,
    date_it_before_the_yes: check_every_order,
    date_it_as_told: check_every_order,
    say_it_as_widely_as_before: check_how_narrow_it_is,
    hear_signals_alone: check_every_order,
    hear_people_alone: check_every_order,
    let_no_yes_lift_it: check_every_order,
    let_a_later_yes_lift_it: check_what_is_lifted_afterwards,
    let_the_string_lift_it: check_every_order,
    take_a_strings_no_for_the_persons_own: check_every_order,
    read_files_as_they_stand: check_files,
    look_before_the_batch_is_whole: check_a_file_of_old_choices,
    forget_whose_no_it_was: check_that_a_signal_stays_one,
    take_a_dated_no_for_no_news: check_one_day,
    say_it_each_time: check_telling_it_again,
}


@pytest.mark.parametrize("mutant", [pytest.param(one, id=one.__name__) for one in MUTANTS])
def test_a_planted_mistake_is_seen(mutant: Callable[[Patch], None], monkeypatch: Patch) -> None:
    mutant(monkeypatch)

    with pytest.raises(AssertionError):
        MUTANTS[mutant]()
