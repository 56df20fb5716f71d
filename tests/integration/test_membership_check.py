"""Everybody who is held is looked at now and then, so that what was lost cannot stay lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F

from activation.enforcement.canaries.models import Incident
from activation.enforcement.canaries.types import IncidentKind
from activation.enforcement.suppression.finding import feed, services
from activation.enforcement.suppression.finding.checking import CHECKER
from activation.enforcement.suppression.finding.types import CheckReport
from activation.enforcement.suppression.models import FeedPosition
from consent.ledger.services import sequence_pending
from tests.pull_through_world import (
    ALICE,
    BOB,
    LONG,
    Clock,
    grant,
    hold,
    list_waiting,
    make_shop,
    member,
    movable_clock,
    pull_through,
    ref_of,
    run,
    say,
)

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _held() -> Iterator[Clock]:
    with movable_clock() as clock:
        make_shop()
        grant(ALICE, clock)
        grant(BOB, clock)
        run()
        pull_through()
        yield clock


def check(*, passed: timedelta = WEEK) -> CheckReport:
    """Check after so much time."""
    FeedPosition.objects.get_or_create(name=CHECKER)
    FeedPosition.objects.filter(name=CHECKER).update(moved_at=F("moved_at") - passed)
    return services.check_memberships(every=WEEK, budget=LONG)


def lose_news() -> None:
    """Pass over what the ledger tells, as a fault would."""
    sequence_pending()
    feed.begin_at_end()


def test_where_all_is_well_nothing_is_found() -> None:
    report = check()

    assert (report.pages, report.members, report.denied, report.missed) == (1, 2, 0, 0)
    assert not Incident.objects.exists()


def test_who_was_missed_is_taken_out_and_that_is_an_incident() -> None:
    say(ALICE, "withdrawn")
    lose_news()
    pull_through()
    assert not list_waiting()

    report = check()

    assert (report.denied, report.missed) == (1, 1)
    assert list_waiting() == [(ref_of(ALICE), "withdrawal", "withdrawn")]
    incident = Incident.objects.get()
    assert (incident.kind, incident.destination) == (IncidentKind.WITHDRAWAL_MISSED, "ads")
    assert not incident.suspended


def test_who_is_on_the_way_out_was_not_missed() -> None:
    say(ALICE, "withdrawn")
    pull_through()

    report = check()

    assert (report.denied, report.missed) == (1, 0)
    assert len(list_waiting()) == 1


@pytest.mark.parametrize("has_place", [True, False])
def test_whose_news_is_still_to_be_followed_was_not_missed(has_place: bool) -> None:
    say(ALICE, "withdrawn")
    if has_place:
        sequence_pending()

    assert check().missed == 0
    assert not list_waiting()


def test_pages_that_are_due_are_the_sweeps(_held: Clock) -> None:  # noqa: PT019 - its value is used
    _held.pass_time()

    report = check()

    assert (report.pages, report.members) == (1, 0)
    assert not list_waiting()


def test_each_page_is_looked_at_once_in_a_week() -> None:
    for _ in range(13):
        hold(member(ALICE))

    looked_at = [check(passed=timedelta(days=1)).pages for _ in range(7)]

    assert 14 <= sum(looked_at) <= 18
    assert max(looked_at) <= 4
