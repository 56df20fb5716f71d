"""The tests of steps bite: each way in which steps could be wrong makes one of them fail."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models

from consent.requests.fanning import carrying, claiming, collecting, ending, phases
from consent.requests.models import Request, Step
from lineage.leases import claiming as leases
from tests.integration import test_step_callbacks, test_steps

pytestmark = pytest.mark.django_db

Mutant = Callable[[pytest.MonkeyPatch], None]


def ignore_the_attempt(patch: pytest.MonkeyPatch) -> None:
    """Let every worker end a step, whoever has it since."""
    patch.setattr(ending, "_may_end", lambda *_: True)


def ignore_the_fence_of_leases(patch: pytest.MonkeyPatch) -> None:
    """Let every worker put a step off, whoever has it since."""

    def anybodys(row: Any) -> "models.QuerySet[Any]":
        return models.QuerySet(type(row)).filter(pk=row.pk)

    patch.setattr(leases, "_ours", anybodys)


def ignore_the_state(patch: pytest.MonkeyPatch) -> None:
    """Let whoever answers from outside end a step, however it stands."""
    may_end = ending._may_end
    patch.setattr(ending, "_may_end", lambda step, attempt: attempt is None or may_end(step, attempt))


def claim_without_lease(patch: pytest.MonkeyPatch) -> None:
    """Let a claim leave the step to everybody."""

    def claim(rows: Any, **_: Any) -> list[Any]:
        return list(rows[:1])

    patch.setattr(leases, "claim", claim)


def write_rows_unfenced(patch: pytest.MonkeyPatch) -> None:
    """Let a worker that lost its step go on to seal rows of it."""
    patch.setattr(collecting.Collection, "_insist", lambda _: None)


def keep_what_was_left(patch: pytest.MonkeyPatch) -> None:
    """Let what an attempt before left stand."""
    patch.setattr("consent.requests.fanning.collecting.vault.clear", lambda *_: None)


def forget_the_dead(patch: pytest.MonkeyPatch) -> None:
    """Let a step that killed its worker be tried for ever."""

    def count(step_id: object) -> None:
        Step.objects.filter(pk=step_id).update(leased_until=None)  # type: ignore[misc]

    patch.setattr(ending, "count_death", count)


def open_all_phases(patch: pytest.MonkeyPatch) -> None:
    """Let every phase begin at once."""
    go_on = phases.go_on

    def open_all(request: Request) -> None:
        go_on(request)
        phases._open(request.steps.filter(state="blocked"))

    for module in (phases, ending):
        patch.setattr(module, "go_on", open_all)
    patch.setattr("consent.requests.fanning.planning.go_on", open_all)


def believe_everything(patch: pytest.MonkeyPatch) -> None:
    """Take a connector's word for what it did."""
    patch.setattr(carrying, "believe", lambda outcome, _: outcome)
    patch.setattr(collecting, "count_taken", lambda outcome, *_, **__: outcome)


def know_no_bounds(patch: pytest.MonkeyPatch) -> None:
    """Ask a system by any number of workers at once."""
    patch.setattr(claiming, "_has_room", lambda _: True)


def end_with_things_left(patch: pytest.MonkeyPatch) -> None:
    """Go on to the keys though asking again found something."""
    patch.setattr(ending, "StepAction", _NoVerifying)


class _NoVerifying:
    VERIFY_GONE = "none"
    ERASE = "erase"


def take_any_signature(patch: pytest.MonkeyPatch) -> None:
    """Take a call-back that nobody signed."""
    patch.setattr("standardwebhooks.webhooks.Webhook.verify", lambda *_, **__: None)


FOUND_BY: list[tuple[Mutant, Callable[..., None]]] = [
    (ignore_the_attempt, test_steps.test_a_worker_whose_lease_another_has_writes_nothing),
    (ignore_the_fence_of_leases, test_steps.test_a_worker_whose_lease_another_has_writes_nothing),
    (ignore_the_state, test_steps.test_an_answer_from_outside_is_waited_for_and_ends_the_step),
    (ignore_the_state, test_steps.test_a_step_that_has_not_begun_is_not_ended),
    (claim_without_lease, test_steps.test_a_system_is_asked_by_so_many_at_once_and_no_more),
    (write_rows_unfenced, test_steps.test_a_worker_that_lost_its_step_adds_no_rows_to_it),
    (keep_what_was_left, test_steps.test_what_an_attempt_left_behind_is_cleared_before_the_next),
    (forget_the_dead, test_steps.test_a_step_that_kills_every_worker_has_failed_in_the_end),
    (open_all_phases, test_steps.test_an_erasure_goes_phase_by_phase_and_keys_are_last),
    (believe_everything, test_steps.test_a_system_that_says_done_and_counts_less_is_partly_done),
    (believe_everything, test_steps.test_rows_that_a_system_says_it_sent_and_did_not_are_missed),
    (know_no_bounds, test_steps.test_a_system_is_asked_by_so_many_at_once_and_no_more),
    (
        end_with_things_left,
        test_steps.test_keys_stay_while_asking_again_finds_something_and_erasing_again_helps,
    ),
    (take_any_signature, test_step_callbacks.test_a_system_does_not_report_for_another),
    (ignore_the_state, test_step_callbacks.test_another_report_of_a_step_that_has_ended_is_refused),
]


@pytest.mark.parametrize(
    ("mutant", "finder"),
    [pytest.param(*pair, id=f"{pair[0].__name__}-{place}") for place, pair in enumerate(FOUND_BY)],
)
@pytest.mark.usefixtures("erasures_go_to_review")
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch, mutant: Mutant, finder: Callable[..., None]
) -> None:
    mutant(monkeypatch)

    with pytest.raises((AssertionError, KeyError, pytest.fail.Exception)):
        finder()
