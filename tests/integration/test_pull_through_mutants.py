"""The tests of the pull-through bite: each way in which it could be wrong makes one of them fail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now

from activation.enforcement.suppression import delivering, ending, forming, parcels
from activation.enforcement.suppression.models import Parcel, Suppression
from lineage.leases import claiming
from tests.integration import test_parcels, test_pull_through_deaths, test_taking_out
from tests.suppression_world import (
    FakeDestination,
    make_destination,
    make_holding,
    make_suppression,
    rest_long,
)

pytestmark = pytest.mark.django_db


def ignore_fencing(patch: pytest.MonkeyPatch) -> None:
    """Let every worker write what it has to say of a parcel, whoever holds it."""

    def anybodys(row: Any) -> "models.QuerySet[Any]":
        return models.QuerySet(type(row)).filter(pk=row.pk)

    patch.setattr(claiming, "_ours", anybodys)


def form_anew(patch: pytest.MonkeyPatch) -> None:
    """Form another parcel, with another key, for each attempt."""

    def take_apart(parcel: Parcel, **_: Any) -> bool:
        return ending.take_apart(parcel)

    patch.setattr(ending, "put_off", take_apart)


def ignore_order(patch: pytest.MonkeyPatch) -> None:
    """Let everything go out at once, whatever else of the person waits."""
    patch.setattr(forming, "_NEXT", forming._NEXT.replace("AND other.id <> next.id", "AND FALSE"))


def acknowledge_first(patch: pytest.MonkeyPatch) -> None:
    """Write down that it is done before it is."""
    hand_over = delivering.hand_over

    def hasty(parcel: Parcel, hand: delivering.Hand) -> delivering.Taken | None:
        waiting = Suppression.objects.filter(parcel=parcel)
        waiting.update(state="acknowledged", ended_at=Now(), sealed=b"")
        return hand_over(parcel, hand)

    patch.setattr(delivering, "hand_over", hasty)


def forget_the_leases(patch: pytest.MonkeyPatch) -> None:
    """Let a parcel be taken that a worker holds."""
    take = parcels._list_waiting

    def all_free(*arguments: Any) -> Any:
        held = {"leased_until": Now() - timedelta(seconds=1)}
        Parcel.objects.filter(state="waiting").update(**held)
        return take(*arguments)

    patch.setattr(parcels, "_list_waiting", all_free)


def outlive_a_lease() -> None:
    make_destination()
    test_taking_out.test_a_worker_that_outlives_its_lease_writes_nothing(FakeDestination())


def lose_an_answer() -> None:
    make_destination()
    test_taking_out.test_a_lost_answer_brings_the_same_key_again_and_the_effect_once(FakeDestination())


def keep_the_order() -> None:
    make_destination()
    test_parcels.test_what_a_person_has_goes_out_one_after_the_other()


def be_killed_before() -> None:
    test_pull_through_deaths.test_a_worker_killed_around_the_handing_over_loses_nobody("before")


def walk_schedules() -> None:
    test_pull_through_deaths.test_no_interleaving_of_two_workers_breaks_the_order_or_doubles_anything("A")


def form_one_after_the_other() -> None:
    make_destination()
    test_parcels.test_a_parcel_holds_what_waits_of_one_holding_and_is_the_formers_at_once()


@pytest.mark.parametrize(
    ("spoil", "test"),
    [
        (ignore_fencing, outlive_a_lease),
        (form_anew, lose_an_answer),
        (ignore_order, keep_the_order),
        (ignore_order, walk_schedules),
        (acknowledge_first, be_killed_before),
        (forget_the_leases, form_one_after_the_other),
    ],
)
def test_a_fault_that_is_planted_is_found(
    spoil: Callable[[pytest.MonkeyPatch], None],
    test: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest_long(monkeypatch)
    spoil(monkeypatch)

    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test()


@pytest.mark.parametrize("test", [outlive_a_lease, lose_an_answer, keep_the_order, be_killed_before])
def test_without_a_fault_there_is_nothing_to_find(
    test: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rest_long(monkeypatch)
    test()


def test_the_database_keeps_no_identifiers_of_what_is_done() -> None:
    make_destination()
    one = make_suppression(make_holding())

    with pytest.raises(IntegrityError), transaction.atomic():
        Suppression.objects.filter(pk=one.pk).update(state="acknowledged", ended_at=Now())
