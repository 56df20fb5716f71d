"""A request's steps: planned once, carried out phase by phase, ended once."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from consent.ledger.queries import get_time
from consent.network.errors import DeliveryFailed
from consent.requests.connectors.interface import SystemFailed, SystemRefused
from consent.requests.fanning import claiming, collecting, ending, working
from consent.requests.fanning.choosing import finish_task, retry_step, skip_step
from consent.requests.fanning.ending import StepNotFound, complete_step, fail_step
from consent.requests.fanning.reading import count_stuck_steps, list_stuck_steps
from consent.requests.models import Package, Request, SealedPart, Step, System
from consent.requests.types import (
    ChangedMeanwhile,
    DatasetReport,
    EventKind,
    NotPossible,
    Outcome,
    RequestState,
    RequestType,
    StepAction,
    StepState,
    SystemKind,
)
from tests.steps_world import (
    EMAIL,
    FakeSystem,
    answer_elsewhere,
    events,
    id_of,
    let_lease_end,
    list_steps,
    make_request,
    make_system,
    plan,
    read_rows,
    rest_is_over,
    states,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("erasures_go_to_review")]
DONE = Outcome(state=StepState.DONE)


def officer() -> int:
    return int(get_user_model().objects.get_or_create(username="olga")[0].pk)


def seen(request: Request) -> int:
    return Request.objects.get(pk=request.pk).version


def failing(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_an_erasure_goes_phase_by_phase_and_keys_are_last() -> None:
    first, second = make_system("crm", order=1), make_system("shop", order=2)
    request, fake = make_request(), FakeSystem()
    plan(request)

    assert states(request) == {
        "erase crm": "ready",
        "erase shop": "blocked",
        "tell_recipients": "blocked",
        "verify_gone crm": "blocked",
        "verify_gone shop": "blocked",
        "destroy_keys": "blocked",
    }
    fake.work_all()
    assert list(states(request).values()) == ["done", "done", "waiting", *["blocked"] * 3]
    answer_elsewhere(request)
    fake.work_all()

    request.refresh_from_db()
    assert set(states(request).values()) == {"done"}
    assert request.state == RequestState.IN_REVIEW
    order = [(action, key) for action, key in fake.asked]
    assert [action for action, _ in order] == ["erase", "erase", "verify_gone", "verify_gone"]
    assert order[0][1] == str(id_of(request, StepAction.ERASE, first))
    assert order[1][1] == str(id_of(request, StepAction.ERASE, second))
    assert events(request).count("step_ended") == 6
    assert [list(person.identifiers.values()) for person in fake.people] == [[(EMAIL,)]] * 4


def test_steps_are_planned_once() -> None:
    make_system()
    request = make_request(RequestType.ACCESS)

    before = plan(request)
    after = plan(request)

    assert [one.pk for one in before] == [one.pk for one in after]
    assert events(request).count(EventKind.STEPS_PLANNED) == 1


def test_a_system_that_is_switched_off_is_not_asked() -> None:
    make_system(is_enabled=False)
    request = make_request(RequestType.ACCESS)
    plan(request)

    assert states(request) == {"tell_recipients": "waiting"}


def test_a_no_is_recorded_then_passed_on_and_needs_nobody() -> None:
    request, fake = make_request(RequestType.OPT_OUT), FakeSystem()
    plan(request)

    fake.work_all()
    assert states(request) == {"record": "done", "tell_recipients": "waiting"}
    answer_elsewhere(request)

    request.refresh_from_db()
    assert request.state == RequestState.FULFILLED
    assert request.closed_at is not None


def test_a_no_that_was_not_passed_on_to_all_is_looked_at() -> None:
    request, fake = make_request(RequestType.WITHDRAWAL), FakeSystem()
    plan(request)
    fake.work_all()

    complete_step(id_of(request, StepAction.TELL_RECIPIENTS), Outcome(state=StepState.PARTLY_DONE))

    request.refresh_from_db()
    assert request.state == RequestState.IN_REVIEW


def test_a_complaint_waits_for_an_officer() -> None:
    request = make_request(RequestType.COMPLAINT)
    plan(request)

    finish_task(
        id_of(request, StepAction.ASSESS), state=StepState.DONE, officer_id=officer(), version=seen(request)
    )

    request.refresh_from_db()
    assert request.state == RequestState.IN_REVIEW
    assert list_steps(request)[0].ended_by_id == officer()


def test_what_is_collected_lies_sealed_and_can_be_read() -> None:
    system, request = make_system(), make_request(RequestType.ACCESS)
    fake = FakeSystem(rows=[("orders", {"total": Decimal("12.30"), "mail": EMAIL}), ("visits", {"n": 1})])
    plan(request)
    fake.work(system.pk)
    answer_elsewhere(request)

    step = Step.objects.get(request=request, action=StepAction.COLLECT)
    assert list(read_rows(step)) == [("orders", {"total": "12.30", "mail": EMAIL}), ("visits", {"n": 1})]
    assert (step.found, step.done, step.parts) == (2, 2, 1)
    assert not any(EMAIL.encode() in bytes(part.content) for part in SealedPart.objects.all())
    assert Package.objects.get().request_id == request.pk


def test_a_system_that_does_not_answer_is_asked_again_later_and_finally_has_failed() -> None:
    system, request = make_system(), make_request()
    fake = FakeSystem(before=failing(SystemFailed("the system is away")))
    plan(request)

    for _ in range(ending.MOST_FAILURES + 3):
        assert fake.work(system.pk) == 0
        assert not claiming.claim_step(system.pk)
        rest_is_over()

    step = list_steps(request)[0]
    assert (step.state, step.failures) == (StepState.FAILED, ending.MOST_FAILURES)
    assert step.last_error == "the system is away"
    assert states(request)["tell_recipients"] == "blocked"
    assert events(request)[-1] == "step_ended"


def test_a_system_that_refuses_is_not_asked_again() -> None:
    system, request = make_system(), make_request()
    plan(request)

    FakeSystem(before=failing(SystemRefused("the table is not there"))).work(system.pk)

    step = list_steps(request)[0]
    assert (step.state, step.last_error) == (StepState.FAILED, "the table is not there")


def test_an_unexpected_error_tells_its_kind_only() -> None:
    system, request = make_system(), make_request()
    plan(request)

    FakeSystem(before=failing(ValueError(EMAIL))).work(system.pk)

    assert list_steps(request)[0].last_error == "an unexpected error (ValueError)"


@pytest.mark.parametrize(
    "answer",
    [
        "garbage",
        None,
        Outcome(state=StepState.SKIPPED),
        Outcome(state=StepState.READY),
        Outcome(state=StepState.DONE, datasets=(DatasetReport(dataset="a", found=-1),)),
        Outcome(state=StepState.DONE, datasets=(DatasetReport(dataset="a", found=2**70),)),
        Outcome(state=StepState.DONE, datasets=(DatasetReport(dataset="a" * 201),)),
        Outcome(state=StepState.DONE, datasets=(DatasetReport(dataset="a\0"),)),
        Outcome(state=StepState.DONE, datasets=(DatasetReport(dataset="a", found=1, kept=1),)),
    ],
)
def test_an_answer_that_cannot_be_is_a_failure_that_shows(answer: Any) -> None:
    system, request = make_system(), make_request()
    fake = FakeSystem(outcome=answer or "nothing")  # type: ignore[arg-type]
    plan(request)

    fake.work(system.pk)

    assert list_steps(request)[0].state == StepState.FAILED


def test_a_system_that_says_done_and_counts_less_is_partly_done() -> None:
    system, request = make_system(), make_request()
    report = DatasetReport(dataset="orders", found=3, done=1)
    plan(request)

    FakeSystem(outcome=replace(DONE, datasets=(report,))).work(system.pk)

    step = list_steps(request)[0]
    assert step.state == StepState.PARTLY_DONE
    assert step.note


def test_rows_that_a_system_says_it_sent_and_did_not_are_missed() -> None:
    system, request = make_system(), make_request(RequestType.ACCESS)
    report = DatasetReport(dataset="orders", found=7, done=7)
    plan(request)

    FakeSystem(rows=[("orders", {"n": 1})], outcome=replace(DONE, datasets=(report,))).work(system.pk)

    step = Step.objects.get(request=request, action=StepAction.COLLECT)
    assert (step.state, step.found, step.done) == (StepState.PARTLY_DONE, 7, 1)


def test_more_rows_than_are_taken_is_said_honestly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST_ROWS", 10)
    system, request = make_system(), make_request(RequestType.ACCESS)
    plan(request)

    FakeSystem(rows=[("orders", {"n": n}) for n in range(50)]).work(system.pk)

    step = Step.objects.get(request=request, action=StepAction.COLLECT)
    assert (step.state, step.done) == (StepState.PARTLY_DONE, 10)
    assert "10 rows were taken" in step.note


def test_what_an_attempt_left_behind_is_cleared_before_the_next() -> None:
    system, request = make_system(), make_request(RequestType.ACCESS)
    rows: list[tuple[str, Any]] = [("orders", {"text": "x" * 600_000, "n": n}) for n in range(4)]
    fake = FakeSystem(rows=rows, before=failing(SystemFailed("it broke off")))
    plan(request)
    fake.work(system.pk)
    assert SealedPart.objects.filter(request=request, name__startswith="step/").count() == 2

    rest_is_over()
    FakeSystem(rows=rows[:1]).work(system.pk)

    step = Step.objects.get(request=request, action=StepAction.COLLECT)
    parts = SealedPart.objects.filter(request=request, name__startswith="step/")
    assert (step.state, step.parts, parts.count()) == (StepState.DONE, 1, 1)


def test_a_worker_whose_lease_another_has_writes_nothing() -> None:
    system, request = make_system(), make_request()
    plan(request)
    late = claiming.claim_step(system.pk)
    assert late
    let_lease_end(late)
    assert claiming.count_deaths() == 1
    rest_is_over()
    heir = claiming.claim_step(system.pk)
    assert heir

    assert not complete_step(late.pk, DONE, attempt=late.attempts)
    assert not fail_step(late.pk, error="late", attempt=late.attempts)
    assert not ending.put_off_step(late, error="late")
    assert complete_step(heir.pk, DONE, attempt=heir.attempts)
    assert not complete_step(heir.pk, DONE, attempt=heir.attempts)
    assert not complete_step(heir.pk, DONE)
    assert events(request).count("step_ended") == 1


def test_a_worker_that_lost_its_step_adds_no_rows_to_it() -> None:
    system, request = make_system(), make_request(RequestType.ACCESS)
    plan(request)

    def be_overtaken(_action: str, _key: str) -> None:
        step = Step.objects.get(request=request, action=StepAction.COLLECT)
        let_lease_end(step)
        claiming.count_deaths()
        rest_is_over()
        FakeSystem(rows=[("orders", {"n": "the heir's"})]).work(system.pk)

    late = FakeSystem(rows=[("orders", {"n": "late"})] * 2, before=be_overtaken)
    assert late.work(system.pk) == 0

    step = Step.objects.get(request=request, action=StepAction.COLLECT)
    assert list(read_rows(step)) == [("orders", {"n": "the heir's"})]


def test_a_step_that_kills_every_worker_has_failed_in_the_end() -> None:
    system, request = make_system(), make_request()
    plan(request)

    for _ in range(ending.MOST_FAILURES + 1):
        rest_is_over()
        if step := claiming.claim_step(system.pk):
            let_lease_end(step)
            claiming.count_deaths()

    assert list_steps(request)[0].state == StepState.FAILED


def test_a_system_is_asked_by_so_many_at_once_and_no_more() -> None:
    system = make_system()
    for _ in range(claiming.MOST_AT_ONCE + 2):
        plan(make_request())

    claimed = [claiming.claim_step(system.pk) for _ in range(claiming.MOST_AT_ONCE + 2)]

    assert sum(step is not None for step in claimed) == claiming.MOST_AT_ONCE


def test_a_paused_request_is_not_worked_on() -> None:
    system, request = make_system(), make_request()
    plan(request)
    Request.objects.filter(pk=request.pk).update(paused_at=request.received_at)

    assert claiming.claim_step(system.pk) is None


def test_an_answer_from_outside_is_waited_for_and_ends_the_step() -> None:
    system, request = make_system(answers_within_hours=5), make_request()
    waiting = Outcome(state=StepState.WAITING, reference="ticket 7")
    plan(request)
    FakeSystem(outcome=waiting).work(system.pk)
    step = list_steps(request)[0]
    assert (step.state, step.reference) == (StepState.WAITING, "ticket 7")
    assert step.waits_until is not None

    assert complete_step(step.pk, DONE)
    assert not complete_step(step.pk, DONE)
    assert states(request)["tell_recipients"] == "waiting"


def test_an_answer_that_comes_before_its_worker_is_back_fences_the_worker_out() -> None:
    system, request = make_system(), make_request()
    plan(request)

    def answer(_action: str, key: str) -> None:
        complete_step(key, Outcome(state=StepState.PARTLY_DONE, note="the call-back's"))

    FakeSystem(after=answer).work(system.pk)

    step = list_steps(request)[0]
    assert (step.state, step.note) == (StepState.PARTLY_DONE, "the call-back's")
    assert events(request).count("step_ended") == 1


def test_a_step_that_has_not_begun_is_not_ended() -> None:
    make_system()
    request = make_request()
    plan(request)

    with pytest.raises(NotPossible):
        complete_step(id_of(request, StepAction.DESTROY_KEYS), DONE)
    with pytest.raises(StepNotFound):
        complete_step(request.pk, DONE)
    assert states(request)["destroy_keys"] == "blocked"


def test_keys_stay_while_asking_again_finds_something_and_erasing_again_helps() -> None:
    system, request = make_system(), make_request()
    fake = FakeSystem(left=1)
    plan(request)
    fake.work_all()
    answer_elsewhere(request)
    fake.work_all()
    assert states(request)["verify_gone shop"] == "failed"
    assert states(request)["destroy_keys"] == "blocked"

    fake.left = 0
    retry_step(id_of(request, StepAction.VERIFY_GONE, system), officer_id=officer(), version=seen(request))
    assert states(request)["erase shop"] == "ready"
    fake.work_all()

    assert set(states(request).values()) == {"done"}
    assert Step.objects.get(request=request, action=StepAction.ERASE).done == 4  # both rounds


def test_an_officer_goes_on_without_a_step_with_a_reason() -> None:
    system, request = make_system(), make_request()
    plan(request)
    step_id = id_of(request, StepAction.ERASE, system)

    with pytest.raises(NotPossible):
        skip_step(step_id, reason=" ", officer_id=officer(), version=seen(request))
    skip_step(step_id, reason="sold last year", officer_id=officer(), version=seen(request))

    step = Step.objects.get(pk=step_id)
    assert (step.state, step.note, step.ended_by_id) == (StepState.SKIPPED, "sold last year", officer())
    assert states(request)["tell_recipients"] == "waiting"


@pytest.mark.parametrize("action", ["record", "destroy_keys"])
def test_what_must_be_done_is_never_left_out(action: str) -> None:
    request = make_request(RequestType.OPT_OUT if action == "record" else RequestType.ERASURE)
    plan(request)
    step = Step.objects.filter(request=request, action=action)
    step.update(state=StepState.FAILED)

    with pytest.raises(NotPossible):
        skip_step(step.get().pk, reason="no", officer_id=officer(), version=seen(request))


def test_two_officers_at_once_do_not_overwrite_each_other() -> None:
    system, request = make_system(), make_request()
    plan(request)
    step_id, version = id_of(request, StepAction.ERASE, system), seen(request)
    skip_step(step_id, reason="sold", officer_id=officer(), version=version)

    with pytest.raises(ChangedMeanwhile):
        retry_step(step_id, officer_id=officer(), version=version)
    assert Step.objects.get(pk=step_id).state == StepState.SKIPPED


def test_a_failed_step_is_tried_again_with_new_patience() -> None:
    system, request = make_system(), make_request()
    plan(request)
    FakeSystem(before=failing(SystemRefused("no"))).work(system.pk)

    retry_step(id_of(request, StepAction.ERASE, system), officer_id=officer(), version=seen(request))
    FakeSystem().work(system.pk)

    step = list_steps(request)[0]
    assert (step.state, step.failures, step.last_error) == (StepState.DONE, 0, "")


def test_a_step_in_review_is_tried_again_and_the_request_is_in_progress() -> None:
    system, request = make_system(), make_request(RequestType.RECTIFICATION, corrections={"name": "Alicia"})
    report = DatasetReport(dataset="orders", found=2, done=1)
    plan(request)
    fake = FakeSystem(outcome=Outcome(state=StepState.PARTLY_DONE, datasets=(report,)))
    fake.work_all()
    answer_elsewhere(request)
    assert Request.objects.get().state == RequestState.IN_REVIEW

    retry_step(id_of(request, StepAction.RECTIFY, system), officer_id=officer(), version=seen(request))
    fake.outcome = None
    fake.work_all()

    request.refresh_from_db()
    assert request.state == RequestState.IN_REVIEW
    assert set(states(request).values()) == {"done"}
    assert fake.asked[0][0] == "rectify Alicia"


def test_a_system_that_is_away_is_left_alone_for_the_round() -> None:
    system, fake = make_system(), FakeSystem(before=failing(DeliveryFailed("away")))
    for _ in range(3):
        plan(make_request())

    fake.work(system.pk)

    assert Step.objects.filter(failures=1).count() == 1


def test_a_worker_that_is_stopped_gives_its_step_back() -> None:
    class Stopped(Exception):
        pass

    system, request = make_system(), make_request()
    plan(request)
    hand = replace(FakeSystem(before=failing(Stopped())).hand(), interrupted_by=(Stopped,))

    with pytest.raises(Stopped):
        working.work(system_id=system.pk, until=float("inf"), hand=hand)

    step = list_steps(request)[0]
    assert (step.state, step.failures, step.leased_until) == (StepState.READY, 1, None)


def test_a_task_for_a_human_waits_until_an_officer_ends_it() -> None:
    system, request = make_system(kind=SystemKind.HUMAN), make_request(RequestType.RESTRICTION)
    plan(request)
    FakeSystem().work()
    working.work(system_id=system.pk, until=float("inf"))
    step = Step.objects.get(request=request, system=system)
    assert step.state == StepState.WAITING

    found = (DatasetReport(dataset="paper files", found=3, done=2, kept=1, ground="a court case"),)
    told: dict[str, Any] = {"officer_id": officer(), "version": seen(request)}
    with pytest.raises(NotPossible):
        finish_task(step.pk, state=StepState.PARTLY_DONE, **told)
    finish_task(step.pk, state=StepState.PARTLY_DONE, datasets=found, note="one is in court", **told)

    step.refresh_from_db()
    assert (step.state, step.found, step.done, step.kept) == (StepState.PARTLY_DONE, 3, 2, 1)
    assert states(request)["tell_recipients"] == "waiting"


def test_what_a_human_found_for_somebody_is_sealed_with_the_step() -> None:
    system, request = make_system(kind=SystemKind.HUMAN), make_request(RequestType.ACCESS)
    plan(request)
    working.work(system_id=system.pk, until=float("inf"))
    step = Step.objects.get(request=request, system=system)

    finish_task(
        step.pk,
        state=StepState.DONE,
        rows=[("paper files", {"note": EMAIL})],
        officer_id=officer(),
        version=seen(request),
    )

    step.refresh_from_db()
    assert (step.state, step.done, step.parts) == (StepState.DONE, 1, 1)
    assert list(read_rows(step)) == [("paper files", {"note": EMAIL})]


def test_what_a_worker_would_be_woken_for_is_found() -> None:
    system = make_system()
    for _ in range(2):
        plan(make_request())

    assert claiming.list_due_systems() == [(system.pk, "http", 2)]
    assert working.wake_workers() == 1


def test_a_step_at_a_system_that_is_switched_off_is_among_those_that_do_not_come_on() -> None:
    shop, request = make_system(), make_request()
    plan(request)
    assert list_stuck_steps(at=get_time()) == []
    System.objects.filter(pk=shop.pk).update(is_enabled=False)

    assert FakeSystem().work(shop.pk) == 0

    [stuck] = list_stuck_steps(at=get_time())
    assert (stuck.system, stuck.state) == ("shop", StepState.READY)
    assert "switched off" in stuck.error
    assert count_stuck_steps(at=get_time()) == 1


def test_what_is_planned_without_a_system_that_is_switched_off_says_so() -> None:
    make_system()
    make_system("old", is_enabled=False)
    request = make_request()

    plan(request)

    told = request.events.get(kind=EventKind.STEPS_PLANNED)
    assert told.detail["switched_off"] == 1
    assert "erase old" not in states(request)
