"""The tests of erasure by request bite: each way in which it could be wrong makes one of them fail."""

from collections.abc import Callable
from typing import Any

import pytest
from _pytest.outcomes import Failed
from django.db import IntegrityError

from activation.enforcement.recipients import telling
from activation.enforcement.recipients.types import NoticeState
from consent.keys import services as key_services
from consent.requests import moving
from consent.requests.erasing import approving, closing, keys, matching
from consent.requests.erasing.certificates import gathering
from consent.requests.types import STEP_ENDED, RequestState, StepState
from consent.subjects import erasing, kept_keys, queries
from consent.subjects import services as subject_services
from consent.subjects.models import Subject
from consent.verifier.certificates.document import StepStatement
from tests.integration import test_erasing_requests, test_legal_holds, test_recipients
from tests.pull_through_world import movable_clock

pytestmark = pytest.mark.django_db
Patch = pytest.MonkeyPatch


def destroy_before_the_systems(patch: Patch) -> None:
    """Let the keys go, whatever the systems have answered."""
    patch.setattr(keys, "_check_earlier", lambda _: None)


def let_the_proposer_approve(patch: Patch) -> None:
    """Let one person do both; the database still refuses it."""
    patch.setattr(approving, "_check_approver", lambda *_: None)


def ignore_holds(patch: Patch) -> None:
    """Destroy what is held."""
    patch.setattr(keys, "get_ledger_holds", lambda *_, **__: {})


def sweep_what_is_kept(patch: Patch) -> None:
    """Let the sweep destroy kept keys."""

    def sweep(**_: Any) -> int:
        return key_services.destroy_keys(Subject.objects.values_list("ref", flat=True))

    patch.setattr(subject_services, "sweep_erased_keys", sweep)


def destroy_at_the_tombstone(patch: Patch) -> None:
    """Keep no key."""
    patch.setattr(erasing, "keep_keys", lambda *_, **__: None)


def forget_who_is_kept(patch: Patch) -> None:
    """Let a plain erasure destroy what a request keeps."""
    patch.setattr(erasing, "without_kept", set)


def certify_failures(patch: Patch) -> None:
    """Sign before every step has ended."""
    patch.setattr(closing, "STEP_ENDED", frozenset({*STEP_ENDED, "failed"}))


def certify_parts_as_whole(patch: Patch) -> None:
    """Say that all was done."""
    patch.setattr(closing, "_decide", lambda _: RequestState.FULFILLED)


def call_off(patch: Patch) -> None:
    """Let an erasure be cancelled that has begun; the database still refuses it."""
    patch.setattr(moving, "CALLED_OFF", frozenset())


def touch_new_starts(patch: Patch) -> None:
    """Erase whom the person began anew."""
    patch.setattr(queries, "list_started_anew", lambda *_, **__: frozenset())


def take_addresses_at_their_word(patch: Patch) -> None:
    """Copy nothing but what the person gave: the systems are not asked for the rest."""
    patch.setattr(approving, "keep_person", lambda *_: None)


def believe_every_link(patch: Patch) -> None:
    """Erase whoever is linked to the person, whatever tells them apart."""
    patch.setattr(matching, "TELLING", frozenset())


def believe_no_officer(patch: Patch) -> None:
    """Leave out whom an officer linked."""
    patch.setattr(queries, "list_linked_by_officers", lambda _: frozenset())


def say_nothing_of_officers(patch: Patch) -> None:
    """State what an officer said as if a system had reported it."""

    def state(step: Any) -> StepStatement:
        return StepStatement(state=step.state, ended_at="2026-03-05T08:00:00.000000Z", datasets=())

    patch.setattr(gathering, "_state_step", state)


def forget_the_marks(patch: Patch) -> None:
    """Destroy the keys and leave the erasure open."""

    def destroy(*, kept_for: Any, held: Any = ()) -> int:
        return key_services.destroy_keys(ref for ref in queries.list_kept(kept_for) if ref not in held)

    patch.setattr(subject_services, "destroy_kept_keys", destroy)
    patch.setattr(kept_keys, "complete_runs", lambda _: None)


R, H = test_erasing_requests, test_legal_holds
CASES: list[tuple[Callable[[Patch], None], Callable[..., None]]] = [
    (destroy_before_the_systems, R.test_the_keys_are_not_destroyed_before_every_system_has_answered),
    (let_the_proposer_approve, R.test_who_proposed_an_erasure_cannot_approve_it_and_nothing_changes),
    (let_the_proposer_approve, R.test_who_may_not_approve_erasures_does_not),
    (ignore_holds, H.test_a_hold_that_is_placed_after_the_approval_keeps_the_keys_all_the_same),
    (certify_failures, R.test_no_certificate_is_signed_while_a_step_is_open_or_failed),
    (call_off, R.test_an_erasure_that_was_approved_is_not_called_off),
    (touch_new_starts, R.test_whom_the_person_began_anew_before_a_second_request_was_approved_is_spared),
    (believe_every_link, R.test_who_linked_themselves_to_somebody_else_does_not_have_them_erased),
    (believe_no_officer, R.test_whom_an_officer_linked_is_erased_too),
    (say_nothing_of_officers, R.test_what_an_officer_went_on_without_and_why_stands_in_the_certificate),
]
WITH_COMMITS: list[tuple[Callable[[Patch], None], Callable[..., None]]] = [
    (
        take_addresses_at_their_word,
        R.test_an_approved_erasure_denies_at_once_and_keeps_the_keys_until_its_last_step,
    ),
    (
        sweep_what_is_kept,
        R.test_an_approved_erasure_denies_at_once_and_keeps_the_keys_until_its_last_step,
    ),
    (
        destroy_at_the_tombstone,
        R.test_an_approved_erasure_denies_at_once_and_keeps_the_keys_until_its_last_step,
    ),
    (forget_who_is_kept, R.test_a_plain_erasure_does_not_destroy_what_a_request_keeps),
    (
        forget_the_marks,
        R.test_an_approved_erasure_denies_at_once_and_keeps_the_keys_until_its_last_step,
    ),
]


def _name(case: Any) -> str:
    return getattr(case, "__name__", str(case))


@pytest.mark.parametrize(("plant", "test"), CASES, ids=_name)
def test_a_fault_is_seen(
    monkeypatch: Patch, plant: Callable[[Patch], None], test: Callable[[], None]
) -> None:
    plant(monkeypatch)

    with pytest.raises((AssertionError, Failed, IntegrityError)):
        test()


@pytest.mark.parametrize(("plant", "test"), WITH_COMMITS, ids=_name)
def test_a_fault_is_seen_once_it_is_committed(
    monkeypatch: Patch,
    django_capture_on_commit_callbacks: Any,
    plant: Callable[[Patch], None],
    test: Callable[[Any], None],
) -> None:
    plant(monkeypatch)

    with pytest.raises((AssertionError, Failed)):
        test(django_capture_on_commit_callbacks)


def test_a_certificate_that_says_whole_of_a_part_is_seen(monkeypatch: Patch) -> None:
    certify_parts_as_whole(monkeypatch)

    with pytest.raises((AssertionError, Failed)):
        R.test_what_was_not_wholly_done_is_partly_fulfilled(StepState.PARTLY_DONE, {"found": 2, "done": 1})


def test_recipients_that_are_not_waited_for_are_seen(monkeypatch: Patch) -> None:
    monkeypatch.setattr(telling, "judge", lambda *_, **__: NoticeState.ACKNOWLEDGED)
    with movable_clock() as clock:
        test_recipients.fill_shop(clock)

        with pytest.raises(AssertionError):
            test_recipients.test_an_erasure_waits_until_every_destination_that_holds_the_person_has_acknowledged()
