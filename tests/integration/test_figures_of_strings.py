"""Figures of who could be sent count those who lack a string apart, under the word that a run says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.decisions.compiled import DestinationPolicy
from activation.decisions.register import RegisteredDestination, TcfTerms
from activation.decisions.types import Question
from activation.desk import services as desk
from activation.desk.reach import Likeness
from activation.desk.simulating import nobody_lacks
from activation.enforcement import coverage, coverage_page, services
from activation.enforcement.coverage import Coverage, report_coverage
from activation.enforcement.management.commands.report_coverage import _to_text
from activation.enforcement.standing.drift import deciding
from activation.enforcement.strings import lacking
from consent.ledger.services import sequence_pending
from consent.signals.intervals import IdSet
from tests.sending_world import (
    ADS,
    DAY,
    JAN_1,
    NOON,
    QUESTION,
    VENDOR,
    agree,
    choose,
    import_draft,
    keep_vendor_list,
    make_string,
    make_world,
    say,
    write_audience,
)
from tests.simulation_world import simulate
from tests.standing_world import define, measure, outlooks, places, run_once
from tests.unit.test_warehouse_policies import make_policy

ANN, BOB, CAT = "00001", "00002", "00003"
LATER = NOON + DAY
HELD_BACK = "obligations_not_honoured"
WORDS = "The policy asks for what cannot be done, such as a string to send along."


def refuse_ads(customer: str) -> None:
    """Have a customer say no to another purpose, against what their string says."""
    say(customer, choose(ADS, "refused", LATER), at=LATER)


def cover(folder: Path) -> Coverage:
    """Report the coverage of the folder's audience."""
    return report_coverage(**QUESTION, input_path=folder / "audience.csv", at=timezone.now())


def make_people() -> None:
    """Publish a policy that owes strings; one customer has one that holds, one has another, one has none."""
    make_world()
    agree(ANN, tcf=make_string())
    agree(BOB, tcf=make_string("FR"))
    agree(CAT)
    refuse_ads(BOB)


@pytest.mark.django_db
def test_coverage_is_what_a_run_comes_to(tmp_path: Path) -> None:
    make_people()
    write_audience(tmp_path, ANN, BOB, CAT, "00009")

    report = cover(tmp_path)

    result = services.enforce_audience(
        **QUESTION,
        input_path=tmp_path / "audience.csv",
        output_path=tmp_path / "out.csv",
        at=timezone.now(),
    )
    assert (report.allowed, dict(report.denied_by_reason)) == (result.allowed, result.denied_by_reason)
    assert report.denied_by_reason[HELD_BACK] == 2


@pytest.mark.django_db
def test_coverage_by_a_vendor_judges_the_string(tmp_path: Path, settings: Any) -> None:
    settings.VENDOR_LISTS = tmp_path / "lists"
    keep_vendor_list(tmp_path / "lists", 1, 8)
    make_world(owed="{}", vendor=VENDOR, purposes=(1, 8))
    agree(ANN, tcf=make_string())
    agree(BOB, tcf=make_string(vendor_consents=IdSet.of([2])))
    write_audience(tmp_path, ANN, BOB)

    assert dict(cover(tmp_path).denied_by_reason) == {HELD_BACK: 1}


@pytest.mark.django_db
def test_who_lacks_a_string_is_told_of_in_plain_words(tmp_path: Path) -> None:
    make_people()
    write_audience(tmp_path, ANN, CAT)

    report = cover(tmp_path)

    [_, why, _] = coverage_page.lay_out(report)
    assert [WORDS, "could not", HELD_BACK, "1", "50.0%"] in why["rows"]
    assert f"{HELD_BACK}: {WORDS}" in _to_text(report)


@pytest.mark.django_db
def test_coverage_asks_for_no_string_where_none_is_owed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world(owed="{}")
    agree(ANN)
    write_audience(tmp_path, ANN)
    monkeypatch.delattr(lacking, "LookUp")

    assert cover(tmp_path).allowed == 1


def measure_drift(home: Path, settings: Any) -> dict[str, Any]:
    """Run a standing audience, have one's string lost, and return what is found of drift now."""
    for name, place in places(home).items():
        setattr(settings, name, place)
    audiences = home / "audiences"
    audiences.mkdir()
    make_world()
    agree(ANN, tcf=make_string())
    agree(BOB, tcf=make_string("FR"))
    agree(CAT)
    write_audience(audiences, ANN, BOB, CAT)
    define(**QUESTION)
    sequence_pending()
    assert (run_once().status, outlooks(measure())["now"]["wrong"]) == ("completed", 0)
    refuse_ads(BOB)
    sequence_pending()
    return outlooks(measure())["now"]


@pytest.mark.usefixtures("committed_database")
def test_drift_tells_of_who_was_sent_and_lost_their_string(tmp_path: Path, settings: Any) -> None:
    """Whom the run held back is not regained by being allowed."""
    now = measure_drift(tmp_path, settings)

    assert now["wrong_by_reason"] == {HELD_BACK: 1}
    assert (now["rows_allowed"], now["rows_denied"]) == (1, 2)
    assert (now["regained"], now["new"]) == (0, 0)


def simulate_strings() -> dict[str, Any]:
    """Return what a draft that asks for strings would change for three people, by one destination."""
    make_world(owed="{}")
    agree(ANN, tcf=make_string())
    agree(BOB, tcf=make_string("FR"))
    agree(CAT)
    refuse_ads(BOB)
    sequence_pending()
    run = simulate(import_draft(author="second"))
    assert run.figures is not None
    return {**run.figures}


@pytest.mark.django_db
def test_a_simulation_of_a_policy_that_asks_for_strings_counts_who_lacks_one() -> None:
    """The engine allows all of them, before and after."""
    figures = simulate_strings()

    assert (figures["allow_to_deny"], figures["deny_to_allow"], figures["people_touched"]) == (2, 0, 2)
    assert figures["by_reason"] == [{"before": "granted", "after": HELD_BACK, "answers": 2}]


def test_a_simulation_tells_a_vendor_from_a_destination_that_is_none() -> None:
    """Both are permitted alike, so that the question about one would answer for the other."""
    at = timezone.now()
    entry = DestinationPolicy(
        country="US", third_party=False, purposes=frozenset({"ads"}), data_categories=frozenset()
    )
    policy = replace(make_policy(ads=((),)), destinations={"plain": entry, "vendor": entry})
    register = {
        slug: RegisteredDestination(slug, "ad_platform", JAN_1, tcf=tcf)
        for slug, tcf in (("plain", None), ("vendor", TcfTerms(VENDOR, (1, 8))))
    }
    questions = [Question(purpose="ads", destination=one, controller="shop") for one in ("plain", "vendor")]

    assert [len(one) for one in Likeness(policy, policy, register, at).group(questions)] == [1, 1]


@pytest.mark.django_db
def test_a_simulation_that_takes_no_heed_of_strings_is_seen() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk, "list_lacking", lambda answers, at: nobody_lacks(answers))  # noqa: ARG005
        with pytest.raises(AssertionError):
            test_a_simulation_of_a_policy_that_asks_for_strings_counts_who_lacks_one()


@pytest.mark.usefixtures("committed_database")
def test_drift_that_takes_no_heed_of_strings_is_seen(tmp_path: Path, settings: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "list_lacking", lambda answers, at: [False] * len(answers))  # noqa: ARG005
        with pytest.raises(AssertionError):
            test_drift_tells_of_who_was_sent_and_lost_their_string(tmp_path, settings)


@pytest.mark.django_db
def test_coverage_that_takes_no_heed_of_strings_is_seen(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "owes_string", lambda _: False)
        with pytest.raises(AssertionError):
            test_coverage_is_what_a_run_comes_to(tmp_path)
