"""Every question resolves, to rules or to a named denial; and the engine decides just so."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, combinations
from typing import Any

import pytest

from activation.decisions import conditions, gates, policy_rows, resolution, rule_gates
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.reasons import Effect, Reason
from tests.decisions.places import (
    CODES,
    Asked,
    decide_willing,
    find_disagreement,
    list_questions,
    resolution_of,
)
from tests.decisions.world import BASE, patched, policy_of
from tests.demo_world import make_policy

RETAILER = replace(make_policy(), in_force_from=BASE["policy"]["in_force_from"])
PLACES = ["US-CA", "US", "DE", "EU", "EEA", "*"]
"""Each with a rule of its own, called by its name."""
SPECIFIC_FIRST = {
    "US-CA": ["US-CA", "US", "*"],
    "US-TX": ["US", "*"],
    "US": ["US", "*"],
    "DE": ["DE", "EU", "EEA", "*"],
    "DE-BY": ["DE", "EU", "EEA", "*"],
    "FR": ["EU", "EEA", "*"],
    "NO": ["EEA", "*"],
    "EU": ["EU", "*"],
    "EEA": ["EEA", "*"],
    "JP": ["*"],
    "ZZ": ["*"],
}
SUBSETS = list(chain.from_iterable(combinations(PLACES, size) for size in range(len(PLACES) + 1)))

_LEVEL = {"property": "resource.level", "operator": "gt", "value": 1}
# Changes to the base world, each of which the policy alone answers for somebody.
VARIANTS: dict[str, Any] = {
    "as it is": {},
    "another text": {"digest_matches": False},
    "retired": {"purposes": {"ads.audience": {"status": "retired"}}},
    "a required purpose is retired": {"purposes": {"storage": {"status": "retired"}}},
    "a required purpose is not declared": {"purposes": {"ads.audience": {"requires": ["nobody"]}}},
    "purposes require each other": {"purposes": {"storage": {"requires": ["ads.audience"]}}},
    "a required purpose has no rule": {"rules": {"storage-eu": {"jurisdictions": ["US"]}}},
    "only a required purpose has a rule everywhere": {"rules": {"storage-eu": {"jurisdictions": ["*"]}}},
    "only the purpose has a rule everywhere": {"rules": {"ads-eu": {"jurisdictions": ["*", "EU"]}}},
    "both have a rule everywhere": {
        "rules": {"ads-eu": {"jurisdictions": ["*"]}, "storage-eu": {"jurisdictions": ["*"]}}
    },
    "no transfer": {"rules": {"ads-eu": {"transfer_countries": ["EU"]}}},
    "a category too many": {"destinations": {"partner": {"data_categories": ["contact.phone"]}}},
    "special, by consent": {
        "data_categories": {"contact.email": {"special": True}},
    },
    "special, by another basis": {
        "data_categories": {"contact.email": {"special": True}},
        "rules": {"ads-eu": {"basis": "contract", "age": None}},
    },
    "special, on a condition": {
        "data_categories": {"contact.email": {"special": True}},
        "rules": {"ads-eu": {"basis": "contract", "age": None, "special_condition": "Art. 9(2)(h)"}},
    },
    "registered, and meets the condition": {
        "destinations": {"partner": {"properties": {"resource.region": "west"}}}
    },
    "registered, and does not": {"destinations": {"partner": {"properties": {"resource.region": "east"}}}},
    "registered, and a required purpose asks": {
        "destinations": {"partner": {"properties": {"resource.level": 1}}},
        "rules": {"storage-eu": {"conditions": [_LEVEL]}},
    },
    "rules that cannot be met together": {
        "rules": {
            "ads-eu": {"jurisdictions": ["DE"], "obligations": {"set": {"flag": "a"}}},
            "ads-rest": {
                "purposes": ["ads.audience"],
                "jurisdictions": ["*"],
                "basis": "opt_out",
                "data_categories": ["contact.email"],
                "transfer_countries": ["*"],
                "obligations": {"set": {"flag": "b"}},
            },
            "storage-eu": {"jurisdictions": ["*"]},
        }
    },
}
FEW_CODES = ["DE", "FR", "US-CA", "JP", None]


def variant(name: str) -> CompiledPolicy:
    return policy_of(patched(BASE, {"policy": VARIANTS[name]}))


def ruled_in(places: tuple[str, ...]) -> CompiledPolicy:
    """Return a policy with one rule for each of `places`, and a group within a group."""
    rules = {
        code: {
            "purposes": ["service"],
            "jurisdictions": [code],
            "basis": "opt_out",
            "data_categories": ["contact.email"],
            "transfer_countries": ["*"],
        }
        for code in places
    }
    nobody = dict.fromkeys(BASE["policy"]["rules"])
    changes = {
        "controllers": {"acme": {"establishment": []}, "other_brand": None},
        "jurisdictions": {"EEA": {"members": ["DE", "FR", "NO"]}},
        "destinations": {"partner": {"purposes": ["service"]}},
        "rules": nobody | rules,
    }
    return policy_of(patched(BASE, {"policy": changes}))


def find_wrong_places(subsets: list[tuple[str, ...]]) -> list[tuple[object, ...]]:
    """Return where another rule was found than the most specific one there is."""
    wrong: list[tuple[object, ...]] = []
    for places in subsets:
        policy = ruled_in(places)
        for code, order in SPECIFIC_FIRST.items():
            asked = Asked(purpose="service", controller="acme", jurisdiction=code, destination="partner")
            rule = resolution_of(policy, asked).rule
            expected = next((one for one in order if one in places), None)
            if (rule.rule_id if rule else None) != expected:
                wrong.append((places, code, rule, expected))
    return wrong


def find_disagreements(policy: CompiledPolicy, codes: list[str | None]) -> list[str]:
    found = (find_disagreement(policy, asked) for asked in list_questions(policy, codes))
    return [disagreement for disagreement in found if disagreement]


def test_every_question_of_the_retailer_resolves_to_rules_or_to_a_named_denial() -> None:
    for asked in list_questions(RETAILER, CODES):
        found = resolution_of(RETAILER, asked)
        ruled = bool(found.rules) and all(one.rule for one in found.rules)
        assert isinstance(found.reason, Reason) or (ruled and found.rule), asked


def test_the_engine_decides_every_question_of_the_retailer_as_it_resolves() -> None:
    assert find_disagreements(RETAILER, CODES) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_the_engine_decides_as_the_policy_resolves(name: str) -> None:
    assert find_disagreements(variant(name), FEW_CODES) == []


def test_a_question_about_no_policy_and_an_unknown_controller_resolves() -> None:
    asked = Asked(purpose="ads.audience", controller="stranger", jurisdiction="FR", destination="partner")

    assert resolution_of(policy_of({"policy": None}), asked).reason is Reason.POLICY_UNAVAILABLE
    assert resolution_of(variant("as it is"), asked).reason is Reason.REQUIRED_PURPOSE_DENIED


def test_the_most_specific_rule_there_is_speaks() -> None:
    assert find_wrong_places(SUBSETS) == []


def test_all_that_the_policy_denies_for_is_told_in_the_order_of_the_table() -> None:
    changes = {"status": "retired", "requires": ["nobody"]}
    world = patched(BASE, {"policy": {"purposes": {"ads.audience": changes}}})
    asked = Asked(purpose="ads.audience", controller="acme", jurisdiction="JP", destination="nobody")

    assert [denial.reason for denial in resolution_of(policy_of(world), asked).denials] == [
        Reason.PURPOSE_INACTIVE,
        Reason.REQUIRED_PURPOSE_DENIED,
        Reason.DESTINATION_NOT_PERMITTED,
        Reason.NO_RULE,
    ]


def chained(order: Callable[[CompiledPolicy, str, str], tuple[str, ...]]) -> Callable[..., tuple[str, ...]]:
    return lambda policy, code: order(policy, code, code.partition("-")[0])


ORDERS: dict[str, Callable[[CompiledPolicy, str, str], tuple[str, ...]]] = {
    "the country before its state": lambda p, code, of: (of, code, *p.groups.get(of, ()), "*"),
    "the group before the country": lambda p, code, of: (
        (code, *p.groups.get(of, ()), of, "*") if code != of else (*p.groups.get(of, ()), of, "*")
    ),
    "everywhere before the group": lambda p, code, of: (code, of, "*", *p.groups.get(of, ())),
    "no groups": lambda _, code, of: (code, of, "*"),
    "nothing for everywhere": lambda p, code, of: (code, of, *p.groups.get(of, ())),
    "the larger group first": lambda p, code, of: (code, of, *reversed(p.groups.get(of, ())), "*"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_wrong_order_of_places_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompiledPolicy, "chain", chained(ORDERS[name]))

    assert find_wrong_places(SUBSETS)


def ignoring(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, lambda *_, **__: value)


# In `resolve` alone or in the engine alone: then they part. Where both ask the same function, the cases bite.
MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "permission is ignored": ignoring(resolution, "deny_destination", None),
    "permission is ignored by the engine": ignoring(gates, "deny_destination", None),
    "retirement is ignored": ignoring(resolution, "deny_purpose", None),
    "transfers are ignored": ignoring(resolution, "permits_transfer", True),
    "transfers are ignored by the engine": ignoring(rule_gates, "permits_transfer", True),
    "categories are ignored": ignoring(resolution, "permits_categories", True),
    "special categories are ordinary": ignoring(resolution, "_may_hold_special", True),
    "special categories are never permitted": ignoring(resolution, "_may_hold_special", False),
    "what is registered is ignored": ignoring(resolution, "find_refuted", ()),
    "what is registered is ignored by the engine": lambda patch: patch.setattr(
        rule_gates, "is_met", lambda condition, sent, _: conditions.is_met(condition, sent)
    ),
    "required purposes are ignored": ignoring(resolution, "first_denied", None),
    "a person of nowhere is anywhere": ignoring(resolution, "can_resolve", True),
    "the establishment is not looked at": lambda patch: patch.setattr(
        resolution,
        "applicable_rules",
        lambda policy, *asked, real=policy_rows.applicable_rules: real(
            replace(policy, establishments={}), *asked
        ),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_bug_in_what_the_policy_alone_says_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)

    assert any(find_disagreements(variant(case), FEW_CODES) for case in VARIANTS)


def requiring(purposes: dict[str, list[str]]) -> CompiledPolicy:
    """Return a policy of purposes that require each other so, each with one rule for everywhere."""
    rule = {
        "purposes": list(purposes),
        "jurisdictions": ["*"],
        "basis": "opt_out",
        "data_categories": ["contact.email"],
        "transfer_countries": ["*"],
    }
    changes = {
        "purposes": {slug: {"requires": required} for slug, required in purposes.items()},
        "destinations": {"partner": {"purposes": list(purposes)}},
        "rules": {"storage-eu": None, "ads-eu": None, "all": rule},
    }
    return policy_of(patched(BASE, {"policy": changes}))


DEEP = {f"step_{number}": [f"step_{number + 1}"] for number in range(500)} | {"step_500": []}
WIDE = {
    f"step_{layer}{side}": [f"step_{layer + 1}{other}" for other in "ab" if layer < 60]
    for layer in range(61)
    for side in "ab"
}
"""The ways through it are more than can be walked."""


@pytest.mark.parametrize(("purposes", "first"), [(DEEP, "step_0"), (WIDE, "step_0a")], ids=["deep", "wide"])
def test_however_purposes_require_each_other_the_question_is_decided(
    purposes: dict[str, list[str]], first: str
) -> None:
    policy = requiring(purposes)
    asked = Asked(purpose=first, controller="acme", jurisdiction="FR", destination="partner")

    assert resolution_of(policy, asked).rule
    assert decide_willing(policy, asked).effect is Effect.ALLOW
