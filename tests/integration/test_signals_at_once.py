"""Signals and choices about one person at the same time, on real connections and with real commits."""

import pytest

from consent.ledger.queries import get_time
from consent.records.models import CurrentChoice, RecordedSignal
from tests.integration.test_parallel_writers import in_parallel
from tests.signals_world import (
    ADS,
    AUDIENCE,
    EVERYTHING,
    choose,
    list_written,
    make_tc,
    publish_policy,
    say,
    signals,
)

pytestmark = pytest.mark.usefixtures("committed_database")


def test_one_string_that_comes_many_times_at_once_is_written_once() -> None:
    publish_policy()
    text = make_tc(*EVERYTHING)

    outcomes = in_parallel([lambda: say(facts=[], signals=signals(tcf=text, usp="1YYN"))] * 12)

    assert RecordedSignal.objects.count() == 2
    assert sorted(one.signals[0].repeated for one in outcomes) == [False] + [True] * 11
    assert sorted(list_written()) == [(ADS, "opted_out", "usp"), (AUDIENCE, "granted", "tcf")]


def test_a_no_stands_whichever_of_it_and_a_strings_yes_comes_first() -> None:
    publish_policy()
    yes, at = signals(tcf=make_tc(*EVERYTHING)), get_time()
    no = [choose(AUDIENCE, "refused", at)]

    in_parallel(
        [
            work
            for _ in range(6)
            for work in (lambda: say(facts=[], signals=yes), lambda: say(facts=[], choices=no, at=at))
        ]
    )

    [choice] = CurrentChoice.objects.filter(purpose=AUDIENCE).values_list("choice", flat=True)
    assert choice == "refused"
