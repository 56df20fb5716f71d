"""The starter packs: documents without faults, examples by their own words, complete in themselves."""

from copy import deepcopy
from typing import Any

import pytest

from consent.policies.document.codes import load_codes
from consent.policies.document.reading import read_yaml
from consent.policies.document.validation import validate
from consent.policies.document.writing import write_yaml
from consent.policies.packs import PackNotFound, list_packs, read_pack
from tests.pack_people import NAMES, read_document
from tests.policy_documents import Document, read_retailer

DOCUMENTS = {name: read_document(name) for name in NAMES}


def test_there_is_a_pack_for_each_kind_of_organisation() -> None:
    assert NAMES == ("health_app", "publisher", "retailer", "saas")


def test_packs_tell_what_they_are() -> None:
    packs = {pack.name: pack for pack in list_packs()}

    assert packs["retailer"].title == "Online shop (example)"
    assert packs["health_app"].summary.endswith("reminders to take medicines, and video consultations.")
    assert {pack.languages for pack in packs.values()} == {("de", "en", "fr", "pt")}


@pytest.mark.parametrize("name", ["bakery", "", "retailer.yaml", "../packs/retailer", "__init__"])
def test_a_pack_that_is_not_there_is_answered_with_those_that_are(name: str) -> None:
    with pytest.raises(PackNotFound, match="expected one of health_app, publisher, retailer, saas"):
        read_pack(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_has_no_faults(name: str) -> None:
    assert validate(DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_is_exported_without_a_letter_lost(name: str) -> None:
    assert read_yaml(write_yaml(DOCUMENTS[name])) == DOCUMENTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_says_that_it_is_an_example(name: str) -> None:
    head = " ".join(read_pack(name).partition("\nschema:")[0].replace("#", " ").split())

    assert DOCUMENTS[name]["title"].endswith("(example)")
    assert "An example, and not legal advice." in head
    assert "Change first:" in head
    assert all("Example" in entry["title"] for entry in DOCUMENTS[name]["controllers"].values())


def test_no_pack_takes_the_key_of_another_or_of_the_demo() -> None:
    keys = [document["policy"] for document in (*DOCUMENTS.values(), read_retailer())]

    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_reaches_europe_both_americas_and_all_members_of_the_union(name: str) -> None:
    jurisdictions = DOCUMENTS[name]["jurisdictions"]

    assert {"EU", "GB", "US-CA", "BR"} <= set(jurisdictions)
    assert len([code for code in jurisdictions if code.startswith("US-")]) >= 2
    assert {"CH", "CA"} & set(jurisdictions)
    assert set(jurisdictions["EU"]["members"]) == load_codes().groups["EU"]


def find_loose_ends(document: Document) -> list[str]:
    """Return what is declared and used nowhere, and purposes that are neither ruled nor a group."""
    ruled = {purpose for rule in document["rules"] for purpose in rule["purposes"]}
    told = {
        purpose
        for notice in document["notices"].values()
        for version in notice["versions"].values()
        for purpose in version["purposes"]
    }
    found = [
        f"{purpose}: no rule" for purpose in document["purposes"] if not _is_settled(document, purpose, ruled)
    ]
    found += [f"{purpose}: in no notice" for purpose in sorted(ruled - told)]
    used = {category for entry in document["destinations"].values() for category in entry["data_categories"]}
    needed = {category for entry in document["purposes"].values() for category in entry["data_categories"]}
    found += [
        f"{category}: no use" for category in document["data_categories"] if category not in used | needed
    ]
    named = {code for rule in document["rules"] for code in rule["jurisdictions"]}
    return found + [f"{code}: in no rule" for code in document["jurisdictions"] if code not in named]


def _is_settled(document: Document, purpose: str, ruled: set[str]) -> bool:
    is_group = any(other.startswith(f"{purpose}.") for other in document["purposes"])
    empty = not document["purposes"][purpose]["data_categories"]
    return (is_group and empty) != (purpose in ruled)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_pack_is_left_over(name: str) -> None:
    assert find_loose_ends(DOCUMENTS[name]) == []


def test_loose_ends_are_found() -> None:
    spoilt = deepcopy(DOCUMENTS["saas"])
    spoilt["jurisdictions"]["JP"] = {"title": "Japan"}
    spoilt["data_categories"]["shoe.size"] = {"title": "Shoe size", "data_category": "user"}
    del spoilt["rules"][0]

    assert find_loose_ends(spoilt) == [
        "service.account: no rule",
        "service.support: no rule",
        "shoe.size: no use",
        "JP: in no rule",
    ]


def find_lax_rules(document: Document) -> list[str]:
    """Return what common practice would not let pass, by rule."""
    return [f"{rule['id']}: {fault}" for rule in document["rules"] for fault in _laxities(document, rule)]


def _laxities(document: Document, rule: dict[str, Any]) -> list[str]:
    bands = rule.get("age", {}).get("bands", [])
    oldest = max((band["under"] for band in bands), default=0)
    age = 16 if {"EU", "CH", "BR", "CA"} & set(rule["jurisdictions"]) else 13
    advertises = any(document["purposes"][purpose].get("opt_out_signals") for purpose in rule["purposes"])
    months = rule.get("validity", "none")
    checks = {
        "no age": rule["basis"] == "consent" and oldest < age,
        "no end": rule["basis"] == "consent" and months not in {"P12M", "P13M", "P24M"},
        "no notice": rule["basis"] == "consent" and "notice" not in rule,
        "several ends": rule["basis"] == "consent" and len(rule["purposes"]) > 1,
        "opt-out outside the United States": rule["basis"] == "opt_out"
        and any(not code.startswith("US") for code in rule["jurisdictions"]),
        "signal": "gpc" not in rule.get("signals", ["gpc"]),
        "advertising to the young": advertises and "US-CA" not in rule["jurisdictions"] and oldest < 16,
    }
    return [fault for fault, found in checks.items() if found]


@pytest.mark.parametrize("name", NAMES)
def test_no_rule_is_laxer_than_common_practice(name: str) -> None:
    assert find_lax_rules(DOCUMENTS[name]) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"age": {"unknown": "accept", "bands": [{"under": 13, "effect": "guardian"}]}}, "no age"),
        ({"validity": "P60M"}, "no end"),
        ({"notice": None}, "no notice"),
        ({"purposes": ["marketing.sms", "analytics.measurement"]}, "several ends"),
        ({"basis": "opt_out"}, "opt-out outside the United States"),
        ({"signals": []}, "signal"),
    ],
    ids=str,
)
def test_a_laxer_rule_is_found(change: dict[str, Any], fault: str) -> None:
    spoilt = deepcopy(DOCUMENTS["retailer"])
    rule = next(rule for rule in spoilt["rules"] if rule["id"] == "sms-consent")
    changed = {name: value for name, value in {**rule, **change}.items() if value is not None}
    spoilt["rules"] = [changed]

    assert find_lax_rules(spoilt) == [f"sms-consent: {fault}"]


def test_special_categories_rest_on_consent_or_on_a_named_condition() -> None:
    document = DOCUMENTS["health_app"]
    special = {slug for slug, entry in document["data_categories"].items() if entry.get("special")}
    rules = [rule for rule in document["rules"] if special & set(rule["data_categories"])]

    assert len(special) == 4
    assert len(rules) >= 10
    assert all(rule["basis"] == "consent" or rule.get("special_condition") for rule in rules)
