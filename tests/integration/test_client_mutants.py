"""Bugs planted in keys, limits and scopes: each safeguard holds, and fails once its bug is there."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from activation.checks import metering, queries, services
from activation.checks.limits import IdentifierBudgetSpent, Meter
from activation.checks.models import ApiKeyQuerySet
from activation.checks.types import Caller, Limits
from consent.records.rules import permitted
from consent.records.rules.permitted import PurposeNotPermitted, refuse_unpermitted
from consent.subjects.queries import find_subjects, get_blind_indexes
from consent.subjects.types import Identifier, IdentifierKind
from tests.enforcement_world import GERMAN, make_world
from tests.metered_world import make_key, use_fresh_meter
from tests.records_world import make_choice, make_new_row

pytestmark = pytest.mark.django_db
Plant = Callable[[pytest.MonkeyPatch], None]
Safeguard = Callable[[pytest.MonkeyPatch], bool]


def a_revoked_key_that_works(patch: pytest.MonkeyPatch) -> None:
    def working_at(rows: ApiKeyQuerySet, at: datetime) -> ApiKeyQuerySet:
        return rows.filter(expires_at__gt=at)

    patch.setattr(ApiKeyQuerySet, "working_at", working_at)


def an_overlap_that_never_ends(patch: pytest.MonkeyPatch) -> None:
    def working_at(rows: ApiKeyQuerySet, at: datetime) -> ApiKeyQuerySet:
        return rows.filter(client__keys__expires_at__gt=at, client__revoked_at__isnull=True)

    patch.setattr(ApiKeyQuerySet, "working_at", working_at)


def a_budget_of_known_people_only(patch: pytest.MonkeyPatch) -> None:
    def known_only(identifiers: Any) -> list[bytes]:
        return get_blind_indexes([one for one in identifiers if any(find_subjects([[one]]))])

    patch.setattr(metering, "get_blind_indexes", known_only)


def a_scope_that_reaches_its_namesakes(patch: pytest.MonkeyPatch) -> None:
    def is_within(purpose: str, purposes: Any) -> bool:
        return any(own.startswith(purpose) or purpose.startswith(own) for own in purposes)

    patch.setattr(permitted, "_is_within", is_within)


def a_process_that_forgets_the_day(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("activation.checks.usage._stored", lambda _: {})


def revoked_keys_are_refused(_: pytest.MonkeyPatch) -> bool:
    key = make_key().key
    services.revoke_key(name="tool", at=timezone.now())
    return queries.authenticate(key=key, at=timezone.now()) is None


def overlaps_end(_: pytest.MonkeyPatch) -> bool:
    old = make_key().key
    services.rotate_key(name="tool", at=timezone.now(), overlap=timedelta(hours=1))
    return queries.authenticate(key=old, at=timezone.now() + timedelta(hours=2)) is None


def budgets_count_everybody(_: pytest.MonkeyPatch) -> bool:
    make_world()
    caller = caller_of_a_budget(of=1)
    try:
        for value in (GERMAN, "nobody-1"):
            metering.note_identifiers(caller, [Identifier(IdentifierKind.CUSTOMER_ID, value)])
    except IdentifierBudgetSpent:
        return True
    return False


def scopes_end_at_their_dots(_: pytest.MonkeyPatch) -> bool:
    row = make_new_row(facts=[], choices=[make_choice()])  # of marketing.email
    try:
        refuse_unpermitted(row, purposes=frozenset({"marketing.emailx"}))
    except PurposeNotPermitted:
        return True
    return False


def restarts_give_nothing_back(patch: pytest.MonkeyPatch) -> bool:
    caller, now = caller_of_a_budget(of=1), timezone.now()
    one, other = (bytes([number]) * 32 for number in (1, 2))
    for digest in (one, other):
        metering.METER.note(caller.client_id, digest)
    services.flush_usage(at=now)

    restarted = use_fresh_meter(patch)
    services.flush_usage(at=now)

    restarted.watch(caller.client_id, caller.limits)
    return restarted.is_budget_spent(caller.client_id)


def caller_of_a_budget(*, of: int) -> Caller:
    make_key(limits=Limits(identifiers_per_day=of))
    [live] = queries.list_live_keys(at=timezone.now())
    return live.caller


SAFEGUARDS: dict[str, tuple[Plant, Safeguard]] = {
    "a revoked key that still works": (a_revoked_key_that_works, revoked_keys_are_refused),
    "an overlap that never ends": (an_overlap_that_never_ends, overlaps_end),
    "a budget that counts only known people": (a_budget_of_known_people_only, budgets_count_everybody),
    "a scope that reaches its namesakes": (a_scope_that_reaches_its_namesakes, scopes_end_at_their_dots),
    "a process that forgets the day": (a_process_that_forgets_the_day, restarts_give_nothing_back),
}


@pytest.fixture(autouse=True)
def _meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    return use_fresh_meter(monkeypatch)


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_the_safeguard_holds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, holds = SAFEGUARDS[name]

    assert holds(monkeypatch)


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_the_planted_bug_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, holds = SAFEGUARDS[name]
    plant(monkeypatch)

    assert not holds(monkeypatch)
