"""Suppressions are taken to their destination: once at one that honours keys, whatever fails on the way."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from activation.destinations.kinds.interface import Removal
from activation.destinations.models import Destination
from activation.destinations.services import suspend_destination
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Holding, Segment
from activation.enforcement.membership.sealing import seal_member
from activation.enforcement.membership.types import Member
from activation.enforcement.suppression import delivering, pacing
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.parcels import take_parcel
from consent.keys.types import KeysUnavailable
from consent.ledger.queries import get_time
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.subjects.types import IdentifierKind
from tests.membership_world import list_refs, make_stranger
from tests.suppression_world import (
    FakeDestination,
    begin_sending,
    end_sending,
    fail,
    make_destination,
    make_holding,
    make_suppression,
    rest_long,
    states,
)

pytestmark = pytest.mark.django_db
POISON = "poison@customers.example"


@pytest.fixture
def destination(monkeypatch: pytest.MonkeyPatch) -> FakeDestination:
    rest_long(monkeypatch)
    make_destination()
    return FakeDestination()


def refuse_poison(removal: Removal) -> None:
    """Refuse whatever holds the poison."""
    if any(POISON in row.values() for batch in removal.batches() for row in batch.to_pylist()):
        raise DeliveryRefused("one of them is not written as it must be")


def rest_no_more() -> None:
    """Let the time go by that everything rests."""
    Parcel.objects.filter(state="waiting").update(next_attempt_at=Now(), leased_until=None)


def outlive() -> None:
    """Let the leases be over."""
    Parcel.objects.filter(state="waiting").update(leased_until=Now() - timedelta(seconds=1))


def once(act: Callable[[Removal], None]) -> Callable[[Removal], None]:
    """Return what acts at the first removal only."""
    left = [act]

    def first(removal: Removal) -> None:
        if left:
            left.pop()(removal)

    return first


def test_people_are_taken_out_and_their_identifiers_wiped(destination: FakeDestination) -> None:
    holding = make_holding()
    waiting = [make_suppression(holding, ref) for ref in ("anna", "ben")]

    assert destination.deliver_all() == 1

    assert destination.taken == ["anna@customers.example", "ben@customers.example"]
    assert states(waiting) == ["acknowledged"] * 2
    for one in Suppression.objects.all():
        assert bytes(one.sealed) == b""
        assert one.ended_at is not None
        assert one.ended_at >= one.enforced_at
    parcel = Parcel.objects.get()
    assert (parcel.state, parcel.leased_until) == ("acknowledged", None)
    assert parcel.reference.startswith("taken ")
    assert destination.deliver_all() == 0


def test_who_was_taken_out_is_forgotten_by_the_membership(
    destination: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[Any] = []
    monkeypatch.setattr(
        "activation.enforcement.membership.services.forget", lambda **told: forgotten.append(told)
    )
    holding = make_holding()
    make_suppression(holding, "anna")

    destination.deliver_all()

    formed_at = Parcel.objects.get().created_at
    assert forgotten == [
        {"holding_id": holding.pk, "gone": [("anna", ())], "held_before": formed_at},
    ]


def let_hold(holding: Holding, *members: Member) -> None:
    """Let the destination hold these from now, in a segment of their own."""
    where = {name: getattr(holding, name) for name in ("destination", "audience", "purpose", "controller")}
    membership.add_members(**where, members=members, world="w")


def test_whoever_was_sent_again_since_the_parcel_was_formed_stays_held(destination: FakeDestination) -> None:
    holding = make_holding()
    anna, ben = (Member(ref=ref, identifiers={IdentifierKind.EMAIL: (ref,)}) for ref in ("anna", "ben"))
    let_hold(holding, anna, ben)
    make_suppression(holding, "anna")
    destination.after = once(lambda _: let_hold(holding, anna))

    destination.deliver_all()

    older, newer = Segment.objects.filter(holding=holding).order_by("pk")
    assert [len(bytes(page.keys)) for page in older.pages.all()] == [8]
    assert newer.pages.count() == 1
    assert list_refs(holding.pk) == ["anna", "ben"]
    make_suppression(holding, "anna")
    destination.deliver_all()
    assert list_refs(holding.pk) == ["ben"]


def test_a_stranger_is_forgotten_by_what_made_them_one(destination: FakeDestination) -> None:
    holding = make_holding()
    stranger = make_stranger((IdentifierKind.EMAIL, "who@customers.example"))
    let_hold(holding, stranger)
    make_suppression(holding, "anna", sealed=seal_member(holding, stranger))

    destination.deliver_all()

    assert destination.taken == ["who@customers.example"]
    assert list_refs(holding.pk) == []


def test_a_person_with_several_values_has_several_rows_and_lacks_are_null(
    destination: FakeDestination,
) -> None:
    holding = make_holding()
    told = {IdentifierKind.EMAIL: ("a@x.example", "b@x.example"), IdentifierKind.PHONE: ("+441",)}
    make_suppression(holding, "anna", identifiers=told)
    make_suppression(holding, "ben", identifiers={IdentifierKind.PHONE: ("+442",)})

    destination.deliver_all()

    assert list(destination.removals.values()) == [
        [
            {"email": "a@x.example", "phone": "+441"},
            {"email": "b@x.example", "phone": None},
            {"email": None, "phone": "+442"},
        ]
    ]


def test_columns_are_called_what_the_last_run_called_them(destination: FakeDestination) -> None:
    holding = make_holding()
    for column in ("mail", "e_mail"):
        segment = begin_sending(holding)
        Segment.objects.filter(pk=segment.pk).update(identifiers={"email": column})
        end_sending(segment)
    make_suppression(holding, "anna")

    destination.deliver_all()

    assert list(destination.removals.values()) == [[{"e_mail": "anna@customers.example"}]]


def test_a_lost_answer_brings_the_same_key_again_and_the_effect_once(destination: FakeDestination) -> None:
    waiting = [make_suppression(make_holding(), "anna")]
    destination.after = once(fail)

    assert destination.deliver_all() == 0
    assert states(waiting) == ["waiting"]
    rest_no_more()
    assert destination.deliver_all() == 1

    assert len(destination.asked) == 2
    assert len(set(destination.asked)) == 1
    assert destination.counts() == {"anna@customers.example": 1}
    assert not destination.faults


def test_a_worker_that_outlives_its_lease_writes_nothing(destination: FakeDestination) -> None:
    waiting = [make_suppression(make_holding(), "anna")]
    other = FakeDestination()

    def be_overtaken(_: Removal) -> None:
        outlive()
        taken = take_parcel(destination="ads", lease=timedelta(minutes=1))
        assert taken is not None
        assert taken.attempts == 2

    destination.after = once(be_overtaken)

    assert destination.deliver_all() == 0
    assert states(waiting) == ["waiting"]
    assert Parcel.objects.get().state == "waiting"
    outlive()
    assert other.deliver_all() == 1


def test_a_destination_in_trouble_is_left_alone_ever_longer_and_never_given_up(
    destination: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [make_suppression(make_holding(), "anna")]
    destination.before = fail
    rests: list[timedelta] = []

    def rest_after(failures: int) -> timedelta:
        rests.append(pacing.rest_after(failures))
        return timedelta(hours=1)

    monkeypatch.setattr(delivering, "rest_after", rest_after)
    for _ in range(12):
        destination.deliver_all()
        assert "in trouble" in Parcel.objects.get().last_error
        rest_no_more()

    assert [one.total_seconds() for one in rests[1::2]] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    destination.before = lambda _: None
    assert destination.deliver_all() == 1
    assert states(waiting) == ["acknowledged"]


def test_an_unexpected_error_is_logged_by_its_type_alone(
    destination: FakeDestination, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = [make_suppression(make_holding(), "anna")]

    def break_down(_: Removal) -> None:
        raise RuntimeError("anna@customers.example")

    destination.before = break_down
    with caplog.at_level(logging.DEBUG):
        assert destination.deliver_all() == 0

    assert states(waiting) == ["waiting"]
    assert "RuntimeError" in Parcel.objects.get().last_error
    assert "RuntimeError" in caplog.text
    assert "customers.example" not in caplog.text + Parcel.objects.get().last_error


def test_a_refusal_of_many_parks_the_one_it_is_about(destination: FakeDestination) -> None:
    holding = make_holding()
    crowd = [make_suppression(holding) for _ in range(99)]
    poison = make_suppression(holding, emails=(POISON,))
    crowd += [make_suppression(holding) for _ in range(100)]
    destination.before = refuse_poison

    assert destination.deliver_all() == 199

    assert set(states(crowd)) == {"acknowledged"}
    poison.refresh_from_db()
    assert (poison.state, poison.error) == ("parked", "one of them is not written as it must be")
    assert bytes(poison.sealed)
    assert set(destination.counts().values()) == {1}
    assert destination.deliver_all() == 0


def test_one_that_makes_the_destination_fail_is_told_from_a_destination_that_is_down(
    destination: FakeDestination,
) -> None:
    holding = make_holding()

    def stumble(removal: Removal) -> None:
        try:
            refuse_poison(removal)
        except DeliveryRefused:
            fail(removal)

    destination.before = stumble
    poison, other = make_suppression(holding, emails=(POISON,)), make_suppression(holding)
    for _ in range(6):
        destination.deliver_all()
        make_suppression(holding)
        destination.deliver_all()
        rest_no_more()
    destination.deliver_all()

    assert states([poison, other]) == ["waiting", "acknowledged"]
    assert Parcel.objects.filter(state="refused").count() == 1


def test_a_newer_suppression_takes_a_parked_ones_place(destination: FakeDestination) -> None:
    holding, other = make_holding(), make_holding(audience="others")
    parked = [
        make_suppression(holding, "anna"),
        make_suppression(holding, "anna", emails=("else@customers.example",)),
        make_suppression(other, "anna"),
        make_suppression(holding, "ben"),
    ]
    Suppression.objects.update(state="parked", error="refused")
    newer = make_suppression(holding, "anna")

    assert destination.deliver_all() == 1

    assert states([*parked, newer]) == ["superseded", "parked", "parked", "parked", "acknowledged"]
    parked[0].refresh_from_db()
    assert bytes(parked[0].sealed) == b""
    assert parked[0].ended_at is not None


def test_a_refused_newer_one_leaves_the_parked_one(destination: FakeDestination) -> None:
    holding = make_holding()
    parked = make_suppression(holding, "anna", state="parked", error="refused")
    newer = make_suppression(holding, "anna", emails=(POISON, "anna@customers.example"))
    destination.before = refuse_poison

    destination.deliver_all()

    assert states([parked, newer]) == ["parked", "parked"]


def test_a_suspended_destination_is_not_asked_and_goes_on_when_it_is_resumed(
    destination: FakeDestination,
) -> None:
    waiting = [make_suppression(make_holding(), "anna")]
    suspend_destination(slug="ads", reason="looking", changed_by="officer", at=get_time())

    assert destination.deliver_all() == 0
    assert not destination.asked
    assert not Parcel.objects.exists()
    assert states(waiting) == ["waiting"]


def test_a_destination_without_a_connector_gets_no_parcel(destination: FakeDestination) -> None:
    Destination.objects.update(connector="", connected_at=None)
    make_suppression(make_holding(), "anna")

    assert destination.deliver_all() == 0
    assert not Parcel.objects.exists()


def test_settings_that_make_no_sense_park_nobody(destination: FakeDestination) -> None:
    waiting = [make_suppression(make_holding(), "anna")]

    def open_nothing(_: str) -> FakeDestination:
        raise DeliveryRefused("the settings make no sense together: connect it anew")

    assert delivering.deliver_due(destination="ads", until=float("inf"), open=open_nothing) == 0
    assert states(waiting) == ["waiting"]
    assert "connect it anew" in Parcel.objects.get().last_error


def test_identifiers_that_do_not_open_are_parked_with_what_to_do(destination: FakeDestination) -> None:
    holding = make_holding()
    broken = make_suppression(holding, sealed=b"broken" * 9)
    nameless = make_suppression(holding, identifiers={})
    whole = make_suppression(holding, "anna")

    assert destination.deliver_all() == 1

    assert states([broken, nameless, whole]) == ["parked", "parked", "acknowledged"]
    broken.refresh_from_db()
    nameless.refresh_from_db()
    assert "do not open" in broken.error
    assert "no identifier" in nameless.error
    assert destination.taken == ["anna@customers.example"]


def test_keys_that_cannot_be_asked_for_park_nobody(
    destination: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [make_suppression(make_holding(), "anna")]

    def be_away(*_: object) -> None:
        raise KeysUnavailable("the wrapper is away")

    monkeypatch.setattr("activation.enforcement.suppression.removing.get_sealer", be_away)
    destination.deliver_all()

    assert states(waiting) == ["waiting"]
    assert Parcel.objects.get().last_error == "the wrapper is away"


def test_whoever_is_interrupted_gives_the_parcel_back(destination: FakeDestination) -> None:
    make_suppression(make_holding(), "anna")

    class TimeIsOver(Exception):
        pass

    def interrupt(_: Removal) -> None:
        raise TimeIsOver

    destination.before = once(interrupt)
    with pytest.raises(TimeIsOver):
        destination.deliver_all(interrupted_by=(TimeIsOver,))

    parcel = Parcel.objects.get()
    assert (parcel.leased_until, parcel.next_attempt_at, parcel.last_error) == (None, None, "")
    assert destination.deliver_all() == 1


def test_no_transaction_is_open_while_the_destination_is_waited_for(
    destination: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth = len(connection.savepoint_ids)
    make_suppression(make_holding(), "anna")
    seen: list[int] = []
    destination.before = lambda _: seen.append(len(connection.savepoint_ids))

    destination.deliver_all()

    assert seen == [depth]


def test_time_that_is_up_begins_no_parcel(destination: FakeDestination) -> None:
    make_suppression(make_holding(), "anna")

    assert delivering.deliver_due(destination="ads", until=0.0, open=destination.open) == 0
    assert not destination.asked


def test_an_outage_of_a_day_is_asked_after_rarely_and_recovered_from_fast(
    destination: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activation.enforcement.suppression.forming.MOST_IN_A_PARCEL", 1)
    holding = make_holding()
    waiting = [make_suppression(holding) for _ in range(30)]
    destination.before = fail
    for _ in range(20):
        destination.deliver_all()
    assert len(destination.asked) == 2

    destination.before = lambda _: None
    Parcel.objects.filter(pk=destination.asked[0]).update(next_attempt_at=Now())
    assert destination.deliver_all() == 30
    assert set(states(waiting)) == {"acknowledged"}


def test_a_failure_that_is_raised_while_opening_is_told(destination: FakeDestination) -> None:
    make_suppression(make_holding(), "anna")

    def open_late(_: str) -> None:
        return None

    delivering.deliver_due(destination="ads", until=float("inf"), open=open_late)

    assert "not connected any more" in Parcel.objects.get().last_error
    assert DeliveryFailed.status == 503


def test_workers_that_died_do_not_count_as_failures_of_the_parcel(destination: FakeDestination) -> None:
    make_suppression(make_holding(audience="others"))
    assert destination.deliver_all() == 1  # others come through
    holding = make_holding()
    waiting = [make_suppression(holding), make_suppression(holding)]
    for _ in range(20):  # claimed, and its worker killed
        assert take_parcel(destination="ads", lease=timedelta(minutes=1))
        outlive()
    destination.before = once(fail)

    destination.deliver_all()
    rest_no_more()
    destination.deliver_all()

    assert set(states(waiting)) == {"acknowledged"}
    assert Parcel.objects.filter(holding=holding).count() == 1
