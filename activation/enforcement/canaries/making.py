"""Making canaries and keeping them whole, through the services that everybody's choices go through."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection, transaction

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.types import Question, SubjectState
from activation.enforcement.canaries.choosing import choose, choose_facts, choose_places, choose_requests
from activation.enforcement.canaries.incidents import raise_incident
from activation.enforcement.canaries.models import CanaryPlace
from activation.enforcement.canaries.queries import identify, list_canaries
from activation.enforcement.canaries.types import SOURCE, Canary, CanaryRefused, IncidentKind, Way
from activation.enforcement.locks import lock_key
from activation.snapshots.queries import open_snapshot
from consent.ledger import queries as ledger
from consent.records.services import record_rows
from consent.records.types import NO, YES, NewChoice, NewFact, NewRow, Recorded
from consent.subjects.services import erase_subject

_KEEPING = "canaries"
"""The path that an incident about a canary itself names."""


@transaction.atomic
def ensure_canaries(*, destination: str, at: datetime) -> list[Canary]:
    """Have `destination` a canary of each way that knows the policy in force, and return them.

    A destination that is not registered has none: it gets nothing anyway. Safe to call again at any time;
    two calls at once follow each other. Call it before the moment is taken that a run decides for: what is
    recorded later does not count for that moment, and such a canary is not asked about.
    """
    _hold(destination)
    with open_snapshot(at=at) as snapshot:
        if destination not in snapshot.register:
            return []
        policy = snapshot.policy
    known = {canary.way: canary for canary in list_canaries(destination=destination)}
    stale = [way for way in Way if way not in known or _is_stale(known[way], policy)]
    places = choose_places(policy, destination) if stale else []
    for way in stale:
        wanted = _place(known.get(way), destination, way, policy, places)
        known[way] = _prepare(wanted, policy, at, is_new=way not in known)
    return [known[way] for way in Way]


@transaction.atomic
def mend_canaries(*, destination: str, at: datetime) -> list[Way]:
    """Make whole the canaries whose no is not on record any more, and return their ways.

    Each call that finds any raises one incident: if a canary's no was lost, so may others' be.
    """
    _hold(destination)
    with open_snapshot(at=at) as snapshot:
        policy, canaries = snapshot.policy, list_canaries(destination=destination)
        states = snapshot.load_states([identify(canary) for canary in canaries])
    now = ledger.get_time()
    lost = [(one, state) for one, state in zip(canaries, states, strict=True) if not holds(one, state, now)]
    for canary, state in lost:
        following = replace(canary, generation=canary.generation + _is_beyond_mending(canary, state))
        _prepare(following, policy, at, is_new=True)
    ways = [canary.way for canary, _ in lost]
    if ways:
        question = Question(purpose="", destination=destination, controller="")
        raise_incident(kind=IncidentKind.CANARY_LOST, question=question, ways=ways, path=_KEEPING)
    return ways


def holds(canary: Canary, state: SubjectState, now: datetime) -> bool:
    """Return whether the canary's identifiers lead to one subject that says no in its way."""
    if len(state.asked) != 1 or len(state.members) != 1:
        return False
    [member] = state.members
    if canary.way is Way.ERASED:
        return member.erased_at is not None
    if member.erased_at is not None:
        return False
    yeses = [choice for choice in member.choices if choice.choice in YES]
    if canary.way is Way.LAPSED:
        return all(yes.expires_at is not None and yes.expires_at <= now for yes in yeses)
    last_yes = max((yes.effective_at for yes in yeses), default=None)
    noes = [choice.effective_at for choice in member.choices if choice.choice in NO]
    return bool(noes) and (last_yes is None or max(noes) >= last_yes)


def _is_beyond_mending(canary: Canary, state: SubjectState) -> bool:
    """Return whether nothing more can be said of this canary alone: it was erased, or linked to somebody."""
    is_erased = any(member.erased_at for member in state.members)
    return len(state.members) > 1 or (is_erased and canary.way is not Way.ERASED)


def _is_stale(canary: Canary, policy: CompiledPolicy) -> bool:
    """Return whether its choices name another policy's purposes. One that was erased says nothing new."""
    return canary.policy_digest != policy.digest and canary.way is not Way.ERASED


def _place(
    known: Canary | None, destination: str, way: Way, policy: CompiledPolicy, places: Sequence[str]
) -> Canary:
    """Return the canary as it is to be under `policy`. The canaries live in as many places as there are."""
    jurisdiction = places[list(Way).index(way) % len(places)] if places else ""
    if known is not None:
        kept = known.jurisdiction if known.jurisdiction in places or not jurisdiction else jurisdiction
        return replace(known, policy_digest=policy.digest, jurisdiction=kept)
    now = ledger.get_time()
    return Canary(
        destination=destination,
        way=way,
        generation=1,
        jurisdiction=jurisdiction,
        policy_digest=policy.digest,
        made_at=now,
        prepared_at=now,
    )


def _prepare(canary: Canary, policy: CompiledPolicy, at: datetime, *, is_new: bool) -> Canary:
    """Record what the canary says under `policy`, and note that it did."""
    asked = choose_requests(policy, canary.destination, at)
    facts = choose_facts(canary.jurisdiction, at)
    begun = _record(canary, tuple(asked.values()), facts, at)
    requests = dict(zip(asked, begun.record_ids, strict=True))
    recorded = _record(canary, choose(canary.way, policy, canary.destination, at, requests), (), at)
    if canary.way is Way.ERASED:
        erase_subject(ref=recorded.subject_ref, requested_by=SOURCE, at=at, linked=False)
    now = ledger.get_time()
    noted = replace(canary, prepared_at=now, made_at=now if is_new else canary.made_at)
    fields = ("generation", "jurisdiction", "policy_digest", "made_at", "prepared_at")
    CanaryPlace.objects.update_or_create(
        destination=noted.destination,
        way=noted.way,
        defaults={name: getattr(noted, name) for name in fields},
    )
    return noted


def _record(
    canary: Canary, choices: tuple[NewChoice, ...], facts: tuple[NewFact, ...], at: datetime
) -> Recorded:
    """Record what is said of one canary, in the caller's transaction.

    :raises CanaryRefused: if its identifiers lead to somebody else.
    """
    row = NewRow(identifiers=identify(canary), choices=choices, facts=facts)
    [recorded] = record_rows(rows=[row], source=SOURCE, at=at)
    if not isinstance(recorded, Recorded):
        raise CanaryRefused(f"the {canary.way} canary could not be recorded: {recorded.code}")
    return recorded


def _hold(destination: str) -> None:
    """Wait until nobody else makes or mends canaries of `destination`, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"canaries of {destination}")])
