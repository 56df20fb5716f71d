"""Lanes answer as the engine does: on every case, every short history, and people drawn at random."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from activation.decisions.types import Member, SubjectState
from activation.snapshots.compact.encoding import COMPACT
from activation.snapshots.compact.states import encode_state
from activation.snapshots.lanes import lane, outcomes, reducing
from activation.snapshots.lanes.thresholds import Birthday, OwnEnd, PeriodEnd
from consent.records.types import NEUTRAL, NO, OFFICER, YES, Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName
from tests.decisions.lanes import Lanes, is_about_now
from tests.decisions.test_cases import CASES
from tests.decisions.test_laws import AT as LAWS_AT
from tests.decisions.test_laws import BASES, LETTERS, alone, record
from tests.decisions.test_laws import QUESTION as LAWS_QUESTION
from tests.decisions.test_laws import REGISTER as LAWS_REGISTER
from tests.decisions.test_precedence import FAULTS, PAIRS
from tests.decisions.world import BASE, World, patched, policy_of, question_of, register_of, state_of

SECOND = timedelta(seconds=1)
WORLDS = [
    *(world for world, _ in CASES.values()),
    *(patched(BASE, fault["given"]) for fault in FAULTS),
    *(patched(patched(BASE, later["given"]), earlier["given"]) for earlier, later in PAIRS.values()),
]


def differences_in(world: World) -> Iterator[str]:
    """Yield where the lane differs from the engine, then and at the moments around each end it names."""
    lanes = Lanes(policy_of(world), register_of(world))
    state, question, at = state_of(world), question_of(world), world["at"]
    if not is_about_now(question, state):
        return
    state = replace(state, complete_at=None, members=tuple(map(renumbered, state.members)))
    moments = [at, at + timedelta(days=400), at + timedelta(days=8000)]
    for moment in moments:
        yield lanes.difference(state, question, moment)
        answer = lanes.answer(state, question, moment)
        if answer and answer.valid_until and answer.valid_until.year < 2100:
            end = answer.valid_until
            yield from (lanes.difference(state, question, one) for one in (end - SECOND, end, end + SECOND))


def renumbered(member: Member) -> Member:
    """Return `member` with a version of its own for each entry, as the ledger gives them."""
    entries: list[ChoiceRecord | Fact] = [*member.choices, *member.facts]
    entries.sort(key=lambda entry: (entry.effective_at, entry.version))
    numbers = {id(entry): number for number, entry in enumerate(entries, start=1)}
    return replace(
        member,
        choices=tuple(replace(entry, version=numbers[id(entry)]) for entry in member.choices),
        facts=tuple(replace(entry, version=numbers[id(entry)]) for entry in member.facts),
    )


def test_every_case_fault_and_pair_of_faults_is_answered_alike() -> None:
    assert len(WORLDS) > 500
    assert not [found for world in WORLDS for found in differences_in(world) if found][:1]


@pytest.mark.parametrize("basis", BASES)
def test_every_short_history_is_answered_alike(basis: str) -> None:
    lanes = Lanes(BASES[basis], LAWS_REGISTER)
    histories = (
        [record(said, place) for place, said in enumerate(said_in_turn)]
        for length in range(4)
        for said_in_turn in product(LETTERS, repeat=length)
    )
    found = (lanes.difference(alone(history), LAWS_QUESTION, LAWS_AT) for history in histories)

    assert not next((one for one in found if one), "")


START = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
PURPOSES = ("ads", "ads.audience", "ads.audience", "ads.audience", "ads.audience.lookalike", "storage", "*")


class People:
    """Draws people who said yes to begin with, and then one thing or another."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - draws people, not secrets

    def person(self, ref: str = "p1") -> SubjectState:
        draw, clock = self.draw, START
        choices: list[ChoiceRecord] = []
        facts: list[Fact] = []
        for name in (FactName.RESIDENCE, FactName.BORN_ON):
            if draw.random() < 0.8:
                facts.append(self.fact(ref, len(facts) + 1, clock, name))
        for purpose in ("storage", "ads.audience"):
            if draw.random() < 0.9:
                choices.append(self.grant(ref, len(facts) + len(choices) + 1, clock, purpose))
            clock += draw.choice([timedelta(0), SECOND])
        for version in range(5, 5 + draw.randint(0, 4)):
            clock += draw.choice([timedelta(0), SECOND, timedelta(days=draw.randint(0, 90), hours=1)])
            if draw.random() < 0.2:
                facts.append(self.fact(ref, version, clock, draw.choice(sorted(FactName))))
            else:
                choices.append(self.choice(ref, version, clock, choices))
        member = Member(subject_ref=ref, version=9, choices=tuple(choices), facts=tuple(facts))
        return SubjectState(asked=frozenset({ref}), members=(member,))

    def grant(self, ref: str, version: int, at: datetime, purpose: str) -> ChoiceRecord:
        late = timedelta(days=self.draw.choice([0, 0, 30]))
        return ChoiceRecord(
            record_id=f"r{version}",
            subject_ref=ref,
            version=version,
            purpose=purpose,
            choice=Choice.GRANTED,
            effective_at=at,
            recorded_at=at + late,
            controller="acme",
            notice="privacy",
            notice_version=2,
            by_guardian=self.draw.random() < 0.5,
            back_dated=bool(late),
        )

    def choice(self, ref: str, version: int, at: datetime, before: list[ChoiceRecord]) -> ChoiceRecord:
        draw = self.draw
        kinds = [sorted(YES), sorted(YES), sorted(NO), sorted(NO), sorted(NEUTRAL), sorted(OFFICER)]
        kind = draw.choice(draw.choice(kinds))
        refers = kind in OFFICER or kind is Choice.CONFIRMED
        late = draw.random() < 0.2
        return ChoiceRecord(
            record_id=f"r{version}",
            subject_ref=ref,
            version=version,
            purpose=draw.choice(PURPOSES),
            choice=kind,
            effective_at=at,
            recorded_at=at + (timedelta(days=draw.randint(1, 90)) if late else timedelta(0)),
            controller=draw.choice(["acme", "acme", "acme", None, "other_brand"]),
            destination=draw.choice([None, None, "partner", "mailer"]),
            notice="privacy",
            notice_version=draw.choice([1, 2, 2, 2]),
            expires_at=at + timedelta(days=draw.randint(1, 400)) if draw.random() < 0.2 else None,
            explicit=draw.random() < 0.5,
            by_guardian=draw.random() < 0.3,
            after_conflict_notice=draw.random() < 0.3,
            back_dated=late,
            refers_to=draw.choice(before).record_id if before and refers else None,
        )

    def fact(self, ref: str, version: int, at: datetime, name: FactName) -> Fact:
        draw = self.draw
        birth = date(2010, 1, 1) + timedelta(days=draw.randint(0, 1600))
        values: dict[FactName, Any] = {
            FactName.RESIDENCE: ("DE", "FR", "FR", "FR", "US-CA"),
            FactName.LOCATION: ("DE", "FR"),
            FactName.BORN_ON: (birth.isoformat(), "2012-02-29", "1990-01-01"),
        }
        return Fact(
            subject_ref=ref,
            name=name,
            value=draw.choice(values.get(name, ("yes", "no"))),
            effective_at=at,
            recorded_at=at,
            version=version,
            controller=draw.choice([None, None, "acme", "other_brand"]),
            until=at + timedelta(days=draw.randint(1, 400)) if draw.random() < 0.2 else None,
        )

    def moved(self, state: SubjectState) -> SubjectState:
        """Return somebody of the same shape, at other times."""
        [member] = state.members
        by = timedelta(days=self.draw.randint(0, 300), seconds=self.draw.randint(0, 86_400))
        records = tuple(
            replace(
                one,
                effective_at=one.effective_at + by,
                recorded_at=one.recorded_at + by,
                expires_at=one.expires_at and one.expires_at + by,
            )
            for one in member.choices
        )
        return replace(state, members=(replace(member, choices=records, facts=self._moved(member, by)),))

    def _moved(self, member: Member, by: timedelta) -> tuple[Fact, ...]:
        return tuple(
            replace(
                fact,
                effective_at=fact.effective_at + by,
                recorded_at=fact.recorded_at + by,
                until=fact.until and fact.until + by,
            )
            for fact in member.facts
        )


def ruled(**changes: Any) -> World:
    world: World = patched(BASE, {"policy": {"rules": {"ads-eu": changes}}})
    return world


VARIANTS = [
    BASE,
    ruled(age=None),
    ruled(age={"unknown": "accept", "bands": [{"under": 14, "effect": "own_consent"}]}, basis="opt_out"),
    ruled(validity="P30D", double_opt_in=True, age=None),
    ruled(age=None, validity="P1M", notice=None),
    ruled(age=None, basis="opt_out", validity=None, notice=None, double_opt_in=None),
]
QUESTIONS = [
    replace(question_of(BASE), destination=destination, jurisdiction_hint=hint)
    for destination in ("partner", "mailer")
    for hint in (None, None, "DE", "US-CA")
]


def random_difference(seed: int, count: int) -> str:
    """Return the first difference among some `count` questions, about a few people of each shape."""
    people, lanes = People(seed), [Lanes(policy_of(one), register_of(one)) for one in VARIANTS]
    draw = people.draw
    for _ in range(count // 6):
        state, asked, question = people.person(), draw.choice(lanes), draw.choice(QUESTIONS)
        for one in (state, people.moved(state), people.moved(state)):
            late = START + timedelta(days=draw.randint(90, 800), seconds=draw.randint(0, 86_400))
            answer = asked.answer(one, question, late)
            end = answer.valid_until if answer and answer.valid_until else late
            for at in (late, min(end, datetime(2100, 1, 1, tzinfo=UTC)) + draw.choice([-SECOND, SECOND])):
                if found := asked.difference(one, question, at):
                    return found
    return ""


def lifted_no(*, recorded_late: bool) -> SubjectState:
    """Return somebody whose back-dated yes came to light after their no, or together with it."""
    people, later = People(7), START + timedelta(days=1)
    storage = people.grant("p1", 1, START, "storage")
    yes = replace(people.grant("p1", 3, later, "ads.audience"), back_dated=True)
    recorded = later + timedelta(days=2)
    no = replace(yes, record_id="no", version=2, choice=Choice.WITHDRAWN, effective_at=START + SECOND)
    records = (
        storage,
        replace(no, recorded_at=recorded, back_dated=False),
        replace(yes, recorded_at=recorded + timedelta(days=recorded_late)),
    )
    residence = people.fact("p1", 4, START, FactName.RESIDENCE)
    residence = replace(residence, value="DE", controller=None, until=None, recorded_at=storage.recorded_at)
    member = Member(subject_ref="p1", version=4, choices=records, facts=(residence,))
    return SubjectState(asked=frozenset({"p1"}), members=(member,))


def reopened(*, at_once: bool) -> SubjectState:
    """Return somebody whose processing was restricted, and who said yes later or in that very moment."""
    people, moment = People(8), START + timedelta(days=1)
    residence = replace(people.fact("p1", 1, START, FactName.RESIDENCE), value="DE", controller=None)
    since = moment if at_once else START
    restriction = replace(people.fact("p1", 2, since, FactName.RESTRICTED), value="yes", controller=None)
    grants = [
        replace(people.grant("p1", version, moment, purpose), back_dated=False)
        for version, purpose in ((3, "storage"), (4, "ads.audience"))
    ]
    facts = tuple(replace(fact, until=None) for fact in (residence, restriction))
    told = tuple(replace(grant, recorded_at=grant.effective_at) for grant in grants)
    member = Member(subject_ref="p1", version=4, choices=told, facts=facts)
    return SubjectState(asked=frozenset({"p1"}), members=(member,))


def alike_but_for_one_thing() -> str:
    """Return the first difference about people whose shapes differ in the order of two moments alone."""
    late = START + timedelta(days=60)
    question = replace(question_of(BASE), jurisdiction_hint="DE")
    pairs = [
        [lifted_no(recorded_late=True), lifted_no(recorded_late=False)],
        [reopened(at_once=True), reopened(at_once=False)],
    ]
    for pair in (*pairs, *(pair[::-1] for pair in pairs)):
        lanes = Lanes(policy_of(BASE), register_of(BASE))
        if found := "".join(lanes.difference(state, question, late) for state in pair):
            return found
    return ""


def test_people_who_differ_in_the_order_of_two_moments_alone_are_told_apart() -> None:
    lanes = Lanes(policy_of(BASE), register_of(BASE))
    question, late = replace(question_of(BASE), jurisdiction_hint="DE"), START + timedelta(days=60)
    answers = [
        lanes.answer(state, question, late)
        for state in (
            *(lifted_no(recorded_late=one) for one in (False, True)),
            *(reopened(at_once=one) for one in (False, True)),
        )
    ]

    assert not alike_but_for_one_thing()
    assert [answer.reason.value for answer in answers if answer] == [
        "granted",
        "withdrawn",
        "granted",
        "subject_restricted",
    ]


def test_people_drawn_at_random_are_answered_alike() -> None:
    assert not random_difference(seed=1, count=4_000)


@pytest.mark.long
def test_many_people_drawn_at_random_are_answered_alike() -> None:
    assert not random_difference(seed=2, count=200_000)


def test_most_people_drawn_have_a_compact_state_and_settle() -> None:
    people, lanes = People(3), Lanes(policy_of(BASE), register_of(BASE))
    states = [people.person() for _ in range(300)]
    texts = [encode_state(state, lanes.dictionary) for state in states]
    late = START + timedelta(days=3000)

    assert sum(text[0] == COMPACT for text in texts) > 100
    assert all(lanes.answer(state, QUESTIONS[0], late) is not None for state in states)


def test_a_state_that_holds_what_is_yet_to_come_is_left_to_the_ledger() -> None:
    lanes, person = Lanes(policy_of(BASE), register_of(BASE)), lifted_no(recorded_late=True)

    assert lanes.answer(person, question_of(BASE), START) is None


def wrong(owner: Any, name: str, value: Any) -> Any:
    return lambda patch: patch.setattr(owner, name, value)


def _never_over(threshold: Any, _at: int) -> None:
    threshold.over_until = threshold.running_from = -1


def _shifted(threshold: Any, at: int, name: str, days: int) -> None:
    _REFRESH(threshold, at)
    setattr(threshold, name, getattr(threshold, name) + days * 86_400_000_000)


_REFRESH = PeriodEnd.refresh
_END_OF, _PLACES, _KEY = PeriodEnd.end_of, reducing.Relevance.places, reducing.reduced_key
MUTANTS = {
    "ends of grants are not watched": wrong(PeriodEnd, "refresh", _never_over),
    "ends by date are not watched": wrong(OwnEnd, "refresh", _never_over),
    "birthdays are not watched": wrong(Birthday, "refresh", _never_over),
    "what is surely over is thought to be more": wrong(
        PeriodEnd, "refresh", lambda self, at: _shifted(self, at, "over_until", 20)
    ),
    "what surely runs is thought to be more": wrong(
        PeriodEnd, "refresh", lambda self, at: _shifted(self, at, "running_from", -20)
    ),
    "what was refreshed an hour ago is thought fresh": wrong(
        outcomes, "REFRESHED_EVERY", 10_000 * 86_400_000_000
    ),
    "a period ends a day late": wrong(
        PeriodEnd, "end_of", lambda self, time: int(_END_OF(self, time)) + 86_400_000_000
    ),
    "noes of ancestors are left out": wrong(reducing, "covers", lambda one, other: one == other),
    "what officers say is left out": wrong(
        reducing.Relevance,
        "places",
        lambda self, shape: [
            place
            for place in _PLACES(self, shape)
            if self._dictionary.token(shape.numbers[place]).choice not in OFFICER
        ],
    ),
    "the order of recording is forgotten": wrong(
        lane, "reduced_key", lambda shape, kept: (*_KEY(shape, kept)[:3], ())
    ),
    "moments are forgotten": wrong(
        lane, "reduced_key", lambda shape, kept: (_KEY(shape, kept)[0], (), *_KEY(shape, kept)[2:])
    ),
    "references are forgotten": wrong(
        lane, "select", lambda items, kept: [replace(items[place], reference=None) for place in kept]
    ),
    "required purposes are left out": wrong(lane, "list_requirements", lambda _, purpose: [purpose]),
    "what has not settled is answered": wrong(lane, "SETTLED_AT", 0),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)
    caught = any(found for world in WORLDS for found in differences_in(world))

    assert caught or alike_but_for_one_thing() or random_difference(seed=4, count=12_000)


def test_a_policy_and_a_person_with_hundreds_of_purposes_are_answered_alike() -> None:
    names = [f"many.p{number}" for number in range(300)]
    rule = {"purposes": names, "age": None, "notice": None, "conditions": None}
    world = patched(ruled(), {"policy": {"rules": {"many": BASE["policy"]["rules"]["ads-eu"] | rule}}})
    world = patched(world, {"policy": {"purposes": {name: {} for name in names}}})
    world = patched(world, {"policy": {"destinations": {"partner": {"purposes": names}}}})
    world = patched(world, {"policy": {"rules": {"many": {"obligations": None, "validity": "P2Y"}}}})
    people, lanes = People(9), Lanes(policy_of(world), register_of(world))
    residence = replace(people.fact("p1", 1, START, FactName.RESIDENCE), value="DE", until=None)
    choices = [
        replace(
            people.grant("p1", version, START, name), choice=Choice.GRANTED if version % 3 else Choice.REFUSED
        )
        for version, name in enumerate(names, start=2)
    ]
    told = tuple(replace(one, recorded_at=START, back_dated=False) for one in choices)
    member = Member(subject_ref="p1", version=400, choices=told, facts=(replace(residence, controller=None),))
    state, late = SubjectState(asked=frozenset({"p1"}), members=(member,)), START + timedelta(days=30)
    questions = [replace(question_of(world), purpose=name) for name in names]
    answers = [lanes.answer(state, question, late) for question in questions]

    assert encode_state(state, lanes.dictionary)[0] == COMPACT
    assert not any(lanes.difference(state, question, late) for question in questions)
    assert {answer.reason.value for answer in answers if answer} == {"granted", "refused"}
