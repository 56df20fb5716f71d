"""What a draft would change, found by asking only where it can make a difference."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from activation.decisions.compiled import NO_POLICY, CompiledPolicy, DestinationPolicy
from activation.decisions.engine import decide
from activation.decisions.reasons import ALLOWING
from activation.decisions.types import Decision, SubjectState
from activation.desk import reach, simulating
from activation.desk.questions import list_questions
from activation.desk.simulating import find_situation, simulate
from activation.desk.tally import SAMPLE_SIZE, SAMPLED_ALIKE, Tally
from activation.desk.types import UNKNOWN_PLACE, Change, Dimension, Figures, QuestionCounts
from tests.decisions.test_cases import CASES
from tests.decisions.world import BASE, World, patched, policy_of, register_of, state_of

Plant = Callable[[pytest.MonkeyPatch], object]

pytestmark = pytest.mark.xdist_group("simulation")  # what asking everything gives is worked out once

AT = BASE["at"]
REGISTER = register_of(
    patched(
        BASE,
        {
            "register": {
                "twin": {"registered_at": BASE["policy"]["in_force_from"]},
                "paused": {
                    "registered_at": BASE["policy"]["in_force_from"],
                    "suspended_at": BASE["at"].replace(month=3),
                },
            }
        },
    )
)
SUBJECTS = {
    "unplaced": {"facts": {"lives": None}},
    "californian": {"facts": {"lives": {"value": "US-CA"}}},
    "german": {"facts": {"lives": {"value": "DE"}}},
    "swiss": {"facts": {"lives": {"value": "CH"}}},
    "of the first notice": {"choices": {"grant": {"notice_version": 1}}},
    "of one destination": {
        "facts": {"lives": {"value": "US"}},
        "choices": {
            "against": {
                "purpose": "service",
                "choice": "opted_out",
                "controller": "acme",
                "destination": "twin",
                "effective_at": BASE["at"].replace(month=2),
            }
        },
    },
    "erased and unplaced": {
        "facts": {"lives": None},
        "erased_at": BASE["at"].replace(month=3),
    },
    "with a signal": {
        "choices": {
            "signal": {
                "purpose": "*",
                "choice": "opt_out_signal",
                "effective_at": BASE["at"].replace(month=3),
            },
        }
    },
    "in two places": {
        "facts": {"is": {"name": "location", "value": "US-CA", "effective_at": BASE["at"].replace(month=2)}},
        "choices": {
            "served": {
                "purpose": "service",
                "choice": "granted",
                "controller": "acme",
                "effective_at": BASE["at"].replace(month=2),
            }
        },
    },
    "young": {"facts": {"born": {"value": "2016-01-01"}}},
}


@cache
def make_people() -> list[SubjectState]:
    """Return the states of all decision cases that are about somebody, and a few people elsewhere."""
    states = dict.fromkeys(state_of(world) for world, _ in CASES.values())
    known = [state for state in states if state.asked and state.available]
    return [*known[::11], *(make_person(name) for name in SUBJECTS)]


def make_person(name: str) -> SubjectState:
    """Return the state of one of `SUBJECTS`."""
    return state_of(patched(BASE, {"subjects": {"p1": SUBJECTS[name]}}))


WIDE: World = patched(
    BASE,
    {
        "policy": {
            "controllers": {"swiss_brand": {"establishment": ["CH"]}},
            "jurisdictions": {"EEA": {"members": ["DE", "FR", "NO"]}, "CH": {}},
            "purposes": {"ads.measure": {"requires": ["ads.audience"]}},
            "rules": {
                "ads-eu": {"conditions": [], "age": None, "notice": {"oldest_version": 1}},
                "measure": {
                    "purposes": ["ads.measure"],
                    "jurisdictions": ["*"],
                    "basis": "legitimate_interest",
                    "assessment": "LIA-1",
                    "data_categories": ["contact.email"],
                    "transfer_countries": ["US", "EU"],
                },
                "service-eea": {
                    "purposes": ["service"],
                    "jurisdictions": ["EEA"],
                    "basis": "consent",
                    "data_categories": ["contact.email", "contact.phone"],
                    "transfer_countries": ["*"],
                },
                "service-us": {
                    "purposes": ["service", "storage"],
                    "jurisdictions": ["US"],
                    "basis": "opt_out",
                    "data_categories": ["contact.email", "contact.phone"],
                    "transfer_countries": ["*"],
                },
            },
            "destinations": {
                "mailer": {"purposes": ["ads.audience", "ads.measure", "service"]},
                "partner": {"purposes": ["ads.audience", "ads.measure"]},
                **{
                    twin: {
                        "role": "processor",
                        "country": "US",
                        "purposes": ["ads.audience", "service"],
                        "data_categories": ["contact.email"],
                    }
                    for twin in ("paused", "stranger", "twin")
                },
            },
        }
    },
)
EDITS: dict[str, World] = {
    "nothing": {},
    "a rule's basis": {"rules": {"ads-eu": {"basis": "opt_out"}}},
    "a rule's validity": {"rules": {"ads-eu": {"validity": "P1M"}}},
    "the basis of a required purpose's rule": {"rules": {"storage-eu": {"basis": "legitimate_interest"}}},
    "a rule goes": {"rules": {"storage-eu": None}},
    "a rule elsewhere": {
        "rules": {"cal": {"purposes": ["service"], "jurisdictions": ["US-CA"], "basis": "contract"}}
    },
    "a rule for everywhere": {
        "rules": {
            "all": {
                "purposes": ["ads.audience", "storage"],
                "jurisdictions": ["*"],
                "basis": "opt_out",
                "data_categories": ["contact.email"],
                "transfer_countries": ["*"],
            }
        }
    },
    "a rule for one controller only": {"rules": {"service-us": {"controllers": ["swiss_brand"]}}},
    "conditions": {
        "rules": {"ads-eu": {"conditions": [{"property": "resource.region", "operator": "eq", "value": "x"}]}}
    },
    "ages": {"rules": {"ads-eu": {"age": {"unknown": "deny", "bands": [{"under": 13, "effect": "barred"}]}}}},
    "transfer": {"rules": {"ads-eu": {"transfer_countries": ["DE"]}}},
    "a purpose is retired": {"purposes": {"ads.audience": {"status": "retired"}}},
    "a required purpose is retired": {"purposes": {"storage": {"status": "retired"}}},
    "a purpose goes": {"purposes": {"storage": None}},
    "a requirement goes": {"purposes": {"ads.audience": {"requires": []}}},
    "a requirement comes": {"purposes": {"service": {"requires": ["storage"]}}},
    "signals are not heeded": {"purposes": {"ads.audience": {"opt_out_signals": []}}},
    "signals are heeded": {"purposes": {"service": {"opt_out_signals": ["sale"]}}},
    "an establishment moves": {"controllers": {"acme": {"establishment": ["US"]}}},
    "an establishment goes": {"controllers": {"acme": {"establishment": []}}},
    "a controller comes": {"controllers": {"new_brand": {"establishment": ["FR"]}}},
    "a group shrinks": {"jurisdictions": {"EU": {"members": ["DE"]}}},
    "a group grows": {"jurisdictions": {"EU": {"members": ["DE", "FR", "US", "CH"]}}},
    "the groups' order turns": {"jurisdictions": {"EU": {"members": ["DE", "FR", "ES", "IT", "PT"]}}},
    "a destination is bound otherwise": {"destinations": {"mailer": {"role": "third_party"}}},
    "a destination moves": {"destinations": {"mailer": {"country": "CN"}}},
    "a destination gets more": {
        "destinations": {"mailer": {"data_categories": ["contact.email", "contact.phone"]}}
    },
    "a destination gets less to do": {"destinations": {"partner": {"purposes": ["ads.measure"]}}},
    "a destination goes": {"destinations": {"partner": None}},
    "what is registered": {"destinations": {"mailer": {"properties": {"resource.region": "x"}}}},
    "a notice names one more": {"notices": {"privacy": {"versions": {"1": {"recipients": ["partner"]}}}}},
    "a notice names one less": {"notices": {"privacy": {"versions": {"2": {"recipients": []}}}}},
    "a category becomes special": {"data_categories": {"contact.email": {"special": True}}},
    "the title": {"title": "Another"},
    "another purpose's rule": {"rules": {"service-eea": {"basis": "contract"}}},
    "what survives erasure": {
        "rules": {"service-eea": {"survives_erasure": True}, "service-us": {"survives_erasure": True}}
    },
    "obligations that cannot both be met": {
        "rules": {
            "measure": {"obligations": {"set": {"flag": "a"}}},
            "measure-de": {
                "purposes": ["ads.measure"],
                "jurisdictions": ["DE"],
                "basis": "legitimate_interest",
                "assessment": "LIA-1",
                "data_categories": ["contact.email"],
                "transfer_countries": ["US"],
                "obligations": {"set": {"flag": "b"}},
            },
        }
    },
    "it was tampered with": {"digest_matches": False},
    "it takes effect later": {"in_force_from": BASE["at"].replace(year=2027)},
}


@cache
def edited(*names: str) -> CompiledPolicy:
    """Return the wide policy with these edits."""
    policy: World = WIDE["policy"]
    for name in names:
        policy = patched(policy, EDITS[name])
    return policy_of({"policy": policy})


def list_pairs() -> Iterator[tuple[CompiledPolicy, CompiledPolicy]]:
    """Yield every edit of the wide policy, and some pairs of edits with each other."""
    yield from ((edited(), edited(name)) for name in EDITS)
    draws = random.Random(4)  # noqa: S311 - the same on each run
    for _ in range(10):
        yield edited(*draws.sample(sorted(EDITS), 2)), edited(*draws.sample(sorted(EDITS), 3))
    yield edited("conditions"), edited("conditions", "what is registered")
    yield NO_POLICY, edited()
    yield edited(), NO_POLICY


def ask_everything(
    before: CompiledPolicy, after: CompiledPolicy, people: Sequence[SubjectState]
) -> tuple[Figures, int, int]:
    """Return the figures without any pruning, and how many answers are allows before and after."""
    tally, allowed = Tally(), [0, 0]
    for person in people:
        changes = []
        for question in list_questions(before, after):
            was, becomes = (
                decide(policy, REGISTER, person, question, AT).reason for policy in (before, after)
            )
            allowed[0] += was in ALLOWING
            allowed[1] += becomes in ALLOWING
            if was is not becomes:
                places = find_situation(person, question.controller, AT).places
                place = places[0] if places else UNKNOWN_PLACE
                changes.append(Change(question=question, jurisdiction=place, before=was, after=becomes))
        tally.add(min(person.asked), changes)
    return tally.sum_up(QuestionCounts(asked=0, untouched=0, with_conditions=0)), allowed[0], allowed[1]


def without_counts(figures: Figures) -> Figures:
    return replace(figures, questions=QuestionCounts(asked=0, untouched=0, with_conditions=0))


def is_wrong_anywhere(asked: Sequence[tuple[Figures, int, int]]) -> bool:
    """Return whether a simulation of any pair does not come to what asking everything came to."""
    return any(
        without_counts(simulate(before, after, REGISTER, make_people(), AT)) != figures
        for (before, after), (figures, _, _) in zip(list_pairs(), asked, strict=True)
    )


@pytest.fixture(scope="module")
def asked() -> list[tuple[Figures, int, int]]:
    return [ask_everything(before, after, make_people()) for before, after in list_pairs()]


def test_asking_only_what_the_draft_reaches_gives_the_figures_of_asking_everything(
    asked: list[tuple[Figures, int, int]],
) -> None:
    assert not is_wrong_anywhere(asked)
    assert sum(bool(figures.touched.total) for figures, _, _ in asked) > len(EDITS)


def test_the_figures_add_up(asked: list[tuple[Figures, int, int]]) -> None:
    for figures, allowed_before, allowed_after in asked:
        touched = figures.touched
        assert allowed_after - allowed_before == touched.deny_to_allow - touched.allow_to_deny
        assert sum(figures.reasons.values()) == touched.total + figures.other_reason
        assert touched.people <= figures.people == len(make_people())
        for dimension in Dimension:
            shifts = figures.shifts[dimension].values()
            assert sum(shift.allow_to_deny for shift in shifts) == touched.allow_to_deny
            assert sum(shift.deny_to_allow for shift in shifts) == touched.deny_to_allow
            assert all(0 < shift.people <= touched.people for shift in shifts)


def test_every_edit_that_can_change_an_answer_does_so_for_somebody(
    asked: list[tuple[Figures, int, int]],
) -> None:
    silent = {name for name, (figures, _, _) in zip(EDITS, asked, strict=False) if not figures.reasons}

    assert silent == {"nothing", "the title", "the groups' order turns", "what is registered"}


@pytest.mark.parametrize(
    ("edit", "touched"),
    [
        ("nothing", 0),
        ("the title", 0),
        ("another purpose's rule", 12),  # four destinations, three controllers
        ("a requirement comes", 12),
        ("a notice names one more", 6),  # the partner's two purposes
        ("a rule for one controller only", 22),  # service, and all that needs storage, for the two others
    ],
)
def test_what_a_draft_cannot_reach_is_counted_as_untouched(edit: str, touched: int) -> None:
    figures = simulate(edited(), edited(edit), REGISTER, [], AT)

    assert figures.questions.asked - figures.questions.untouched == touched


def test_without_a_policy_in_force_everything_is_asked() -> None:
    figures = simulate(NO_POLICY, edited(), REGISTER, [], AT)

    assert figures.questions.asked
    assert figures.questions.untouched == 0


def test_rules_that_ask_for_properties_of_the_request_are_counted() -> None:
    figures = simulate(edited(), edited("conditions"), REGISTER, [], AT)

    assert figures.questions.with_conditions == 21  # ads.audience and what requires it are asked


def test_what_is_registered_of_a_destination_need_not_be_sent() -> None:
    registered = edited("conditions", "what is registered")
    figures = simulate(registered, edited("conditions", "what is registered", "ages"), REGISTER, [], AT)

    assert figures.questions.with_conditions == 15  # two purposes of the mailer's, three controllers


@pytest.fixture
def decisions(monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    """Return what simulations decide from now on, one by one."""
    found: list[Decision] = []

    def remember(*given: Any) -> Decision:
        found.append(decide(*given))
        return found[-1]

    monkeypatch.setattr(simulating, "decide", remember)
    return found


def test_people_that_the_draft_cannot_reach_are_asked_nothing(decisions: list[Decision]) -> None:
    simulate(edited(), edited("a rule elsewhere"), REGISTER, [make_person("german")], AT)
    assert not decisions
    simulate(edited(), edited("a rule elsewhere"), REGISTER, [make_person("californian")], AT)
    assert decisions


@pytest.mark.parametrize(
    ("name", "asked_about"),
    [
        ("german", ["mailer", "paused", "stranger"]),
        ("of one destination", ["mailer", "paused", "stranger", "twin"]),
    ],
)
def test_a_destination_like_another_is_asked_about_only_if_the_person_named_it(
    name: str, asked_about: list[str], decisions: list[Decision]
) -> None:
    simulate(edited(), edited("signals are heeded"), REGISTER, [make_person(name)], AT)

    assert sorted({decision.destination for decision in decisions}) == asked_about
    assert len(decisions) == 2 * 3 * len(asked_about)  # two policies, three controllers


def test_rules_that_cannot_bear_on_somebody_of_unknown_place_are_not_tried(decisions: list[Decision]) -> None:
    simulate(edited(), edited("a rule's basis"), REGISTER, [make_person("unplaced")], AT)

    assert {decision.purpose for decision in decisions} == set()


def test_the_sample_is_small_varied_and_of_one_change_a_person() -> None:
    people = make_people() * 3
    sample = simulate(edited(), edited("an establishment moves", "ages"), REGISTER, people, AT).sample

    pairs = [(one.before, one.after) for one in sample]
    assert 1 < len(sample) <= SAMPLE_SIZE
    assert all(pairs.count(pair) <= SAMPLED_ALIKE for pair in pairs)
    assert all((before in ALLOWING) is not (after in ALLOWING) for before, after in pairs)


def with_part(name: str, weaken: Callable[..., object]) -> Plant:
    """Let the part that `name` reads be what `weaken` makes of the policy's."""
    real = getattr(reach, name)
    return lambda patch: patch.setattr(reach, name, lambda *given: weaken(real, *given))


def blind_to(index: int) -> Callable[..., object]:
    """Leave out one element of what is compared about a destination."""

    def weaken(real: Callable[..., Any], *given: Any) -> object:
        part = real(*given)
        return part and part[:index] + part[index + 1 :]

    return weaken


def without_purposes(real: Callable[..., Any], *given: Any) -> object:
    part = real(*given)
    if isinstance(part, tuple):
        return ({slug: rules for slug, (_, rules) in part[0].items()}, *part[1:])
    return {slug: rules for slug, (_, rules) in part.items()}


def only_permission(
    real: Callable[..., Any], policy: CompiledPolicy, purpose: str, destination: str
) -> object:
    return real(policy, purpose, destination) is not None


def always_there(real: Callable[..., Any], policy: CompiledPolicy, purpose: str, destination: str) -> object:
    entry: DestinationPolicy | None = policy.destinations.get(destination)
    return real(policy, purpose, destination) or (entry and real(policy, min(entry.purposes), destination))


MUTANTS: dict[str, Plant] = {
    "what is required is not looked at": lambda p: p.setattr(
        reach, "closure_of", lambda _, purpose: frozenset({purpose})
    ),
    "what a requirement requires is not looked at": lambda p: p.setattr(
        reach,
        "closure_of",
        lambda policy, purpose: frozenset(
            {purpose, *(policy.purposes[purpose].requires if purpose in policy.purposes else ())}
        ),
    ),
    "the destination's country is not looked at": with_part("at_destination", blind_to(0)),
    "the destination's data are not looked at": lambda p: [
        with_part("at_destination", lambda real, *given: (part := real(*given)) and (part[0], *part[3:]))(p)
    ],
    "special categories are not looked at": with_part("at_destination", blind_to(2)),
    "the destination's role is not looked at": with_part(
        "at_destination", lambda real, *given: (part := real(*given)) and part[:3]
    ),
    "the notices' recipients are not looked at": with_part("at_destination", blind_to(4)),
    "what is registered is not looked at": with_part("at_destination", blind_to(5)),
    "only the permission is looked at": with_part("at_destination", only_permission),
    "the permission is not looked at": with_part("at_destination", always_there),
    "a purpose's own entry is not looked at": lambda p: [
        with_part(name, without_purposes)(p) for name in ("anywhere", "in_situation")
    ],
    "rules are not looked at": lambda p: p.setattr(reach, "_applicable", lambda *_: None),
    "rules are not looked at where nothing is known": lambda p: p.setattr(
        reach, "_applicable", lambda *given, real=reach._applicable: real(*given) if given[3].places else None
    ),
    "establishments are not looked at": with_part("anywhere", lambda real, *given: real(*given)[::2]),
    "establishments are not looked at for a person": lambda p: p.setattr(
        reach,
        "_applicable",
        lambda policy, *given, real=reach._applicable: real(replace(policy, establishments={}), *given),
    ),
    "groups are not looked at": with_part("anywhere", lambda real, *given: real(*given)[:2]),
    "groups are not looked at for a person": lambda p: p.setattr(
        reach,
        "_applicable",
        lambda policy, *given, real=reach._applicable: real(replace(policy, groups={}), *given),
    ),
    "nobody is erased or restricted": lambda p: p.setattr(
        simulating,
        "find_situation",
        lambda *given, real=simulating.find_situation: replace(real(*given), is_open=True),
    ),
    "a rule for everywhere is like any other": lambda p: p.setattr(reach, "EVERYWHERE", "nowhere"),
    "only the first place counts": lambda p: p.setattr(
        reach,
        "_applicable",
        lambda *given, real=reach._applicable: real(
            *given[:3], replace(given[3], places=given[3].places[:1])
        ),
    ),
    "destinations named in choices are like others": lambda p: p.setattr(
        simulating.Simulation,
        "_turn",
        lambda self, person, group, _, real=simulating.Simulation._turn: real(
            self, person, group, frozenset()
        ),
    ),
    "all destinations are alike": lambda p: p.setattr(
        reach.Likeness, "_tell_kind", lambda _, __, destination: destination == "partner"
    ),
    "the register is not looked at": lambda p: p.setattr(
        reach.Likeness,
        "_tell_kind",
        lambda self, *given: tuple(reach.at_destination(policy, *given) for policy in self._policies),
    ),
    "whether a policy holds is not looked at": lambda p: p.setattr(reach, "holds_at", lambda *_: True),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_reach_that_is_too_short_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[Figures, int, int]]
) -> None:
    MUTANTS[name](monkeypatch)

    assert is_wrong_anywhere(asked)
