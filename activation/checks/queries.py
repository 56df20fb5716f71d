"""Reads of the consent-check API: who calls, and what the answer is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from activation.checks.models import ApiKey
from activation.checks.rules import hash_key
from activation.checks.types import Caller, LiveKey
from activation.decisions.engine import decide
from activation.decisions.types import Decision, Question, SubjectState
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.subjects.queries import SubjectStateUnreadable
from consent.subjects.types import Identifier


def authenticate(*, key: str, at: datetime) -> Caller | None:
    """Return the caller whose key this is; None if there is none, or it has expired or was revoked."""
    rows = ApiKey.objects.working_at(at).filter(key_hash=hash_key(key)).select_related("client")
    row = rows.order_by("pk").first()
    return _caller_of(row) if row else None


def list_live_keys(*, at: datetime) -> list[LiveKey]:
    """Return every key that works at `at`: what a process needs to know all callers by itself."""
    rows = ApiKey.objects.working_at(at).select_related("client").order_by("pk")
    return [
        LiveKey(key_hash=bytes(row.key_hash), expires_at=row.expires_at, caller=_caller_of(row))
        for row in rows
    ]


def _caller_of(key: ApiKey) -> Caller:
    client = key.client
    return Caller(
        name=client.name,
        scopes=frozenset(client.scopes),
        client_id=client.pk,
        key_id=key.pk,
        is_test=client.is_test,
        limits=client.limits,
    )


def check(*, identifiers: Sequence[Identifier], question: Question, at: datetime) -> Decision:
    """Return the decision on `question` about the person whom `identifiers` lead to.

    An empty `question.controller` stands for the policy's only one.

    :raises MalformedIdentifier: if an identifier cannot be one of its kind.
    :raises ControllerMissing: if the policy has several controllers and the question names none.
    """
    with open_snapshot(at=question.as_of or at) as snapshot:
        question = replace(question, controller=question.controller or snapshot.only_controller())
        state = _load_state(snapshot, identifiers)
    return decide(snapshot.policy, snapshot.register, state, question, at)


def _load_state(snapshot: Snapshot, identifiers: Sequence[Identifier]) -> SubjectState:
    """Return the person's state; one that says so if it cannot be read whole."""
    try:
        [state] = snapshot.load_states([identifiers])
    except SubjectStateUnreadable:
        return SubjectState(available=False, watermark=snapshot.watermark)
    return state
