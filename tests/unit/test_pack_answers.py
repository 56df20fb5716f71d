"""What starter packs answer: telling questions, and what holds for every rule of each."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from activation.decisions.reasons import Effect
from activation.decisions.types import Decision, Question
from consent.records.types import ChoiceRecord
from consent.subjects.types import Fact
from tests.pack_people import (
    APRIL_1,
    NAMES,
    ask,
    born,
    compile_document,
    make_choices,
    make_facts,
    read_document,
)
from tests.policy_documents import Document

Example = dict[str, Any]
EXAMPLES: dict[str, list[Example]] = yaml.safe_load(
    Path(__file__).with_name("pack_answers.yaml").read_text(encoding="utf-8")
)
DOCUMENTS = {name: read_document(name) for name in NAMES}
NO_RULE_ON_PURPOSE = {("health_app", "marketing.advertising", code) for code in ("US-CA", "US-CO", "US-WA")}
SOMEWHERE_IN = {"EU": "FR", "*": "JP"}
"""Where a person lives for whom the group's rules, or those for everywhere, speak."""


def controller_of(document: Document, example: Example) -> str:
    return str(example.get("controller", next(iter(document["controllers"]))))


def answer(document: Document, example: Example) -> Decision:
    controller = controller_of(document, example)
    facts = dict(example.get("facts", {}))
    if "lives" in example:
        facts["residence"] = example["lives"]
    if "age" in example:
        facts["born_on"] = born(example["age"])
    marks = {mark: True for mark in ("explicit", "by_guardian") if example.get(mark)}
    choices = make_choices(
        document, controller, example.get("said", {}), at=example.get("chosen_on", APRIL_1), **marks
    )
    question = Question(controller=controller, properties=example.get("properties", {}), **example["ask"])
    policy, erased = compile_document(document), example.get("erased", False)
    return ask(policy, question, make_facts(**facts), choices, erased=erased)


def find_differences(document: Document, example: Example) -> dict[str, Any]:
    """Return what the answer to `example` has instead of what is expected."""
    decision = answer(document, example)
    found = asdict(decision) | {
        "obligations": [" ".join(filter(None, asdict(duty).values())) for duty in decision.obligations]
    }
    return {field: found[field] for field, value in example["expect"].items() if found[field] != value}


@pytest.mark.parametrize(
    ("name", "example"),
    [(name, example) for name in NAMES for example in EXAMPLES[name]],
    ids=lambda value: value if isinstance(value, str) else value["name"],
)
def test_the_pack_answers_as_the_example_says(name: str, example: Example) -> None:
    assert not find_differences(DOCUMENTS[name], example)


@pytest.mark.parametrize("name", NAMES)
def test_there_are_a_dozen_examples_that_ask_for_what_the_pack_has(name: str) -> None:
    asked = {(example["ask"]["purpose"], example["ask"]["destination"]) for example in EXAMPLES[name]}
    destinations = DOCUMENTS[name]["destinations"]

    assert len(EXAMPLES[name]) >= 12
    assert all(purpose in destinations[slug]["purposes"] for purpose, slug in asked)
    assert {example["expect"]["effect"] for example in EXAMPLES[name]} == {"allow", "deny"}


def list_rules(document: Document) -> Iterator[tuple[Document, str, str, str]]:
    """Yield each rule with each purpose, jurisdiction and destination that it may speak to."""
    for rule in document["rules"]:
        for purpose in rule["purposes"]:
            for code in rule["jurisdictions"]:
                for slug, destination in document["destinations"].items():
                    if purpose in destination["purposes"]:
                        yield rule, purpose, code, slug


def facts_of_a_customer(code: str) -> tuple[Fact, ...]:
    return make_facts(
        residence=SOMEWHERE_IN.get(code, code),
        born_on=born(40),
        contract_active="yes",
        soft_opt_in="yes",
        vital_interest="yes",
    )


def yes_to_all(document: Document, controller: str) -> tuple[ChoiceRecord, ...]:
    versions = [version for notice in document["notices"].values() for version in notice["versions"].values()]
    told = {purpose: "confirmed" for version in versions for purpose in version["purposes"]}
    return make_choices(document, controller, told, explicit=True)


def make_question(purpose: str, destination: str, controller: str) -> Question:
    properties = {"resource.workspace_allows_training": True}
    return Question(purpose=purpose, destination=destination, controller=controller, properties=properties)


def find_unreachable(document: Document) -> Iterator[str]:
    """Yield each rule that allows nobody somewhere it holds, not even an adult who agreed to everything."""
    policy = compile_document(document)
    for rule, purpose, code, slug in list_rules(document):
        answers = [
            ask(
                policy,
                make_question(purpose, slug, controller),
                facts_of_a_customer(code),
                yes_to_all(document, controller),
            )
            for controller in document["controllers"]
        ]
        if not any(answer.effect is Effect.ALLOW for answer in answers):
            reasons = {str(answer.reason) for answer in answers}
            yield f"{rule['id']} in {code} for {purpose} at {slug}: {reasons}"


def find_assumed(document: Document) -> Iterator[str]:
    """Yield each rule on consent under which somebody who said nothing is allowed."""
    policy = compile_document(document)
    for rule, purpose, code, slug in list_rules(document):
        if rule["basis"] != "consent":
            continue
        for controller in document["controllers"]:
            question = make_question(purpose, slug, controller)
            if ask(policy, question, facts_of_a_customer(code), ()).effect is Effect.ALLOW:
                yield f"{rule['id']} in {code} for {controller}"


def find_ignored(document: Document) -> Iterator[str]:
    """Yield each purpose of advertising that a Global Privacy Control does not end somewhere."""
    policy = compile_document(document)
    for _, purpose, code, slug in list_rules(document):
        if not document["purposes"][purpose].get("opt_out_signals"):
            continue
        for controller in document["controllers"]:
            said = {**dict.fromkeys([purpose], "granted"), "*": "opt_out_signal"}
            choices = make_choices(document, controller, said, explicit=True)
            question = make_question(purpose, slug, controller)
            if ask(policy, question, facts_of_a_customer(code), choices).effect is Effect.ALLOW:
                yield f"{purpose} in {code} for {controller}"


def find_unruled(name: str, document: Document) -> Iterator[str]:
    """Yield each purpose that no rule speaks of in a jurisdiction that the pack declares."""
    compiled = compile_document(document)
    groups = {purpose for purpose, entry in document["purposes"].items() if not entry["data_categories"]}
    for purpose in document["purposes"].keys() - groups:
        for code in document["jurisdictions"]:
            for controller in document["controllers"]:
                chain = compiled.chain(SOMEWHERE_IN.get(code, code))
                ruled = set(chain) & compiled.rules_for(purpose, controller).keys()
                if not ruled and (name, purpose, code) not in NO_RULE_ON_PURPOSE:
                    yield f"{purpose} in {code} for {controller}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", [find_unreachable, find_assumed, find_ignored])
def test_every_rule_does_what_it_is_there_for(name: str, check: Any) -> None:
    assert list(check(DOCUMENTS[name])) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_purpose_has_a_rule_wherever_the_pack_reaches(name: str) -> None:
    assert list(find_unruled(name, DOCUMENTS[name])) == []


def test_what_has_no_rule_on_purpose_has_none() -> None:
    compiled = compile_document(DOCUMENTS["health_app"])

    for _, purpose, code in NO_RULE_ON_PURPOSE:
        assert not set(compiled.chain(code)) & compiled.rules_for(purpose, "example_health").keys()


def change_rules(document: Document, **changes: object) -> Document:
    """Return a copy of `document` whose rules on consent are changed; None removes a field."""
    spoilt = deepcopy(document)
    for rule in spoilt["rules"]:
        if rule["basis"] == "consent":
            for field, value in changes.items():
                rule.pop(field, None) if value is None else rule.update({field: value})
    return spoilt


def test_a_rule_that_can_allow_nobody_is_found() -> None:
    assert list(find_unreachable(change_rules(DOCUMENTS["retailer"], transfer_countries=["BR"])))
    another = {"key": "privacy", "oldest_version": 1}
    assert list(find_unreachable(change_rules(DOCUMENTS["health_app"], notice=another)))


def test_a_rule_that_undercuts_consent_is_found() -> None:
    spoilt = deepcopy(DOCUMENTS["publisher"])
    spoilt["jurisdictions"]["FR"] = {"title": "France"}
    for rule in DOCUMENTS["publisher"]["rules"]:
        if "EU" in rule["jurisdictions"]:
            spoilt["rules"].append({**rule, "id": "planted", "jurisdictions": ["FR"], "basis": "opt_out"})

    assert list(find_assumed(spoilt))


def test_a_rule_that_ignores_the_signal_is_found() -> None:
    spoilt = deepcopy(DOCUMENTS["publisher"])
    for rule in spoilt["rules"]:
        rule["signals"] = []

    assert list(find_ignored(spoilt))


def test_a_purpose_without_a_rule_is_found() -> None:
    spoilt = deepcopy(DOCUMENTS["retailer"])
    spoilt["rules"] = [rule for rule in spoilt["rules"] if rule["id"] != "post-interest"]

    assert {line.split()[0] for line in find_unruled("retailer", spoilt)} == {"marketing.post"}


MUTANTS = [
    ("retailer", {"double_opt_in": None}),
    ("retailer", {"age": None}),
    ("retailer", {"validity": None}),
    ("saas", {"conditions": None}),
    ("publisher", {"basis": "opt_out", "age": None}),
    ("health_app", {"special_condition": "planted"}),
    ("health_app", {"jurisdictions": ["*"]}),
    ("health_app", {"obligations": None}),
]


@pytest.mark.parametrize(("name", "changes"), MUTANTS, ids=str)
def test_the_examples_notice_a_laxer_pack(name: str, changes: dict[str, object]) -> None:
    spoilt = change_rules(DOCUMENTS[name], **changes)

    assert [example["name"] for example in EXAMPLES[name] if find_differences(spoilt, example)]
