"""Officers who act at the same moment, on connections of their own that really commit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from consent.kernel.errors import AccordantError
from consent.policies import services
from consent.policies.services import EffectiveTimeRefused, NewerVersionPublished, WrongStatus
from consent.policies.types import ImportedPolicy
from tests.ledger_world import read_entries
from tests.policy_officers import FEB_1, JAN_1, make_approved, make_officer, make_submitted, make_text, see

pytestmark = pytest.mark.usefixtures("committed_database")

ROUNDS = 5


def run_together(*acts: Callable[[], Any]) -> list[Any]:
    """Return what each act returned or was refused with, all begun at the same moment."""
    together = Barrier(len(acts))

    def perform(act: Callable[[], Any]) -> Any:
        try:
            together.wait(timeout=10)
            return act()
        except AccordantError as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(perform, acts))


def commit(act: Callable[[], Any]) -> Any:
    """Return what `act` returned, its writes committed: the test's own connection never commits."""
    return run_together(act)[0]


def count_events(kind: str) -> int:
    return sum(entry.kind == kind for entry in read_entries())


def publish(draft: ImportedPolicy) -> None:
    services.publish(version_id=draft.version_id, effective_at=FEB_1, at=JAN_1)


def test_of_two_officers_who_publish_one_version_one_wins_and_the_other_is_told() -> None:
    for number in range(ROUNDS):
        draft = commit(partial(make_approved, key=f"shop{number}"))

        outcomes = run_together(partial(publish, draft), partial(publish, draft))

        assert outcomes.count(None) == 1
        assert [type(one) for one in outcomes if one is not None] == [WrongStatus]
    assert count_events("policy_published") == ROUNDS


def test_of_two_versions_published_for_one_moment_one_wins_and_the_other_is_told() -> None:
    for number in range(ROUNDS):
        first = commit(partial(make_approved, key=f"shop{number}"))
        second = commit(partial(make_approved, key=f"shop{number}"))

        outcomes = run_together(partial(publish, first), partial(publish, second))

        assert outcomes.count(None) == 1
        loser = next(one for one in outcomes if one is not None)
        assert isinstance(loser, EffectiveTimeRefused | NewerVersionPublished)
    assert count_events("policy_published") == ROUNDS


def test_of_two_officers_who_approve_one_version_one_wins_and_the_other_is_told() -> None:
    officers = [commit(partial(make_officer, name)) for name in ("bob", "carol")]
    for number in range(ROUNDS):
        draft = commit(partial(make_submitted, key=f"shop{number}"))

        approve = partial(
            services.approve,
            version_id=draft.version_id,
            confirmed_digest=draft.digest,
            confirmed_figures=commit(partial(see, draft)),
            at=JAN_1,
        )

        outcomes = run_together(*(partial(approve, approver_id=officer.pk) for officer in officers))

        assert outcomes.count(None) == 1
        assert [type(one) for one in outcomes if one is not None] == [WrongStatus]
    assert count_events("policy_approved") == ROUNDS


def test_officers_who_import_at_once_get_numbers_of_their_own() -> None:
    text, author = make_text(), commit(partial(make_officer, "alice"))

    act = partial(services.import_policy, text=text, author_id=author.pk, at=JAN_1)

    outcomes = run_together(act, act, act, act)

    assert sorted(outcome.version for outcome in outcomes) == [1, 2, 3, 4]
