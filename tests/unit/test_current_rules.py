"""What a key's records come to: the definition, the engine beside it, and the short cut held to both."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Decision, Member, SubjectState
from consent.records.rules import current
from consent.records.types import NEUTRAL, NO, OFFICER, YES, Choice, ChoiceInForce, ChoiceRecord
from tests.decisions.world import BASE, patched, policy_of, question_of, register_of, state_of

START = datetime(2026, 2, 2, tzinfo=UTC)
AFTERWARDS = START + timedelta(days=6)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TOLERANCE = 5 * MINUTE
WORLD = patched(
    BASE,
    {
        "policy": {"purposes": {"ads.audience": {"requires": []}}, "rules": {"ads-eu": {"age": None}}},
        "subjects": {"p1": {"choices": {"stored": None, "grant": None}}},
    },
)
RULES = {
    name: policy_of(patched(WORLD, {"policy": {"rules": {"ads-eu": rule}}}))
    for name, rule in {
        "consent": {"basis": "consent"},
        "direct marketing": {"basis": "consent", "direct_marketing": True},
    }.items()
}
REGISTER, QUESTION = register_of(WORLD), question_of(WORLD)
FACTS = state_of(WORLD).members[0].facts
NO_REASONS = {Reason.WITHDRAWN, Reason.OBJECTED}


@dataclass(frozen=True)
class Told:
    """One utterance: what, how long before it was recorded, and whether together with the one before."""

    choice: Choice
    ago: timedelta = timedelta()
    lasts: timedelta | None = None
    at_once: bool = False


def build(history: Sequence[Told]) -> list[ChoiceRecord]:
    """Return the records of `history`, one a day; an officer's speaks of the latest that it can speak of."""
    records: list[ChoiceRecord] = []
    recorded_at = START
    for place, told in enumerate(history):
        refers_to = _spoken_of(told.choice, records)
        if told.choice in OFFICER and refers_to is None:
            continue
        recorded_at += timedelta() if told.at_once else DAY
        effective_at = recorded_at - told.ago
        records.append(
            ChoiceRecord(
                record_id=f"r{place}",
                subject_ref="p1",
                version=place + 1,
                purpose="ads.audience",
                controller="acme",
                choice=told.choice,
                effective_at=effective_at,
                recorded_at=recorded_at,
                expires_at=effective_at + told.lasts if told.lasts else None,
                notice="privacy",
                notice_version=2,
                back_dated=told.ago > TOLERANCE,
                refers_to=refers_to,
            )
        )
    return records


def _spoken_of(choice: Choice, records: Sequence[ChoiceRecord]) -> str | None:
    spoken = {Choice.INVALIDATED: YES, Choice.OVERRULED: {Choice.OBJECTED}}.get(choice, frozenset())
    return next((record.record_id for record in reversed(records) if record.choice in spoken), None)


TOLD = [
    Told(Choice.GRANTED),
    Told(Choice.GRANTED, ago=-4 * MINUTE),
    Told(Choice.GRANTED, ago=1.5 * DAY),
    Told(Choice.GRANTED, ago=1.5 * DAY, at_once=True),
    Told(Choice.GRANTED, ago=10 * MINUTE, at_once=True),
    Told(Choice.GRANTED, lasts=1.5 * DAY),
    Told(Choice.GRANTED, ago=10 * MINUTE, lasts=9 * DAY),
    Told(Choice.WITHDRAWN),
    Told(Choice.WITHDRAWN, at_once=True),
    Told(Choice.WITHDRAWN, ago=1.5 * DAY),
    Told(Choice.WITHDRAWN, ago=1.25 * DAY, at_once=True),
    Told(Choice.OBJECTED),
    Told(Choice.OBJECTED, ago=10 * MINUTE),
    Told(Choice.SHOWN),
    Told(Choice.DISMISSED, ago=DAY),
    Told(Choice.PENDING, at_once=True),
    Told(Choice.INVALIDATED),
    Told(Choice.OVERRULED),
]
"""The small alphabet of which every short history is tried."""


def short_histories() -> Iterator[list[ChoiceRecord]]:
    for length in range(4):
        for history in product(TOLD, repeat=length):
            yield build(history)


random_histories = st.lists(
    st.builds(
        Told,
        st.sampled_from(
            [
                Choice.GRANTED,
                Choice.WITHDRAWN,
                Choice.OBJECTED,
                Choice.SHOWN,
                Choice.INVALIDATED,
                Choice.OVERRULED,
            ]
        ),
        st.sampled_from([timedelta(), -3 * MINUTE, 3 * MINUTE, 10 * MINUTE, DAY, 1.5 * DAY, 3 * DAY]),
        st.sampled_from([None, None, 2 * MINUTE, DAY, 2.5 * DAY]),
        st.booleans(),
    ),
    max_size=9,
).map(build)


def step_by_step(records: Sequence[ChoiceRecord]) -> ChoiceInForce | None:
    """Return what the short cut makes of `records`, one after the other."""
    found: ChoiceInForce | None = None
    for place, record in enumerate(records):
        if found and current.needs_history(record, found):
            found = current.fold(records[: place + 1])
        elif found is None or current.displaces(record, found):
            found = current.in_force(record, expires_at=record.expires_at)
    return found


def decided(records: Sequence[ChoiceRecord], policy: CompiledPolicy, at: datetime) -> Decision:
    member = Member(subject_ref="p1", version=99, choices=tuple(records), facts=FACTS)
    state = SubjectState(asked=frozenset({"p1"}), members=(member,), complete_at=at)
    return decide(policy, REGISTER, state, QUESTION, at)


def contradicts(records: Sequence[ChoiceRecord], at: datetime) -> bool:
    """Whether the engine decides on `records` otherwise than what they come to says."""
    found = current.fold(records)
    plain, marketing = (decided(records, policy, at) for policy in RULES.values())
    if found is None or found.choice in NEUTRAL:
        return Effect.ALLOW in {plain.effect, marketing.effect}
    if found.choice in NO:
        return not {plain.reason, marketing.reason} <= NO_REASONS
    if found.choice is Choice.OVERRULED:
        return _contradicts_overruling(found, plain.reason, marketing.reason, at)
    if found.choice is Choice.INVALIDATED:
        return not _tells_of_invalidation(records, plain.reason, at)
    counts = found.expires_at is None or found.expires_at > at
    allowed = {plain.allowed, marketing.allowed}
    # an overruled objection that stands again, as what lifted it has ended, bars direct marketing alone
    return allowed == {True} if found.reviewed and not counts else allowed != {counts}


def _contradicts_overruling(found: ChoiceInForce, plain: Reason, marketing: Reason, at: datetime) -> bool:
    if found.expires_at is not None and found.expires_at <= at:
        return plain not in NO_REASONS
    return plain in NO_REASONS or marketing is not Reason.OBJECTED


def _tells_of_invalidation(records: Sequence[ChoiceRecord], reason: Reason, at: datetime) -> bool:
    """An invalidated grant that also ran out is told as that; so is a no that only another's end revived."""
    ran_out = any(record.expires_at and record.expires_at <= at for record in records)
    return reason is Reason.INVALIDATED or (ran_out and reason in {Reason.EXPIRED, *NO_REASONS})


def test_every_short_history_comes_to_what_the_engine_decides() -> None:
    assert not [records for records in short_histories() if contradicts(records, AFTERWARDS)]


def officers_speak_once(records: list[ChoiceRecord]) -> bool:
    """Whether one row can tell it all: where officers spoke twice, what holds depends on the rule."""
    return sum(record.choice in OFFICER for record in records) <= 1


@given(random_histories.filter(officers_speak_once), st.sampled_from([0, 1, 4, 30]))
def test_a_random_history_comes_to_what_the_engine_decides(records: list[ChoiceRecord], days: int) -> None:
    told_at = max((record.recorded_at for record in records), default=START)

    assert not contradicts(records, told_at + TOLERANCE + days * DAY)


def test_a_no_that_only_a_passed_yes_had_lifted_stands_again_beside_an_overruled_objection() -> None:
    history = [
        Told(Choice.OBJECTED),
        Told(Choice.OVERRULED),
        Told(Choice.GRANTED, ago=timedelta(minutes=10), lasts=timedelta(minutes=2)),
        Told(Choice.WITHDRAWN, ago=timedelta(days=1, hours=12)),
    ]
    records = build(history)

    found = current.fold(records)
    assert found is not None
    assert (found.choice, found.expires_at) == (Choice.OVERRULED, records[2].expires_at)
    assert not contradicts(records, records[-1].recorded_at + TOLERANCE)


def test_every_short_history_step_by_step_is_the_whole_history_at_once() -> None:
    assert not [records for records in short_histories() if step_by_step(records) != current.fold(records)]


@given(random_histories)
def test_a_random_history_step_by_step_is_the_whole_history_at_once(records: list[ChoiceRecord]) -> None:
    assert step_by_step(records) == current.fold(records)


def test_the_short_cut_is_taken_for_everything_told_in_time() -> None:
    in_time = [Told(choice) for choice in (Choice.GRANTED, Choice.WITHDRAWN, Choice.SHOWN)]

    for history in product(in_time, repeat=4):
        *before, new = build(history)
        found = current.fold(before)
        assert found is not None
        assert not current.needs_history(new, found)


Plant = Callable[[pytest.MonkeyPatch], object]
MUTANTS: dict[str, Plant] = {
    "of two at one moment the earlier version counts": lambda p: p.setattr(
        current, "order_of", lambda choice: (choice.effective_at, -choice.version)
    ),
    "the order of recording counts, not that of effect": lambda p: p.setattr(
        current, "order_of", lambda choice: (choice.version, choice.version)
    ),
    "what is neutral displaces": lambda p: p.setattr(current, "NEUTRAL", frozenset()),
    "what is neutral displaces, step by step": lambda p: p.setattr(
        current, "displaces", lambda new, found: current.order_of(new) > current.order_of(found)
    ),
    "a back-dated grant wins": lambda p: p.setattr(current, "_is_barred", lambda *_: False),
    "a back-dated grant never counts": lambda p: p.setattr(
        current, "_is_barred", lambda yes, _: yes.back_dated
    ),
    "an invalidated grant still lifts": lambda p: p.setattr(
        current, "_lifting", lambda records: [one for one in records if one.choice in YES]
    ),
    "an earlier grant revives": lambda p: p.setattr(
        current, "_find_yes", lambda records: current._last(current._lifting(records))
    ),
    "an overruled objection still stands": lambda p: p.setattr(
        current, "_said_by_officers", _without(Choice.OVERRULED, current._said_by_officers)
    ),
    "the end of an earlier yes is forgotten": lambda p: p.setattr(
        current, "_ends_at", lambda yes, _: yes.expires_at
    ),
    "history is never read": lambda p: p.setattr(current, "needs_history", lambda *_: False),
    "an officer's word is not heard, step by step": lambda p: p.setattr(current, "OFFICER", frozenset()),
}


def _without(deaf_to: Choice, read: Callable[..., object]) -> Callable[..., object]:
    return lambda records, choice: {} if choice is deaf_to else read(records, choice)


@pytest.mark.parametrize("plant", MUTANTS.values(), ids=list(MUTANTS))
def test_a_planted_bug_is_caught(monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    plant(monkeypatch)

    assert any(
        contradicts(records, AFTERWARDS) or step_by_step(records) != current.fold(records)
        for records in short_histories()
    )
