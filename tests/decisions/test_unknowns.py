"""No unknown ever yields an allow: every combination of known and unknown parts of a small world."""

from itertools import product
from typing import Any

import pytest

from activation.decisions.reasons import Effect
from tests.decisions.world import BASE, World, answer, patched

# Each part of the world with its known values and its unknown ones. An unknown is something missing,
# unreadable, unregistered, undeclared or too old: whatever leaves the answer to a guess.
KNOWN: dict[str, list[Any]] = {
    "purpose": [{}],
    "destination": [{}],
    "store": [{}],
    "identity": [{}],
    "policy": [{}],  # the last of its group, as it may take away what the others change
    "jurisdiction": [{}, {"ask": {"jurisdiction_hint": "DE"}}],
    "controller": [{}],
    "age": [{"policy": {"rules": {"ads-eu": {"age": {"unknown": "deny"}}}}}],
    "property": [{}],
    "choice": [{}],
}
UNKNOWN: dict[str, list[Any]] = {
    "policy": [{"policy": None}, {"policy": {"digest_matches": False}}],
    "purpose": [{"ask": {"purpose": "ads.undeclared"}}],
    "destination": [
        {"register": {"partner": None}},
        {"policy": {"destinations": {"partner": None}}},
        {"ask": {"destination": "nobody"}},
    ],
    "store": [
        {"store": {"available": False}},
        {"store": {"complete_at": None}, "ask": {"max_staleness_seconds": 30}},
        {"ask": {"at_least": {"subject": "p1", "version": 99}}},
    ],
    "identity": [
        {"identifiers_lead_to": [], "subjects": {"p1": None}},
        {"identifiers_lead_to": ["p1", "p2"], "subjects": {"p2": {}}},
        {"identifiers_lead_to": ["p9"]},
    ],
    "jurisdiction": [
        {"subjects": {"p1": {"facts": {"lives": None}}}},
        {"ask": {"jurisdiction_hint": "ZZ"}},
    ],
    "controller": [{"ask": {"controller": "stranger"}}],
    "age": [
        {
            "policy": {"rules": {"ads-eu": {"age": {"unknown": "deny"}}}},
            "subjects": {"p1": {"facts": {"born": None}}},
        }
    ],
    "property": [
        {"ask": {"properties": {"resource.region": None}}},
        {"ask": {"properties": {"resource.region": 1}}},
    ],
    "choice": [
        {"subjects": {"p1": {"choices": {"grant": None}}}},
        {"subjects": {"p1": {"choices": {"grant": {"choice": "shown"}}}}},
        {"subjects": {"p1": {"choices": {"grant": {"choice": "confirmed", "refers_to": "lost"}}}}},
        {"subjects": {"p1": {"choices": {"grant": {"controller": None}}}}},
        {"subjects": {"p1": {"choices": {"grant": {"notice": None, "notice_version": None}}}}},
    ],
}
PARTS = list(KNOWN)
LAID_ON = {
    part: [(True, patch) for patch in KNOWN[part]] + [(False, patch) for patch in UNKNOWN[part]]
    for part in PARTS
}


def worlds_about(base: World, parts: list[str]) -> list[tuple[bool, World]]:
    """Return every combination over `parts`, each with whether all of it is known."""
    found = []
    for combination in product(*(LAID_ON[part] for part in parts)):
        world = base
        for _, patch in combination:
            world = patched(world, patch)
        found.append((all(known for known, _ in combination), world))
    return found


def wrong_allows(worlds: list[tuple[bool, World]]) -> list[World]:
    """Return the worlds in which something is unknown and the answer is an allow all the same."""
    return [world for known, world in worlds if not known and answer(world).effect is Effect.ALLOW]


def test_all_known_is_an_allow() -> None:
    known = [world for is_known, world in worlds_about(BASE, PARTS[5:]) if is_known]

    assert known
    assert all(answer(world).effect is Effect.ALLOW for world in known)


@pytest.mark.parametrize("basis", ["consent", "opt_out", "legitimate_interest"])
def test_no_unknown_about_policy_purpose_destination_store_or_person_is_an_allow(basis: str) -> None:
    base = patched(BASE, {"policy": {"rules": {"ads-eu": {"basis": basis, "assessment": "LIA-1"}}}})

    assert not wrong_allows(worlds_about(base, PARTS[:5]))


@pytest.mark.parametrize("identity", LAID_ON["identity"], ids=str)
def test_no_unknown_about_the_person_their_choice_or_the_request_is_an_allow(
    identity: tuple[bool, Any],
) -> None:
    known, patch = identity
    worlds = [(known and rest, patched(world, patch)) for rest, world in worlds_about(BASE, PARTS[5:])]

    assert not wrong_allows(worlds)
