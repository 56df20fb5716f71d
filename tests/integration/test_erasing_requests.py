"""An erasure by request: two officers, the tombstone first, the keys last, a certificate at the end."""

import json

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from consent.keys import queries as key_queries
from consent.keys import services as keys_services
from consent.requests import vault
from consent.requests.erasing import keys
from consent.requests.erasing.certificates.gathering import StepsOpen
from consent.requests.erasing.errors import EarlierStepsOpen, MayNotApprove, SecondPersonNeeded
from consent.requests.erasing.previewing import preview_erasure
from consent.requests.models import Certificate, Message, Request, RequestEvent, Step
from consent.requests.moving import lock_request, move
from consent.requests.persons import read_person
from consent.requests.services import approve, finish_erasure, propose, send_back
from consent.requests.types import (
    Actor,
    ChangedMeanwhile,
    EventKind,
    NotPossible,
    RequestState,
    RequestType,
    StepAction,
    StepState,
)
from consent.subjects import services as subjects
from consent.subjects.models import Subject, Tombstone
from consent.subjects.queries import list_groups_asking
from consent.subjects.types import IdentifierKind, Refusal, Sighting
from tests.erasing_world import (
    approve_by_two,
    destroy_as_step,
    end_step,
    end_systems,
    fresh,
    make_approver,
    make_request,
    make_system,
)
from tests.lineage_told import list_runs
from tests.records_world import JUNE_1
from tests.subjects_world import attach, cookie, customer, email, take

pytestmark = pytest.mark.django_db

ANN, ADDRESS, BROWSER = customer("1"), email("ann"), cookie("1")


def kinds_of(request: Request) -> list[str]:
    return list(
        RequestEvent.objects.filter(request=request).order_by("at", "pk").values_list("kind", flat=True)
    )


def test_an_approved_erasure_denies_at_once_and_keeps_the_keys_until_its_last_step(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    [(ann,)] = attach([ANN, ADDRESS])
    make_system("shop")
    request = make_request(ADDRESS)

    with django_capture_on_commit_callbacks(execute=True):
        approved = approve_by_two(request)

    assert Subject.objects.get().erased_at is not None
    assert Tombstone.objects.count() == 2
    assert approved.subjects == [ann]
    assert key_queries.get_keys([ann])
    assert subjects.sweep_erased_keys(at=JUNE_1) == 0  # neither the sweep, nor one after a restore
    assert key_queries.get_keys([ann])
    assert list(list_runs("erase_subject").values()) == [["START"]]
    assert dict(read_person(approved).identifiers) == {
        IdentifierKind.EMAIL: ("ann@example.com",),
        IdentifierKind.CUSTOMER_ID: ("1",),
    }
    assert kinds_of(request)[-3:] == [EventKind.PROPOSED, EventKind.APPROVED, EventKind.STEPS_PLANNED]

    end_systems(approved)
    destroy_as_step(approved)

    assert key_queries.get_keys([ann]) == {}
    assert list(list_runs("erase_subject").values()) == [["START", "COMPLETE"]]
    finish_erasure(approved)

    assert fresh(request).state == RequestState.FULFILLED
    assert Certificate.objects.get().request_id == request.pk
    assert [message.template for message in Message.objects.all()] == ["erased"]
    finish_erasure(approved)
    assert Certificate.objects.count() == Message.objects.count() == 1


def test_who_proposed_an_erasure_cannot_approve_it_and_nothing_changes() -> None:
    attach([ANN])
    request, officer = make_request(ANN), make_approver("alice")
    propose(request.pk, officer_id=officer, version=fresh(request).version)

    with pytest.raises(SecondPersonNeeded):
        approve(request.pk, officer_id=officer, version=fresh(request).version)

    assert Subject.objects.get().erased_at is None
    assert fresh(request).approved_at is None


def test_the_database_refuses_what_the_proposer_approves() -> None:
    request, officer = make_request(ANN), make_approver("alice")
    propose(request.pk, officer_id=officer, version=fresh(request).version)

    with pytest.raises(IntegrityError), transaction.atomic():
        Request.objects.filter(pk=request.pk).update(approved_by=officer)


def test_who_may_not_approve_erasures_does_not() -> None:
    attach([ANN])
    request = make_request(ANN)
    propose(request.pk, officer_id=make_approver("alice"), version=fresh(request).version)

    with pytest.raises(MayNotApprove):
        approve(request.pk, officer_id=make_approver("bob", may=False), version=fresh(request).version)
    with pytest.raises(MayNotApprove):
        approve(request.pk, officer_id=999_999, version=fresh(request).version)

    assert Subject.objects.get().erased_at is None


def test_two_officers_at_once_do_not_overwrite_each_other() -> None:
    request, alice = make_request(ANN), make_approver("alice")
    seen = fresh(request).version
    propose(request.pk, officer_id=alice, version=seen)

    for officer in ("bob", "carol"):
        with pytest.raises(ChangedMeanwhile):
            approve(request.pk, officer_id=make_approver(officer), version=seen)


def test_nothing_is_approved_that_nobody_proposed_that_stands_still_or_that_is_no_erasure() -> None:
    attach([ANN])
    request, bob = make_request(ANN), make_approver("bob")
    with pytest.raises(NotPossible):
        approve(request.pk, officer_id=bob, version=fresh(request).version)
    propose(request.pk, officer_id=make_approver("alice"), version=fresh(request).version)
    Request.objects.filter(pk=request.pk).update(paused_at=JUNE_1)
    with pytest.raises(NotPossible):
        approve(request.pk, officer_id=bob, version=fresh(request).version)
    access = make_request(ANN, type=RequestType.ACCESS)
    with pytest.raises(NotPossible):
        propose(access.pk, officer_id=bob, version=fresh(access).version)

    assert Subject.objects.get().erased_at is None


def test_a_proposal_that_is_sent_back_can_be_made_again_and_its_reason_is_sealed() -> None:
    request, alice, bob = make_request(ANN), make_approver("alice"), make_approver("bob")
    propose(request.pk, officer_id=alice, version=fresh(request).version)

    send_back(request.pk, officer_id=bob, version=fresh(request).version, reason="Ann owes us money")

    told = RequestEvent.objects.get(kind=EventKind.SENT_BACK)
    assert "Ann" not in str(told.detail)
    name = f"note/{told.detail['note']}"
    assert vault.read_json(request, vault.open_key(request), name)["text"] == "Ann owes us money"
    propose(request.pk, officer_id=bob, version=fresh(request).version)
    with pytest.raises(NotPossible):
        propose(request.pk, officer_id=alice, version=fresh(request).version)


def test_an_erasure_that_was_approved_is_not_called_off() -> None:
    attach([ANN])
    request = approve_by_two(make_request(ANN))

    for state in (RequestState.CANCELLED, RequestState.REFUSED, RequestState.EXPIRED):
        with pytest.raises(NotPossible), transaction.atomic():
            move(lock_request(request.pk), state, kind=EventKind.CANCELLED, actor=Actor.PERSON)
    with pytest.raises(NotPossible):
        send_back(request.pk, officer_id=make_approver("eve"), version=request.version, reason="no")

    assert fresh(request).state == RequestState.IN_PROGRESS


def test_the_keys_are_not_destroyed_before_every_system_has_answered() -> None:
    [(ann,)] = attach([ANN])
    make_system("shop")
    request = approve_by_two(make_request(ANN))

    with pytest.raises(EarlierStepsOpen):
        keys.destroy(request)
    end_systems(request)
    failed = Step.objects.get(request=request, action=StepAction.ERASE)
    Step.objects.filter(pk=failed.pk).update(state=StepState.FAILED)
    with pytest.raises(EarlierStepsOpen):
        keys.destroy(request)

    assert key_queries.get_keys([ann])
    Step.objects.filter(pk=failed.pk).update(state=StepState.DONE)
    keys.destroy(request)
    assert key_queries.get_keys([ann]) == {}


def test_keys_are_never_destroyed_for_a_request_that_nobody_approved() -> None:
    with pytest.raises(NotPossible):
        keys.destroy(make_request(ANN))


def test_who_dies_after_the_keys_are_gone_comes_to_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    (ann,), (_browser,), _ = attach([ANN], [BROWSER], [ANN, BROWSER])
    request = approve_by_two(make_request(ANN))
    end_systems(request)
    destroy = keys_services.destroy_keys

    def die(refs: list[str]) -> int:
        destroy(refs)
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(keys_services, "destroy_keys", die)
        with pytest.raises(SystemExit):
            keys.destroy(request)

    assert key_queries.get_keys([ann]) == {}
    first, second = keys.destroy(request), keys.destroy(request)
    assert first == second
    assert (first.state, first.datasets[0].found, first.datasets[0].done) == (StepState.DONE, 2, 2)
    assert list(list_runs("erase_subject").values()) == [["START", "COMPLETE"]]


def test_no_certificate_is_signed_while_a_step_is_open_or_failed() -> None:
    make_system("shop")
    request = approve_by_two(make_request(ANN))
    with pytest.raises(StepsOpen):
        finish_erasure(request)
    end_systems(request)
    destroy_as_step(request)
    Step.objects.filter(request=request, action=StepAction.ERASE).update(state=StepState.FAILED)

    with pytest.raises(StepsOpen):
        finish_erasure(request)

    assert not Certificate.objects.exists()
    assert fresh(request).state == RequestState.IN_PROGRESS


@pytest.mark.parametrize(
    ("state", "report"),
    [
        (StepState.PARTLY_DONE, {"found": 2, "done": 1}),
        (StepState.SKIPPED, {}),
        (StepState.DONE, {"found": 2, "done": 1, "kept": 1, "ground": "GDPR Art. 17(3)(b)"}),
    ],
)
def test_what_was_not_wholly_done_is_partly_fulfilled(state: StepState, report: dict[str, object]) -> None:
    make_system("shop")
    request = approve_by_two(make_request(ANN))
    end_systems(request)
    destroy_as_step(request)
    end_step(Step.objects.get(request=request, action=StepAction.ERASE).pk, state, **report)

    finish_erasure(request)

    assert fresh(request).state == RequestState.PARTLY_FULFILLED
    assert '"outcome":"partly_fulfilled"' in Certificate.objects.get().body


# Whom it is about


def test_what_an_officer_went_on_without_and_why_stands_in_the_certificate() -> None:
    make_system("shop")
    request, olga = approve_by_two(make_request(ANN)), make_approver("olga")
    end_systems(request)
    step = Step.objects.filter(request=request, action=StepAction.VERIFY_GONE)
    step.update(state=StepState.SKIPPED, ended_by=olga, note="The shop has closed.")
    destroy_as_step(request)
    finish_erasure(request)

    [shop] = json.loads(Certificate.objects.get().body)["systems"]
    told = [(one["by_officer"], one["reason"]) for one in (shop["erased"], shop["asked_again"])]
    assert told == [(False, ""), (True, "The shop has closed.")]


def test_of_an_unknown_person_the_systems_are_asked_all_the_same() -> None:
    make_system("shop")
    request = approve_by_two(make_request(ADDRESS))

    assert list(Step.objects.filter(request=request).order_by("phase").values_list("action", flat=True)) == [
        "erase",
        "tell_recipients",
        "verify_gone",
        "destroy_keys",
    ]
    end_systems(request)
    destroy_as_step(request)
    finish_erasure(request)
    assert fresh(request).state == RequestState.FULFILLED


def test_who_is_linked_and_told_apart_by_nothing_is_erased_and_nobody_is_asked_by_what_was_typed() -> None:
    (ann,), (browser,), _ = attach([ANN], [BROWSER], [ANN, BROWSER])

    request = approve_by_two(make_request(ANN))

    assert set(request.subjects) == {ann, browser}
    assert set(read_person(request).identifiers) == {IdentifierKind.CUSTOMER_ID}
    assert RequestEvent.objects.get(kind=EventKind.APPROVED).detail["subjects"] == 2


def test_who_linked_themselves_to_somebody_else_does_not_have_them_erased() -> None:
    (thief,), (victim,), _ = attach(
        [email("thief", verified=True), BROWSER], [ANN, email("victim")], [BROWSER, email("victim")]
    )
    [group] = list_groups_asking([frozenset({thief})])
    assert {one.ref for one in group.members} == {thief, victim}  # the form was believed: the two are linked

    request = make_request(email("thief", verified=True))
    plan = preview_erasure(request.pk)
    approved = approve_by_two(request)

    assert (plan.subjects, plan.unproven) == (1, 1)
    assert approved.subjects == [thief]
    assert set(read_person(approved).identifiers) == {IdentifierKind.EMAIL}
    assert Subject.objects.get(ref=victim).erased_at is None
    assert RequestEvent.objects.get(kind=EventKind.APPROVED).detail["unproven"] == 1


def test_whom_an_officer_linked_is_erased_too() -> None:
    (ann,), (other,) = attach([ANN], [email("other")])
    subjects.link_by_officer(left=ann, right=other, officer=make_approver("olga"), reason="one", at=JUNE_1)

    approved = approve_by_two(make_request(ANN))

    assert set(approved.subjects) == {ann, other}
    assert not Subject.objects.filter(erased_at__isnull=True).exists()


def test_who_became_known_between_the_match_and_the_approval_is_erased_too() -> None:
    request = make_request(ADDRESS)
    assert request.subjects == []
    [(late,)] = attach([ADDRESS])

    assert approve_by_two(request).subjects == [late]
    assert Subject.objects.get().erased_at is not None


def test_who_was_erased_before_is_passed_over_and_the_systems_are_asked() -> None:
    [(ann,)] = attach([ANN])
    subjects.erase_subject(ref=ann, requested_by="request:1", at=JUNE_1)

    request = approve_by_two(make_request(ANN))

    assert request.subjects == [ann]
    assert RequestEvent.objects.get(kind=EventKind.APPROVED).detail == {
        "subjects": 0,
        "erased_before": 1,
        "spared": 0,
        "unproven": 0,
    }


def start_anew() -> str:
    [outcome] = take(Sighting((ANN,), is_new_start=True))
    assert not isinstance(outcome, Refusal)
    return outcome.actor


def test_whom_the_person_began_anew_after_the_approval_keeps_their_key() -> None:
    [(ann,)] = attach([ANN])
    request = approve_by_two(make_request(ANN))
    anew = start_anew()
    end_systems(request)

    destroy_as_step(request)

    assert list(key_queries.get_keys([ann, anew])) == [anew]
    assert Subject.objects.get(ref=anew).erased_at is None


def test_whom_the_person_began_anew_before_a_second_request_was_approved_is_spared() -> None:
    [(ann,)] = attach([ANN])
    first, second = make_request(ANN), make_request(ANN)
    approve_by_two(first)
    anew = start_anew()

    request = approve_by_two(second)

    assert Subject.objects.get(ref=anew).erased_at is None
    assert request.subjects == [ann]
    told = RequestEvent.objects.get(kind=EventKind.APPROVED, request=second)
    assert told.detail == {"subjects": 0, "erased_before": 1, "spared": 1, "unproven": 0}


def test_a_spared_subject_that_is_linked_to_an_erased_one_is_parted_from_it() -> None:
    (ann,), (browser,) = attach([ANN], [BROWSER])
    first, second = make_request(ANN, subjects=[ann]), make_request(ANN, BROWSER)
    approve_by_two(first)
    anew = start_anew()
    assert attach([ANN, BROWSER]) == [(anew, browser)]

    approve_by_two(second)

    assert Subject.objects.get(ref=browser).erased_at is not None
    assert Subject.objects.get(ref=anew).erased_at is None


def test_a_request_made_after_a_new_start_is_about_that_too() -> None:
    attach([ANN])
    approve_by_two(make_request(ANN))
    anew = start_anew()

    approve_by_two(make_request(ANN))

    assert Subject.objects.get(ref=anew).erased_at is not None


def test_a_plain_erasure_does_not_destroy_what_a_request_keeps(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    [(ann,)] = attach([ANN])
    with django_capture_on_commit_callbacks(execute=True):
        approve_by_two(make_request(ANN))

    with django_capture_on_commit_callbacks(execute=True):
        assert subjects.erase_subject(ref=ann, requested_by="officer:3", at=JUNE_1) == ()

    assert key_queries.get_keys([ann])


def test_an_import_does_not_bring_back_who_is_being_erased() -> None:
    attach([ANN])
    approve_by_two(make_request(ANN))

    assert take(Sighting((ANN,))) == [Refusal.SUBJECT_ERASED]
