"""Officers acknowledge by hand and send again; consumers pull; every step keeps what other workers hold."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from activation.checks.types import Scope
from activation.destinations.models import Destination
from activation.destinations.services import suspend_destination
from activation.enforcement.membership import services as membership
from activation.enforcement.suppression import clocks, delivering, ending, queries, retention, services, tasks
from activation.enforcement.suppression.models import DailyClock, Parcel, Suppression
from activation.enforcement.suppression.parcels import take_parcel
from activation.enforcement.suppression.types import SuppressionState
from consent.ledger.queries import get_time
from tests.checks_world import caller
from tests.ledger_world import read_entries
from tests.membership_world import list_refs, make_member
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
PULL, DONE = "/api/v1/suppressions", "/api/v1/suppressions/acknowledgements"


@pytest.fixture
def destination(monkeypatch: pytest.MonkeyPatch) -> FakeDestination:
    rest_long(monkeypatch)
    make_destination()
    return FakeDestination()


def acknowledge(*rows: Suppression) -> services.Outcome:
    ids = [row.pk for row in rows]
    return services.acknowledge_by_hand(ids=ids, by="officer 7", at=timezone.now())


def send_again(*rows: Suppression) -> services.Outcome:
    return services.send_again(ids=[row.pk for row in rows], by="officer 7", at=timezone.now())


def read_acts() -> list[dict[str, Any]]:
    """Return what the ledger was told of officers' acts on suppressions."""
    envelopes = [json.loads(one.envelope) for one in read_entries() if one.kind.startswith("suppressions_")]
    return [{"kind": one["kind"], **one["body"]} for one in envelopes]


def test_by_hand_ends_what_waits_and_what_is_parked_and_is_in_the_ledger(
    destination: FakeDestination,
) -> None:
    holding = make_holding()
    waiting, parked = make_suppression(holding), make_suppression(holding, state="parked", error="no")

    outcome = acknowledge(waiting, parked)

    assert outcome.done == [waiting.pk, parked.pk]
    assert states([waiting, parked]) == ["by_hand"] * 2
    waiting.refresh_from_db()
    assert (waiting.ended_by, bytes(waiting.sealed)) == ("officer 7", b"")
    assert waiting.ended_at is not None
    [act] = read_acts()
    assert (act["kind"], act["suppressions"]) == ("suppressions_acknowledged", [waiting.pk, parked.pk])
    assert act["changed_by"] == "officer 7"
    assert destination.deliver_all() == 0


def test_who_was_taken_out_by_hand_is_forgotten_unless_sent_again_since(destination: FakeDestination) -> None:
    holding = make_holding()
    where = {name: getattr(holding, name) for name in ("destination", "audience", "purpose", "controller")}
    people = [make_member(ref, f"{ref}@customers.example") for ref in ("anna", "ben")]
    membership.add_members(**where, members=people, world="w")
    rows = [make_suppression(holding, ref) for ref in ("anna", "ben")]
    membership.add_members(**where, members=people[:1], world="w")

    acknowledge(*rows)

    assert list_refs(holding.pk) == ["anna"]


def test_by_hand_twice_is_as_once(destination: FakeDestination) -> None:
    one = make_suppression(make_holding())
    acknowledge(one)
    first = Suppression.objects.get().ended_at

    assert acknowledge(one).done == [one.pk]
    assert Suppression.objects.get().ended_at == first
    assert len(read_acts()) == 1


def test_what_rests_in_a_parcel_is_taken_out_of_it_and_the_rest_goes_under_another_key(
    destination: FakeDestination,
) -> None:
    holding = make_holding()
    rows = [make_suppression(holding) for _ in range(3)]
    destination.before = fail
    destination.deliver_all()
    stale = Parcel.objects.get()
    stale.leased_until = get_time()

    assert acknowledge(rows[1]).done == [rows[1].pk]
    assert Parcel.objects.get().state == "taken_apart"
    assert not ending.acknowledge(stale, reference="late")

    destination.before = lambda _: None
    assert destination.deliver_all() == 1
    assert states(rows) == ["acknowledged", "by_hand", "acknowledged"]
    assert len(set(destination.asked)) == 2


def test_what_a_worker_hands_over_just_now_is_left_to_it(destination: FakeDestination) -> None:
    one = make_suppression(make_holding())
    parcel = take_parcel(destination="ads", lease=timedelta(minutes=1))
    assert parcel is not None

    outcome = acknowledge(one)

    assert outcome.objections == {one.pk: services.Objection.BEING_SENT}
    assert states([one]) == ["waiting"]
    assert ending.acknowledge(parcel, reference="")
    assert not read_acts()


def test_whom_a_run_may_put_there_again_is_not_acknowledged_before_its_end(
    destination: FakeDestination,
) -> None:
    holding = make_holding()
    one, segment = make_suppression(holding), begin_sending(holding)

    assert acknowledge(one).objections == {one.pk: services.Objection.BEING_SENT}
    end_sending(segment)
    assert acknowledge(one).done == [one.pk]


def test_unknown_and_superseded_ones_are_told_apart(destination: FakeDestination) -> None:
    gone = make_suppression(make_holding(), state="superseded", ended_at=timezone.now())

    outcome = services.acknowledge_by_hand(ids=[gone.pk, 999_999_999], by="o", at=timezone.now())

    assert outcome.objections == {
        gone.pk: services.Objection.SUPERSEDED,
        999_999_999: services.Objection.UNKNOWN,
    }


def test_parked_ones_are_sent_again_alone(destination: FakeDestination) -> None:
    holding = make_holding()
    parked = [make_suppression(holding, state="parked", error="no") for _ in range(2)]
    waiting = make_suppression(holding)

    outcome = send_again(*parked, waiting)

    assert outcome.done == [row.pk for row in parked]
    assert outcome.objections == {waiting.pk: services.Objection.NOT_PARKED}
    assert destination.deliver_all() == 3
    assert states([*parked, waiting]) == ["acknowledged"] * 3
    assert [act["kind"] for act in read_acts()] == ["suppressions_sent_again"]


def test_retry_now_ends_all_rests(destination: FakeDestination) -> None:
    make_suppression(make_holding())
    destination.before = fail
    destination.deliver_all()
    destination.before = lambda _: None
    assert destination.deliver_all() == 0

    assert services.retry_now(destination="ads") == 1
    assert destination.deliver_all() == 1


# The task.


def test_the_schedule_wakes_a_worker_for_each_destination_at_which_anything_is_due(
    destination: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slug, is_connected in (
        ("crm", True),
        ("files", False),
        ("shut", True),
        ("busy", True),
        ("idle", True),
    ):
        make_destination(slug, is_connected=is_connected)
    for slug in ("ads", "crm", "files", "shut", "busy"):
        make_suppression(make_holding(slug))
    suspend_destination(slug="shut", reason="looking", changed_by="officer", at=get_time())
    begin_sending(make_holding("busy"))
    woken: list[str] = []
    monkeypatch.setattr("activation.enforcement.suppression.waking.wake_for_destination", woken.append)

    assert tasks.deliver_suppressions() == 2
    assert woken == ["ads", "crm"]


def test_a_worker_that_left_something_wakes_another(
    destination: FakeDestination, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = make_holding()
    make_suppression(holding)
    woken: list[str] = []

    def deliver(**_: object) -> int:
        return 1

    monkeypatch.setattr(tasks, "deliver_due", deliver)
    monkeypatch.setattr("activation.enforcement.suppression.waking.wake_for_destination", woken.append)

    assert tasks.deliver_suppressions(destination="ads", unknown="argument") == 1
    assert woken == ["ads"]


# Clocks.


def test_clocks_tell_what_waits_and_how_long_it_took(
    destination: FakeDestination, settings: Settings
) -> None:
    holding = make_holding()
    now = get_time()
    for seconds in (2, 4, 100):
        make_suppression(
            holding,
            state="acknowledged",
            sealed=b"",
            recorded_at=now - timedelta(seconds=seconds + 1),
            enforced_at=now - timedelta(seconds=seconds),
            ended_at=now,
        )
    make_suppression(holding, recorded_at=now - timedelta(hours=2))
    make_suppression(holding, state="parked", error="no", recorded_at=now - timedelta(minutes=1))

    found = clocks.get_clocks(destination="ads")

    assert (found.waiting, found.overdue, found.parked) == (1, 1, 1)
    assert found.oldest is not None
    assert (found.oldest.waits_for, found.oldest.error) == (clocks.WaitsFor.TURN, "")
    hour = found.spans[0]
    assert (hour.span, hour.ended) == ("hour", 3)
    assert hour.recorded_to_enforced.p50 == pytest.approx(1)
    assert hour.enforced_to_acknowledged.p50 == pytest.approx(4)
    assert hour.recorded_to_acknowledged.p99 == pytest.approx(99.08)
    settings.PULL_THROUGH_DUE = timedelta(hours=3)
    assert clocks.get_clocks(destination="ads").overdue == 0


def test_clocks_of_a_destination_where_nothing_happened_are_empty(destination: FakeDestination) -> None:
    found = clocks.get_clocks(destination="ads")

    assert (found.waiting, found.oldest, found.spans[0].recorded_to_enforced.p50) == (0, None, None)


def test_the_oldest_tells_what_it_waits_for(destination: FakeDestination) -> None:
    holding = make_holding()
    one = make_suppression(holding)

    def waits() -> tuple[clocks.WaitsFor, str]:
        return clocks.explain(Suppression.objects.select_related("parcel").get(pk=one.pk))

    segment = begin_sending(holding)
    assert waits()[0] == clocks.WaitsFor.RUN
    end_sending(segment)
    destination.before = fail
    destination.deliver_all()
    assert waits() == (
        clocks.WaitsFor.BACKING_OFF,
        "the destination is in trouble: deliver again later",
    )
    other = make_suppression(holding)
    assert clocks.explain(other)[0] == clocks.WaitsFor.BACKING_OFF
    suspend_destination(slug="ads", reason="looking", changed_by="officer", at=get_time())
    assert waits()[0] == clocks.WaitsFor.SUSPENDED
    Destination.objects.update(connector="", connected_at=None)
    assert waits()[0] == clocks.WaitsFor.SUSPENDED
    Suppression.objects.update(state="parked", error="refused")
    assert waits() == (clocks.WaitsFor.SOMEBODY, "refused")


def test_a_destination_that_is_not_connected_says_so(destination: FakeDestination) -> None:
    make_destination("files", is_connected=False)

    assert clocks.explain(make_suppression(make_holding("files")))[0] == clocks.WaitsFor.NOT_CONNECTED


def test_monitoring_is_told_in_prometheus_format_and_only_with_its_scope(
    destination: FakeDestination,
) -> None:
    make_suppression(make_holding())
    destination.deliver_all()
    make_suppression(make_holding())

    text = caller(Scope.METRICS_READ).get("/metrics").content.decode()

    assert 'accordant_suppressions_waiting{destination="ads"} 1.0' in text
    assert 'accordant_suppressions_parked{destination="ads"} 0.0' in text
    assert 'accordant_lineage_pending{transport="console"} 2.0' in text  # of the parcel that was handed over
    assert 'step="recorded_to_acknowledged",quantile="0.99"' in text or 'quantile="0.99"' in text
    assert caller(Scope.CHECK, name="checker").get("/metrics").status_code == 403
    assert APIClient().get("/metrics").status_code == 401


# The pull.


@pytest.fixture
def pulled(db: None) -> list[Suppression]:
    make_destination("files", is_connected=False)
    holding = make_holding("files")
    return [make_suppression(holding, ref) for ref in ("anna", "ben", "cleo")]


def test_a_destination_pulls_with_identifiers_and_acknowledges(pulled: list[Suppression]) -> None:
    api = caller(Scope.SUPPRESSIONS_READ, Scope.SUPPRESSIONS_WRITE)

    answer = api.get(PULL, {"destination": "files", "state": "waiting", "limit": "2"})

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    first, second = answer.json()["suppressions"]
    assert first["identifiers"] == {"email": ["anna@customers.example"]}
    assert (first["audience"], first["cause"]) == ("customers", "withdrawal")
    [third] = api.get(PULL, {"destination": "files", "after": second["id"]}).json()["suppressions"]
    assert third["subject_ref"] == "cleo"

    done = api.post(DONE, {"ids": [first["id"], third["id"], 999_999_999]})
    assert done.status_code == 200
    assert done.json() == {
        "acknowledged": [first["id"], third["id"]],
        "errors": [{"id": 999_999_999, "code": "suppression_unknown"}],
    }
    assert states(pulled) == ["acknowledged", "waiting", "acknowledged"]
    assert Suppression.objects.get(pk=first["id"]).ended_by == "api:tool"
    again = api.post(DONE, {"ids": [first["id"]]})
    assert again.json() == {"acknowledged": [first["id"]], "errors": []}
    ended = api.get(PULL, {"destination": "files", "state": "acknowledged"}).json()["suppressions"]
    assert [one["identifiers"] for one in ended] == [None, None]


def test_pulling_and_acknowledging_need_scopes_of_their_own(pulled: list[Suppression]) -> None:
    reader, writer = caller(Scope.SUPPRESSIONS_READ), caller(Scope.SUPPRESSIONS_WRITE, name="writer")

    assert writer.get(PULL, {"destination": "files"}).status_code == 403
    assert reader.post(DONE, {"ids": [pulled[0].pk]}).status_code == 403
    other = caller(Scope.RUNS_READ, Scope.ADMIN, name="other")
    assert other.get(PULL, {"destination": "files"}).status_code == 403


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"destination": "Not A Slug"},
        {"destination": "files", "state": "gone"},
        {"destination": "files", "after": "-1"},
        {"destination": "files", "after": "9" * 30},
        {"destination": "files", "limit": "1001"},
        {"destination": "files", "email": "anna@customers.example"},
    ],
)
def test_a_pull_that_makes_no_sense_is_refused(asked: dict[str, Any], pulled: list[Suppression]) -> None:
    answer = caller(Scope.SUPPRESSIONS_READ).get(PULL, asked)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "customers.example" not in answer.content.decode()


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": [0]}, {"ids": [1], "more": 1}, []])
def test_an_acknowledgement_that_makes_no_sense_is_refused(body: Any, db: None) -> None:
    answer = caller(Scope.SUPPRESSIONS_WRITE).post(DONE, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_an_unknown_destination_has_no_suppressions_and_no_clocks(db: None) -> None:
    api = caller(Scope.SUPPRESSIONS_READ, Scope.RUNS_READ)

    assert api.get(PULL, {"destination": "nobody"}).json() == {"suppressions": []}
    answer = api.get("/api/v1/destinations/nobody/clocks")
    assert (answer.status_code, answer.json()["code"]) == (404, "destination_not_registered")


def test_clocks_are_read_over_the_api(pulled: list[Suppression]) -> None:
    body = caller(Scope.RUNS_READ).get("/api/v1/destinations/files/clocks").json()

    assert (body["waiting"], body["oldest"]["waits_for"]) == (3, "not_connected")
    assert [span["span"] for span in body["spans"]] == ["hour", "day", "week"]


# Retention.


def end_on(day: datetime, **changes: Any) -> Suppression:
    told = {
        "state": "acknowledged",
        "sealed": b"",
        "recorded_at": day,
        "ended_at": day + timedelta(seconds=9),
    }
    return make_suppression(make_holding(), **{**told, **changes})


def test_old_ones_are_forgotten_and_the_figures_of_their_days_stay(
    destination: FakeDestination, settings: Settings
) -> None:
    settings.SUPPRESSIONS_KEPT = timedelta(days=30)
    at = get_time()
    old = (at - timedelta(days=40)).replace(hour=12)
    for _ in range(3):
        end_on(old)
    end_on(old, state="by_hand", ended_at=old + timedelta(hours=3))
    young, waiting = end_on(at - timedelta(days=2)), make_suppression(make_holding(), recorded_at=old)

    counts = [retention.forget_suppressions(at=at, limit=2) for _ in range(3)]

    assert counts == [2, 2, 0]
    assert set(Suppression.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}
    day = DailyClock.objects.get()
    assert (day.destination, day.day) == ("ads", old.date())
    assert (day.ended, day.by_hand, day.overdue) == (4, 1, 1)
    assert day.p50_seconds == pytest.approx(9)


def test_parcels_go_once_nothing_is_in_them(destination: FakeDestination, settings: Settings) -> None:
    settings.SUPPRESSIONS_KEPT = timedelta(days=30)
    make_suppression(make_holding())
    destination.deliver_all()
    Parcel.objects.update(ended_at=Now() - timedelta(days=40))
    assert retention.forget_suppressions(at=get_time()) == 0
    Suppression.objects.update(ended_at=Now() - timedelta(days=40))

    assert [retention.forget_suppressions(at=get_time()) for _ in range(3)] == [1, 1, 0]
    assert not Parcel.objects.exists()


def test_nothing_is_forgotten_where_all_is_kept(destination: FakeDestination, settings: Settings) -> None:
    settings.SUPPRESSIONS_KEPT = None
    end_on(get_time() - timedelta(days=9000))

    assert retention.forget_suppressions(at=get_time()) == 0


def test_the_pull_reads_what_waits_only_if_it_is_asked_so(pulled: list[Suppression]) -> None:
    assert delivering.is_open("files") is False
    found = queries.list_suppressions(destination="files", state=SuppressionState.PARKED)
    assert found == []
