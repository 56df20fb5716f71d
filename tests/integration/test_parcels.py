"""Parcels are formed in order, of one holding each, and claimed by one worker at a time."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from activation.enforcement.suppression import ending, forming, pacing
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.parcels import take_parcel
from tests.suppression_world import (
    begin_sending,
    end_sending,
    make_destination,
    make_holding,
    make_suppression,
)

pytestmark = pytest.mark.django_db
LEASE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _destination(db: None) -> None:
    make_destination()


def take() -> Parcel | None:
    return take_parcel(destination="ads", lease=LEASE)


def contents(parcel: Parcel | None) -> list[int]:
    """Return the ids of what is in the parcel, in order."""
    assert parcel is not None
    return list(Suppression.objects.filter(parcel=parcel).order_by("pk").values_list("pk", flat=True))


def test_a_parcel_holds_what_waits_of_one_holding_and_is_the_formers_at_once() -> None:
    first, other = make_holding(), make_holding(audience="others")
    ours = [make_suppression(first).pk for _ in range(3)]
    theirs = make_suppression(other).pk

    parcel = take()

    assert contents(parcel) == ours
    assert parcel is not None
    stored = Parcel.objects.get()
    assert (stored.attempts, stored.size, stored.leased_until) == (1, 3, Parcel.objects.get().leased_until)
    assert Parcel.objects.filter(leased_until__gt=Now()).count() == 1
    assert contents(take()) == [theirs]
    assert take() is None


def test_nothing_waits_and_nothing_is_formed() -> None:
    make_holding()

    assert take() is None


def test_urgent_ones_go_first_and_at_most_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forming, "MOST_IN_A_PARCEL", 2)
    holding = make_holding()
    expired = [make_suppression(holding, is_urgent=False).pk for _ in range(2)]
    withdrawn = [make_suppression(holding).pk for _ in range(3)]

    assert contents(take()) == withdrawn[:2]
    assert contents(take()) == [expired[0], withdrawn[2]]


def test_what_a_person_has_goes_out_one_after_the_other() -> None:
    holding = make_holding()
    first, second, third = (make_suppression(holding, "anna").pk for _ in range(3))
    other = make_suppression(holding, "ben").pk

    parcel = take()
    assert contents(parcel) == [first, other]
    assert take() is None

    assert parcel is not None
    ending.acknowledge(parcel, reference="")
    parcel = take()
    assert contents(parcel) == [second]
    assert parcel is not None
    ending.put_off(parcel, error="trouble", delay=timedelta(hours=1))
    assert take() is None
    assert Suppression.objects.get(pk=third).parcel is None


def test_the_order_of_a_person_holds_over_all_audiences_of_a_destination() -> None:
    one, other = make_holding(), make_holding(audience="others")
    first = make_suppression(one, "anna").pk
    make_suppression(other, "anna")

    assert contents(take()) == [first]
    assert take() is None


def test_another_destination_is_another_order() -> None:
    make_destination("crm")
    make_suppression(make_holding(), "anna")
    there = make_suppression(make_holding("crm"), "anna").pk

    take()

    assert contents(take_parcel(destination="crm", lease=LEASE)) == [there]


def test_one_with_a_later_id_that_is_under_way_is_waited_for() -> None:
    """Two writers may commit in another order than their ids."""
    holding = make_holding()
    early = make_suppression(holding, "anna")
    make_suppression(holding, "anna")
    Suppression.objects.filter(pk=early.pk).update(state="parked")
    take()
    Suppression.objects.filter(pk=early.pk).update(state="waiting")

    assert take() is None


def test_strangers_do_not_wait_for_each_other() -> None:
    holding = make_holding()
    strangers = [make_suppression(holding).pk for _ in range(3)]
    Suppression.objects.update(subject_ref="")

    assert contents(take()) == strangers


def test_a_holding_that_is_being_sent_to_waits_and_holds_up_nobody() -> None:
    held_back, other = make_holding(), make_holding(audience="others")
    segment = begin_sending(held_back)
    waits = make_suppression(held_back, "anna").pk
    goes = make_suppression(other, "anna").pk

    parcel = take()
    assert contents(parcel) == [goes]
    assert take() is None

    end_sending(segment)
    assert take() is None
    assert parcel is not None
    ending.acknowledge(parcel, reference="")
    assert contents(take()) == [waits]


def test_what_an_urgent_one_waits_for_becomes_urgent() -> None:
    slow, quick = make_holding(), make_holding(audience="others")
    crowd = [make_suppression(slow, is_urgent=False) for _ in range(3)]
    first = make_suppression(slow, "anna", is_urgent=False)
    make_suppression(quick, "anna")

    assert contents(take()) == [*(one.pk for one in crowd), first.pk]
    first.refresh_from_db()
    assert first.is_urgent


def test_what_comes_back_below_what_went_out_goes_out_too() -> None:
    holding = make_holding()
    early, late = make_suppression(holding, state="parked"), make_suppression(holding)
    assert contents(take()) == [late.pk]
    Suppression.objects.filter(pk=early.pk).update(state="waiting")

    assert contents(take()) == [early.pk]


def test_one_that_was_refused_in_company_goes_alone() -> None:
    holding = make_holding()
    alone = [make_suppression(holding, goes_alone=True).pk for _ in range(2)]
    together = [make_suppression(holding).pk for _ in range(2)]

    assert [contents(take()) for _ in range(3)] == [[alone[0]], [alone[1]], together]


def test_no_more_parcels_are_under_way_than_the_destination_is_granted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forming, "MOST_IN_A_PARCEL", 1)
    holding = make_holding()
    for _ in range(pacing.MOST_AT_ONCE + 2):
        make_suppression(holding)

    taken = [take() for _ in range(pacing.MOST_AT_ONCE)]

    assert all(taken)
    assert take() is None
    assert taken[0] is not None
    ending.acknowledge(taken[0], reference="")
    assert take() is not None


def test_a_dead_workers_parcel_is_claimed_as_it_was_formed() -> None:
    holding = make_holding()
    make_suppression(holding)
    first = take()
    Parcel.objects.update(leased_until=Now() - timedelta(seconds=1))
    make_suppression(holding)

    again = take()

    assert first is not None
    assert again is not None
    assert (again.pk, again.attempts) == (first.pk, 2)
    assert contents(again) == contents(first)
    assert not ending.acknowledge(first, reference="too late")
    assert ending.acknowledge(again, reference="in time")


def test_of_a_destination_that_fails_no_more_than_some_parcels_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forming, "MOST_IN_A_PARCEL", 1)
    holding = make_holding()
    for _ in range(10):
        make_suppression(holding)
    for _ in range(2):
        parcel = take()
        assert parcel is not None
        ending.put_off(parcel, error="down", delay=timedelta(minutes=1))

    assert take() is None
    Parcel.objects.update(next_attempt_at=Now())
    probe = take()
    assert probe is not None
    assert probe.attempts == 2
    assert take() is None  # one asks whether the destination is back: the others wait for what it says

    ending.acknowledge(probe, reference="back")
    assert [bool(take()) for _ in range(3)] == [True, True, True]


def test_a_success_after_failures_lets_all_go_on_at_once() -> None:
    one, other = make_holding(), make_holding(audience="others")
    make_suppression(one)
    make_suppression(other)
    for _ in range(2):
        parcel = take()
        assert parcel is not None
        ending.put_off(parcel, error="down", delay=timedelta(hours=1))
    Parcel.objects.filter(holding=one).update(next_attempt_at=Now())
    probe = take()
    assert probe is not None
    ending.acknowledge(probe, reference="back")

    assert take() is not None


def test_two_parcels_that_fail_for_ever_do_not_stop_the_others_for_ever() -> None:
    holding = make_holding()
    for _ in range(2):
        make_suppression(holding)
        parcel = take()
        assert parcel is not None
        ending.put_off(parcel, error="poison", delay=timedelta(hours=1))
    make_suppression(holding)
    assert take() is None

    Parcel.objects.update(created_at=F("created_at") - 2 * pacing.LONGEST_REST - timedelta(seconds=1))

    fresh = take()
    assert fresh is not None
    ending.acknowledge(fresh, reference="it works")
    make_suppression(holding)
    assert take() is not None


def test_refusals_one_after_the_other_slow_the_forming_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential that is over refuses everybody: not everybody may be parked for it."""
    monkeypatch.setattr(pacing, "rest_after", lambda _: timedelta(hours=1))
    holding = make_holding()
    for _ in range(6):
        make_suppression(holding, goes_alone=True)
    for _ in range(3):
        parcel = take()
        assert parcel is not None
        ending.refuse(parcel, error="no access")

    assert take() is None
    Parcel.objects.update(ended_at=Now() - timedelta(hours=2))
    assert take() is not None
    assert take() is None
