"""Reads of the consent-check API: who calls, and what the answer is."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime

from activation.checks.example.data import ExampleData, example_snapshot
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


def open_data(caller: Caller, *, at: datetime) -> AbstractContextManager[Snapshot | ExampleData]:
    """Give the data that the caller is answered from, with the policy in force at `at`: for every answer.

    A test key's is the example data, always the same; everybody else's is one view of the ledger.
    """
    return nullcontext(example_snapshot(at)) if caller.is_test else open_snapshot(at=at)


def check(*, caller: Caller, identifiers: Sequence[Identifier], question: Question, at: datetime) -> Decision:
    """Return the decision on `question` about the person whom `identifiers` lead to.

    An empty `question.controller` stands for the policy's only one.

    :raises MalformedIdentifier: if an identifier cannot be one of its kind.
    :raises ControllerMissing: if the policy has several controllers and the question names none.
    """
    with open_data(caller, at=question.as_of or at) as data:
        question = replace(question, controller=question.controller or data.only_controller())
        state = _load_state(data, identifiers)
    return decide(data.policy, data.register, state, question, at)


def _load_state(data: Snapshot | ExampleData, identifiers: Sequence[Identifier]) -> SubjectState:
    """Return the person's state; one that says so if it cannot be read whole."""
    try:
        [state] = data.load_states([identifiers])
    except SubjectStateUnreadable:
        return SubjectState(available=False, watermark=data.watermark)
    return state
