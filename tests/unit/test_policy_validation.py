"""Every kind of fault of a policy document: where it is reported, and in which words."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from consent.policies.document.paths import path_text
from consent.policies.document.schema import load_schema
from consent.policies.document.validation import validate
from tests.policy_documents import Document, make_document, read_retailer, remove, spoil

RULE = {
    "id": "more",
    "purposes": ["service.orders"],
    "jurisdictions": ["GB"],
    "basis": "contract",
    "data_categories": ["contact.email"],
    "transfer_countries": ["*"],
}


def rule(**changes: object) -> Document:
    """Return the small document with a third rule that differs from `RULE` by `changes`."""
    document = make_document()
    document["rules"].append({**RULE, **changes})
    return document


def paths(document: object) -> list[str]:
    return [fault.path for fault in validate(document)]


def test_a_document_that_uses_every_section_has_no_faults() -> None:
    assert validate(make_document()) == []


def test_the_schema_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(load_schema())


def test_every_object_of_the_schema_says_what_its_fields_may_be() -> None:
    def objects(node: object) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for member in node.values():
                yield from objects(member)
        elif isinstance(node, list):
            for member in node:
                yield from objects(member)

    for node in objects(load_schema()):
        fixed = node.get("additionalProperties") is False and "properties" in node
        named = "propertyNames" in node and isinstance(node["additionalProperties"], dict)
        assert fixed or named, node


FAULTS = yaml.safe_load((Path(__file__).parent / "policy_faults.yaml").read_text(encoding="utf-8"))


def spoilt(case: dict[str, Any]) -> Document:
    document = rule(**case["rule"]) if "rule" in case else make_document()
    if "put" in case:
        document = spoil(document, *case["put"], value=case["value"])
    return remove(document, *case["remove"]) if "remove" in case else document


@pytest.mark.parametrize("case", FAULTS, ids=[case["fault"] for case in FAULTS])
def test_a_fault_is_reported_where_it_is_and_in_plain_words(case: dict[str, Any]) -> None:
    messages = {fault.path: fault.message for fault in validate(spoilt(case))}

    assert list(messages) == [case["path"]]
    assert case["words"] in messages[case["path"]]


@pytest.mark.parametrize(
    "basis", ["legitimate_interest", "legal_obligation", "public_task", "strictly_necessary"]
)
def test_a_basis_that_is_assessed_names_its_assessment(basis: str) -> None:
    assert paths(rule(basis=basis)) == ["rules[2].assessment"]
    assert paths(rule(basis=basis, assessment="LIA-1")) == []


def test_a_rule_that_asks_the_young_for_consent_may_say_on_what_terms() -> None:
    age = {"unknown": "accept", "bands": [{"under": 16, "effect": "own_consent"}]}

    assert paths(rule(basis="opt_out", age=age, validity="P1Y")) == []


def test_a_rule_that_only_bars_the_young_asks_nobody_for_consent() -> None:
    age = {"unknown": "accept", "bands": [{"under": 16, "effect": "barred"}]}

    assert paths(rule(basis="opt_out", age=age, validity="P1Y")) == ["rules[2].validity"]


def test_a_purpose_may_stand_without_its_ancestors() -> None:
    document = make_document()

    assert "marketing" not in document["purposes"]
    assert validate(document) == []


def test_rules_of_different_controllers_may_speak_to_the_same_purpose() -> None:
    document = rule(controllers=["kiosk"], jurisdictions=["GB"])
    document["rules"].append({**RULE, "id": "again", "controllers": ["shop"], "jurisdictions": ["GB"]})

    assert validate(document) == []


def test_two_circles_are_two_faults() -> None:
    document = make_document()
    first = document["purposes"]["service.orders"]
    for left, right in (("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")):
        document["purposes"][left] = {**first, "requires": [right]}

    assert paths(document) == ["purposes.a.requires[0]", "purposes.c.requires[0]"]


def test_all_faults_are_reported_at_once_in_the_order_of_their_paths() -> None:
    document = make_document()
    document["colour"] = "red"
    document["purposes"]["service.orders"]["requires"] = ["marketing.email"]
    document["jurisdictions"]["UK"] = {"title": "X"}
    document["rules"][0]["validity"] = "P0D"
    document["rules"][1]["purposes"] = ["x", 3]
    document["destinations"]["ads"]["purposes"] = []
    del document["rules"][0]["basis"]

    assert paths(document) == [
        "colour",
        "destinations.ads.purposes",
        "jurisdictions.UK",
        'purposes["marketing.email"].requires[0]',
        "rules[0].basis",
        "rules[0].validity",
        "rules[1].purposes[0]",
        "rules[1].purposes[1]",
    ]


def test_faults_of_list_items_are_in_the_order_of_the_list() -> None:
    document = make_document()
    document["rules"] = [{"id": f"r{number}"} for number in range(11)]

    found = [path for path in paths(document) if path.endswith(".basis")]

    assert found == [f"rules[{number}].basis" for number in range(11)]


@pytest.mark.parametrize("document", [None, [], "text", 7, {}])
def test_what_is_no_document_has_faults(document: object) -> None:
    assert validate(document)


def mappings(value: object, parts: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every mapping in `value`."""
    if isinstance(value, dict):
        yield parts
        for name, member in value.items():
            yield from mappings(member, (*parts, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from mappings(member, (*parts, index))


@pytest.mark.parametrize("make", [make_document, read_retailer])
def test_an_unknown_field_is_refused_wherever_it_stands(make: Any) -> None:
    document = make()
    places = list(mappings(document))

    assert len(places) > 20
    for parts in places:
        where = (*parts, "zz_unknown")
        assert set(paths(spoil(document, *where, value=True))) == {path_text(where)}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: object, parts: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of everything in `value`."""
    yield parts
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, member in members:
        yield from places(member, (*parts, name))


PLACES = [parts for parts in places(make_document()) if parts]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JSON_VALUES), min_size=1, max_size=4))
def test_whatever_stands_wherever_the_answer_is_a_list_of_faults(changes: list[tuple[Any, Any]]) -> None:
    document: Any = make_document()
    for parts, value in changes:
        place = document
        try:
            for step in parts[:-1]:
                place = place[step]
            place[parts[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change has removed the place

    for fault in validate(document):
        assert fault.path
        assert fault.message
        assert "\n" not in fault.message
