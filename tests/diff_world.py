"""A policy that uses everything the engine looks at, edits of it, and people and questions to ask about.

What a comparison claims is held against the engine: `observe` says what really became of the answers.
"""

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.engine import decide
from activation.decisions.register import RegisteredDestination
from activation.decisions.types import Member, Question, SubjectState
from consent.policies.document.reading import read_yaml
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.policies.types import PublishedPolicy
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName
from tests.policy_documents import Document, read_retailer

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
START = datetime(2020, 1, 1, tzinfo=UTC)

_DENSE = Path(__file__).with_name("dense_policy.yaml")

_BANDS = [
    None,
    {"unknown": "accept", "bands": [{"under": 13, "effect": "guardian"}]},
    {"unknown": "deny", "bands": [{"under": 13, "effect": "guardian"}]},
    {"unknown": "accept", "bands": [{"under": 16, "effect": "own_consent"}]},
    {"unknown": "accept", "bands": [{"under": 16, "effect": "barred"}]},
    {"unknown": "accept", "bands": [{"under": 18, "effect": "barred"}]},
]
_RULE_VALUES: dict[str, list[Any]] = {
    "basis": [
        "consent", "opt_out", "soft_opt_in", "contract", "legal_obligation", "vital_interest", "public_task",
        "legitimate_interest", "strictly_necessary",
    ],
    "direct_marketing": [None, True],
    "validity": [None, "P6M", "P13M", "P12M", "P360D"],
    "double_opt_in": [None, True],
    "notice": [None, *({"key": "privacy", "oldest_version": n} for n in (1, 2)),
               {"key": "other", "oldest_version": 1}],
    "age": _BANDS,
    "data_categories": [[], ["email"], ["email", "phone"], ["email", "health"]],
    "special_condition": [None, "Art. 9(2)(h)"],
    "transfer_countries": [[], ["*"], ["EU"], ["US"], ["DE", "US"], ["EEA"]],
    "conditions": [
        None,
        [{"property": "resource.region", "operator": "eq", "value": "west"}],
        [{"property": "resource.region", "operator": "in", "value": ["west", "north"]}],
        [{"property": "resource.region", "operator": "in", "value": ["north", "west"]}],
        [{"property": "resource.region", "operator": "ne", "value": "south"}],
        [{"property": "resource.level", "operator": "gte", "value": 2}],
        [{"property": "resource.region", "operator": "ne", "value": "west"},
         {"property": "resource.region", "operator": "in", "value": ["west", "north"]}],
    ],
    "signals": [None, [], ["gpc"]],
    "unknown_subject": [None, "allow"],
    "survives_erasure": [None, True],
    "survives_restriction": [None, True],
    "obligations": [
        None, {"drop": ["phone"]}, {"drop": ["phone", "email"]}, {"mask": {"email": "sha256"}},
        {"drop": ["phone"], "set": {"flag": "a"}}, {"drop": ["phone"], "set": {"flag": "b"}},
        {"drop": ["phone"], "signal": {"flag": "tcf"}}, {"drop": ["phone"], "signal": {"flag": "usp"}},
    ],
    "jurisdictions": [["*"], ["EU"], ["EEA"], ["US"], ["US-CA"], ["EU", "US-CA"], ["EEA", "US"], ["DE"],
                      ["EU", "*"]],
    "controllers": [None, ["acme"], ["kiosk"]],
    "purposes": [["ads"], ["ads", "care"], ["post"], ["storage"], ["care"]],
}  # fmt: skip
_FIELD_VALUES: dict[str, dict[str, list[Any]]] = {
    "controllers": {"establishment": [["DE"], ["US"], ["DE", "US"], ["NO"], ["GB"]], "title": ["New"]},
    "jurisdictions": {"members": [["DE"], ["FR"], ["DE", "FR", "SE"], ["DE", "FR"]]},
    "data_categories": {"special": [None, False, True]},
    "properties": {
        "values": [None, ["west", "north"], ["north", "south", "west"], ["west", "north", "south", "east"]],
        "title": ["New"],
    },
    "purposes": {
        "status": [None, "retired"],
        "requires": [None, ["storage"], ["post"]],
        "opt_out_signals": [None, ["sale"]],
        "title": ["New"],
    },
    "destinations": {
        "country": ["US", "DE", "NO", "JP"],
        "role": ["processor", "third_party"],
        "purposes": [["ads"], ["ads", "care"], ["ads", "post", "care", "storage"]],
        "properties": [
            None,
            {"resource.region": "north"},
            {"resource.region": "south", "resource.level": 1},
            {"resource.level": 2},
        ],
        "data_categories": [["email"], ["email", "phone"], ["health"], ["email", "health"], ["phone"]],
    },
}


@dataclass(frozen=True)
class Edit:
    """One change of a document."""

    name: str
    after: Document


def make_dense() -> Document:
    """Return a policy in which every row of the decision table has something to say."""
    return read_yaml(_DENSE.read_text(encoding="utf-8"))


def list_edits(document: Document, *, every: int = 1) -> list[Edit]:
    """Return the edits of a single field that leave the document without faults; one of `every` few."""
    edits = [*_rule_edits(document), *_entry_edits(document), *_notice_edits(document)][::every]
    return [edit for edit in edits if edit.after != document and not validate(edit.after)]


def _put(holder: Document, name: str, value: Any) -> None:
    if value is None:
        holder.pop(name, None)
    else:
        holder[name] = copy.deepcopy(value)


def _rule_edits(document: Document) -> Iterator[Edit]:
    for number, rule in enumerate(document["rules"]):
        for name, values in _RULE_VALUES.items():
            for value in values:
                after = copy.deepcopy(document)
                _put(after["rules"][number], name, value)
                if name == "basis":
                    _settle(after["rules"][number])
                yield Edit(f"{rule['id']}.{name}={value}", after)
        others = [one for one in document["rules"] if one is not rule]
        yield Edit(f"{rule['id']} removed", {**document, "rules": others})
        yield Edit(f"{rule['id']} renamed", {**document, "rules": [*others, {**rule, "id": "renamed"}]})
        for code in ("DE", "NO", "GB", "US-CA", "*"):
            new = {**rule, "id": "new", "jurisdictions": [code]}
            for basis in (rule["basis"], "opt_out", "strictly_necessary"):
                whole = {**new, "basis": basis}
                _settle(whole)
                rules = [*document["rules"], whole]
                yield Edit(f"{rule['id']} again in {code} {basis}", {**document, "rules": rules})
    yield Edit("rules reversed", {**document, "rules": document["rules"][::-1]})


def _settle(rule: Document) -> None:
    """Give a rule what its basis asks for, and take from it what goes with consent only."""
    if rule["basis"] in {"legitimate_interest", "legal_obligation", "public_task", "strictly_necessary"}:
        rule.setdefault("assessment", "A-1")
    bands = rule.get("age", {}).get("bands", ())
    if rule["basis"] != "consent" and not any(band["effect"] != "barred" for band in bands):
        for name in ("validity", "double_opt_in", "notice"):
            rule.pop(name, None)


def _entry_edits(document: Document) -> Iterator[Edit]:
    for section, fields in _FIELD_VALUES.items():
        for key in document.get(section, {}):
            for name, values in fields.items():
                for value in values:
                    after = copy.deepcopy(document)
                    _put(after[section][key], name, value)
                    yield Edit(f"{section}.{key}.{name}={value}", after)
            yield Edit(f"{section}.{key} removed", _without(document, section, key))
    third = {"third": {"title": "Third", "establishment": ["US"]}}
    yield Edit("a controller added", {**document, "controllers": {**document["controllers"], **third}})


def _without(document: Document, section: str, key: str) -> Document:
    """Return the document without an entry, and without every mention of it."""
    after = copy.deepcopy(document)
    del after[section][key]
    if section == "destinations":
        for notice in after["notices"].values():
            for version in notice["versions"].values():
                version["recipients"] = [slug for slug in version.get("recipients", ()) if slug != key]
    if section in {"purposes", "data_categories"}:
        for holder in (*after["rules"], *after["destinations"].values(), *after["purposes"].values()):
            for name in (section, "requires"):
                if name in holder:
                    holder[name] = [slug for slug in holder[name] if slug != key]
        after["rules"] = [rule for rule in after["rules"] if rule["purposes"]]
    return after


def _notice_edits(document: Document) -> Iterator[Edit]:
    for slug, notice in document["notices"].items():
        for number, version in notice["versions"].items():
            thirds = [key for key, one in document["destinations"].items() if one["role"] == "third_party"]
            for recipients in ([], thirds):
                after = copy.deepcopy(document)
                after["notices"][slug]["versions"][number]["recipients"] = recipients
                yield Edit(f"{slug} {number} names {recipients}", after)
            after = copy.deepcopy(document)
            after["notices"][slug]["versions"]["9"] = {
                **version, "published_at": "2026-05-01T00:00:00Z", "recipients": thirds,
            }  # fmt: skip
            yield Edit(f"{slug} 9 added as {number}", after)


def several(document: Document, edits: list[Edit], *, seed: int, count: int) -> list[Edit]:
    """Return edits of several fields at once: each the later of two single edits laid over each other."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    found: list[Edit] = []
    while len(found) < count:
        picked = chance.sample(edits, 3)
        after = copy.deepcopy(document)
        for edit in picked:
            _lay_over(after, document, edit.after)
        if after != document and not validate(after):
            found.append(Edit(" + ".join(edit.name for edit in picked), after))
    return found


def _lay_over(target: Any, before: Any, after: Any) -> None:
    """Put into `target` what differs from `before` to `after`."""
    if isinstance(before, list) and before and isinstance(before[0], dict):
        _lay_rules_over(target, before, after)
        return
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and isinstance(target.get(name), dict):
            _lay_over(target[name], old, new)
        elif name == "rules":
            _lay_rules_over(target[name], old, new)
        else:
            _put(target, name, new)


def _lay_rules_over(target: list[Any], before: list[Any], after: list[Any]) -> None:
    earlier, later = ({rule["id"]: rule for rule in rules} for rules in (before, after))
    for rule in list(target):
        if rule["id"] in earlier and rule["id"] not in later:
            target.remove(rule)
        elif rule["id"] in earlier:
            _lay_over(rule, earlier[rule["id"]], later[rule["id"]])
    target += [copy.deepcopy(rule) for key, rule in later.items() if key not in earlier]


def compiled(document: Document) -> CompiledPolicy:
    """Return the document as the engine decides by it, in force since long ago."""
    frozen, digest = seal(document)
    return compile_policy(
        PublishedPolicy(
            key="k", version=1, digest=digest, canonical=frozen, in_force_from=START, in_force_until=None
        )
    )


Said = tuple[str, dict[str, Any]]
_V1, _V2, _OTHER = (
    {"notice": "privacy", "notice_version": 1},
    {"notice": "privacy", "notice_version": 2},
    {"notice": "other", "notice_version": 1},
)
HISTORIES: list[list[Said]] = [
    [],
    [("shown", {})],
    [("granted", _V1)],
    [("granted", _V2)],
    [("granted", {**_V2, "explicit": True})],
    [("granted", _OTHER)],
    [("granted", {"notice": "privacy", "notice_version": 9})],
    [("granted", {**_V2, "days": 250})],
    [("granted", {**_V2, "days": 363})],
    [("granted", {**_V2, "days": 385})],
    [("pending", _V2), ("confirmed", {**_V2, "refers_to": "r0"})],
    [("pending", _V2), ("confirmed", {**_V2, "refers_to": "r0"}), ("granted", _V1)],
    [("granted", {**_V2, "by_guardian": True})],
    [("granted", {**_V2, "by_guardian": True}), ("granted", _V1)],
    [("granted", _V2), ("granted", {**_V1, "by_guardian": True})],
    [("withdrawn", {})],
    [("objected", {})],
    [("opt_out_signal", {})],
    [("withdrawn", {}), ("granted", _V2)],
    [("objected", {}), ("granted", _V2)],
    [("opt_out_signal", {}), ("granted", _V2)],
    [("granted", _V2), ("withdrawn", {})],
    [("granted", _V2), ("objected", {})],
    [("granted", _V2), ("opt_out_signal", {})],
    [("objected", {}), ("objection_overruled", {"refers_to": "r0"})],
    [("granted", _V2), ("invalidated", {"refers_to": "r0"})],
]
FACTS: list[dict[str, str]] = [
    {},
    {"contract_active": "yes", "soft_opt_in": "yes"},
    {"restricted": "yes"},
    {"restricted": "yes", "contract_active": "yes"},
    {"vital_interest": "yes"},
]
PLACES: list[list[str]] = [[], ["FR"], ["DE"], ["NO"], ["US"], ["US-CA"], ["GB"], ["DE", "US-CA"], ["SE"]]
AGES = [None, 12, 14, 17, 40]


def _state(
    purposes: list[str], controllers: list[str], history: list[Said], facts: dict[str, str],
    places: list[str], age: int | None, *, erased: bool,
) -> SubjectState:  # fmt: skip
    records = [
        _record(f"r{step}" if purpose == purposes[0] and controller == controllers[0] else f"{purpose}{step}",
                purpose, controller, said, step)
        for purpose in purposes
        for controller in controllers
        for step, said in enumerate(history)
    ]  # fmt: skip
    told = [(FactName(name), value) for name, value in facts.items()]
    told += [(FactName.BORN_ON, f"{NOW.year - age - 1}-07-15")] if age is not None else []
    known = [_fact(name, value) for name, value in told]
    known += [_fact(FactName.RESIDENCE, code) for code in places[:1]]
    known += [_fact(FactName.LOCATION, code) for code in places[1:]]
    member = Member(
        subject_ref="p", version=9, choices=tuple(records), facts=tuple(known),
        erased_at=START if erased else None,
    )  # fmt: skip
    return SubjectState(asked=frozenset({"p"}), members=(member,), complete_at=NOW)


def _record(record_id: str, purpose: str, controller: str, said: Said, step: int) -> ChoiceRecord:
    choice, given = said
    fields = dict(given)
    moment = NOW - timedelta(days=fields.pop("days", None) or 150 - step)
    refers_to = fields.pop("refers_to", None)
    if refers_to:
        refers_to = f"{record_id[:-1]}{refers_to[1:]}"
    return ChoiceRecord(
        record_id=record_id, subject_ref="p", version=step + 1, purpose=purpose, choice=Choice(choice),
        controller=controller, effective_at=moment, recorded_at=moment, refers_to=refers_to, **fields,
    )  # fmt: skip


def _fact(name: FactName, value: str) -> Fact:
    since = NOW - timedelta(days=200)
    return Fact(subject_ref="p", name=name, value=value, effective_at=since, recorded_at=since, version=1)


Case = tuple[SubjectState, Question]


def make_cases(document: Document, *, seed: int, count: int) -> list[Case]:
    """Return every history of an adult in France, and a fixed sample of all people and questions besides."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    controllers = list(document["controllers"])
    targets = [
        (purpose, slug) for slug, entry in document["destinations"].items() for purpose in entry["purposes"]
    ]
    people = list(product(HISTORIES, [{}, {}, *FACTS], PLACES, AGES))
    categories = [*[None] * 6, *(frozenset({slug}) for slug in document["data_categories"])]
    regions: list[dict[str, Any]] = [
        {},
        *[{"resource.region": "west"}] * 4,
        {"resource.region": "north"},
        {"resource.region": "south"},
        {"resource.region": "west", "resource.level": 3},
    ]
    cases = _plain_cases(document, targets) if "acme" in document["controllers"] else []
    for _ in range(count - len(cases)):
        history, facts, places, age = chance.choice(people)
        purpose, destination = chance.choice(targets)
        controller = chance.choice(controllers)
        state = _state(
            _with_required(document, purpose), [controller], history, facts, places, age,
            erased=chance.random() < 0.08,
        )  # fmt: skip
        if chance.random() < 0.1:
            state = SubjectState(complete_at=NOW)
        question = Question(
            purpose=purpose, destination=destination, controller=controller,
            data_categories=chance.choice(categories), properties=chance.choice(regions),
            jurisdiction_hint=chance.choice([*[None] * 6, "FR", "US-CA"]),
        )  # fmt: skip
        cases.append((state, question))
    return cases


def _plain_cases(document: Document, targets: list[tuple[str, str]]) -> list[Case]:
    return [
        (
            _state(_with_required(document, purpose), ["acme"], history, {}, ["FR"], 40, erased=False),
            Question(purpose=purpose, destination=destination, controller="acme", properties=properties),
        )
        for purpose, destination in targets
        for history in HISTORIES
        for properties in ([_WEST, *_OTHER_PROPERTIES] if history in _WILLING else [_WEST])
    ]


_WEST = {"resource.region": "west"}
_OTHER_PROPERTIES: list[dict[str, Any]] = [{}, {"resource.region": "south"}, {"resource.region": "east"}]
_WILLING = [[("granted", {**_V2, "explicit": True})]]


def _with_required(document: Document, purpose: str) -> list[str]:
    return [purpose, *document["purposes"][purpose].get("requires", [])]


Answer = tuple[bool, dict[str, int]]


def answers(policy: CompiledPolicy, cases: list[Case]) -> list[Answer]:
    """Return for each case whether it is allowed, and how strictly each column is treated then."""
    slugs = ("partner", "mailer", "clinic", *policy.destinations)
    register = {slug: RegisteredDestination(slug, "file", START) for slug in slugs}
    found = []
    for state, question in cases:
        decision = decide(policy, register, state, question, NOW)
        treated = {one.field: {"mask": 1, "drop": 2}.get(one.kind, 0) for one in decision.obligations}
        found.append((decision.allowed, treated))
    return found


@dataclass(frozen=True)
class Observed:
    """What became of the answers."""

    widened: bool
    """Something that was denied is allowed, or more of the data is sent."""
    narrowed: bool


def observe(before: list[Answer], after: list[Answer]) -> Observed:
    """Return whether any answer became wider, and whether any became narrower."""
    pairs = list(zip(before, after, strict=True))
    return Observed(
        widened=any(_is_wider(old, new) for old, new in pairs),
        narrowed=any(_is_wider(new, old) for old, new in pairs),
    )


def _is_wider(old: Answer, new: Answer) -> bool:
    if old[0] != new[0]:
        return new[0]
    return new[0] and any(new[1].get(column, 0) < strictness for column, strictness in old[1].items())


@dataclass(frozen=True)
class Trial:
    """One edit, and what it really does."""

    name: str
    before: Document
    after: Document
    observed: Observed


@cache
def list_trials(*, is_long: bool = False) -> list[Trial]:
    """Return edits of the two policies with what the engine makes of each.

    The long list takes minutes, the short one about half of one.
    """
    trials: list[Trial] = []
    for document, count, every, several_at_once in (
        (make_dense(), 2600 if is_long else 400, 1, 150 if is_long else 30),
        (read_retailer(), 700 if is_long else 120, 2 if is_long else 40, 30 if is_long else 10),
    ):
        cases = make_cases(document, seed=7, count=count)
        told = answers(compiled(document), cases)
        edits = list_edits(document, every=every)
        for edit in [*edits, *several(document, edits, seed=11, count=several_at_once)]:
            seen = observe(told, answers(compiled(edit.after), cases))
            trials.append(Trial(edit.name, document, edit.after, seen))
    return trials
