"""A parcel is a run from its forming to its end, whichever that is, whoever dies meanwhile."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from activation.destinations.kinds.interface import Removal
from activation.enforcement.suppression import services
from activation.enforcement.suppression.leasing import LEASE
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.parcels import take_parcel
from activation.enforcement.suppression.types import Cause
from consent.network.errors import DeliveryRefused
from lineage.outbox.models import OutboxEvent
from lineage.running import services as running
from tests.lineage_told import list_runs, list_told, rows_of
from tests.suppression_world import (
    FakeDestination,
    fail,
    make_destination,
    make_holding,
    make_suppression,
    rest_long,
)

pytestmark = pytest.mark.django_db
JOB = "suppress.ads"


@pytest.fixture(autouse=True)
def _destination(db: None) -> None:
    make_destination()


def refuse(_removal: Removal) -> None:
    raise DeliveryRefused("the destination refuses it: mend its settings")


def make_several(count: int = 3) -> list[Suppression]:
    holding = make_holding()
    return [make_suppression(holding) for _ in range(count)]


def test_a_parcel_began_when_it_was_formed_and_is_complete_when_it_is_acknowledged() -> None:
    make_several()

    FakeDestination().deliver_all()

    [parcel] = Parcel.objects.all()
    assert list_runs() == {parcel.pk: ["START", "COMPLETE"]}
    start, complete = list_told(JOB)
    assert [rows_of(start), rows_of(complete)] == [None, 3]
    [output] = complete["outputs"]
    assert (output["namespace"], output["name"]) == ("accordant://destinations", "ads")


def test_what_is_told_is_how_many_for_which_cause_and_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from activation.enforcement.suppression import run_events  # noqa: PLC0415 - what is patched

    told: list[dict[str, str]] = []
    whole = run_events._count

    def note(facts: object) -> object:
        tags = whole(facts)  # type: ignore[arg-type]
        told.append({tag.key: tag.value for tag in tags})
        return tags

    monkeypatch.setattr(run_events, "_count", note)
    holding = make_holding()
    make_suppression(holding)
    make_suppression(holding)
    make_suppression(holding, cause=Cause.ERASURE, reason="subject_erased")

    FakeDestination().deliver_all()

    assert told == [
        {
            "cause.erasure": "1",
            "cause.withdrawal": "2",
            "controller.shop": "3",
            "purpose.advertising.audience": "3",
            "reason.subject_erased": "1",
            "reason.withdrawn": "2",
        }
    ]


def test_a_parcel_that_rests_and_is_tried_again_is_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    rest_long(monkeypatch)
    make_several()
    FakeDestination(before=fail).deliver_all()
    assert list(list_runs().values()) == [["START"]]
    services.retry_now(destination="ads")

    FakeDestination().deliver_all()

    assert list(list_runs().values()) == [["START", "COMPLETE"]]


def test_a_refused_parcel_has_failed_and_each_of_its_people_goes_in_another() -> None:
    make_several(2)

    FakeDestination(before=refuse).deliver_all()

    assert list(list_runs().values()) == [["START", "FAIL"]] * 3
    failed = [one for one in list_told() if one["eventType"] == "FAIL"]
    messages = {one["run"]["facets"]["errorMessage"]["message"] for one in failed}
    assert messages == {"the destination refuses it: mend its settings"}


def test_a_parked_person_is_a_failed_run_of_one() -> None:
    [one] = make_several(1)

    FakeDestination(before=refuse).deliver_all()

    one.refresh_from_db()
    assert one.state == "parked"
    assert list(list_runs().values()) == [["START", "FAIL"]]


def test_a_parcel_whose_identifiers_do_not_open_is_aborted() -> None:
    first, _ = make_several(2)
    Suppression.objects.filter(pk=first.pk).update(sealed=b"damaged")

    FakeDestination().deliver_all()

    assert sorted(list_runs().values()) == [["START", "ABORT"], ["START", "COMPLETE"]]


def test_who_is_acknowledged_by_hand_is_a_run_of_its_own_and_the_parcel_is_aborted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rest_long(monkeypatch)
    first, *_ = make_several()
    FakeDestination(before=fail).deliver_all()
    [parcel] = Parcel.objects.all()

    services.acknowledge_by_hand(ids=[first.pk], by="officer:1", at=timezone.now())

    runs = list_runs()
    assert runs.pop(parcel.pk) == ["START", "ABORT"]
    assert list(runs.values()) == [["START", "COMPLETE"]]
    assert rows_of(list_told()[-1]) == 1


@pytest.mark.parametrize(
    "again",
    [
        lambda ids: services.acknowledge_pulled(ids=ids, by="api:crm"),
        lambda ids: services.acknowledge_by_hand(ids=ids, by="officer:1", at=timezone.now()),
    ],
)
def test_a_call_that_acknowledges_is_one_run_and_the_same_again_none(
    again: Callable[[list[int]], object],
) -> None:
    ids = [one.pk for one in make_several()]

    again(ids)
    again(ids)

    assert list(list_runs().values()) == [["START", "COMPLETE"]]
    assert rows_of(list_told()[-1]) == 3


def test_a_parcel_from_before_is_begun_and_ended_and_holds_up_nothing() -> None:
    make_several()
    parcel = take_parcel(destination="ads", lease=LEASE)
    assert parcel is not None
    OutboxEvent.objects.all().delete()
    Parcel.objects.update(leased_until=None)

    FakeDestination().deliver_all()

    assert list_runs() == {parcel.pk: ["START", "COMPLETE"]}


def test_a_worker_that_dies_with_a_parcel_leaves_its_run_to_the_next() -> None:
    make_several()

    class Killed(BaseException):
        pass

    def die(_removal: Removal) -> None:
        raise Killed

    with pytest.raises(Killed):
        FakeDestination(before=die).deliver_all()
    assert list(list_runs().values()) == [["START"]]
    assert running.close_dead_runs() == 0
    Parcel.objects.update(leased_until=None)

    FakeDestination().deliver_all()

    assert list(list_runs().values()) == [["START", "COMPLETE"]]


def test_an_acknowledgement_by_a_worker_that_lost_the_parcel_tells_nothing() -> None:
    from activation.enforcement.suppression import ending  # noqa: PLC0415 - the last steps alone

    make_several()
    late = take_parcel(destination="ads", lease=LEASE)
    assert late is not None
    Parcel.objects.update(leased_until=None)
    FakeDestination().deliver_all()

    assert not ending.acknowledge(late, reference="late")
    assert not ending.refuse(late, error="late")
    assert not ending.take_apart(late)

    assert list_runs() == {late.pk: ["START", "COMPLETE"]}
