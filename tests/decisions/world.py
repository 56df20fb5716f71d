"""Builds the engine's arguments from the neutral format of the decision cases.

The format is documented in docs/reference/decision-cases.md; this is the adapter between it and our
engine. Another product needs one of its own, and nothing else.
"""

import copy
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.engine import decide
from activation.decisions.register import RegisteredDestination, Suspension, TcfTerms
from activation.decisions.types import Decision, Member, Question, SubjectState
from consent.kernel import canonical
from consent.policies.types import PublishedPolicy
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName, Link, WriteToken

HERE = Path(__file__).parent
World = dict[str, Any]

PERIOD_OF_POLICY = ("in_force_from", "in_force_until", "digest_matches")


def load(name: str) -> Any:
    """Return the YAML file `name` beside this module."""
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


BASE: World = load("base.yaml")


def patched(world: Any, patch: Any) -> Any:
    """Return `world` changed by the merge patch `patch` (RFC 7396); neither is touched."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(world) if isinstance(world, Mapping) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), change)
    return result


def answer(world: World) -> Decision:
    """Return the engine's decision on the question that `world` asks."""
    return decide(policy_of(world), register_of(world), state_of(world), question_of(world), world["at"])


def policy_of(world: World) -> CompiledPolicy:
    """Return the compiled policy; `policy: null` stands for none published."""
    entry = world.get("policy")
    if entry is None:
        return NO_POLICY
    rules = [{"id": rule_id, **rule} for rule_id, rule in entry["rules"].items()]
    document = {name: part for name, part in entry.items() if name not in PERIOD_OF_POLICY} | {"rules": rules}
    text = canonical.dumps(_text_keys(document))
    digest = hashlib.sha256(text if entry["digest_matches"] else b"another text").hexdigest()
    return compile_policy(
        PublishedPolicy(
            key="cases",
            version=7,
            digest=f"sha256:{digest}",
            canonical=text,
            in_force_from=entry["in_force_from"],
            in_force_until=entry.get("in_force_until"),
        )
    )


def _text_keys(value: Any) -> Any:
    """Notice versions are numbers in YAML and names in JSON."""
    if isinstance(value, Mapping):
        return {str(name): _text_keys(member) for name, member in value.items()}
    return value


def register_of(world: World) -> dict[str, RegisteredDestination]:
    """Return the register of destinations."""
    return {slug: _registered(slug, entry) for slug, entry in world["register"].items()}


def _registered(slug: str, entry: World) -> RegisteredDestination:
    suspended_at = entry.get("suspended_at")
    pauses = (Suspension(suspended_at, entry.get("resumed_at")),) if suspended_at else ()
    vendor, *purposes = entry.get("tcf", [None])
    tcf = None if vendor is None else TcfTerms(vendor, tuple(purposes))
    return RegisteredDestination(slug, "file", entry["registered_at"], pauses, tcf=tcf)


def state_of(world: World) -> SubjectState:
    """Return what the store says of the people in `world`."""
    store = world["store"]
    return SubjectState(
        asked=frozenset(world["identifiers_lead_to"]),
        members=tuple(_member(reference, entry) for reference, entry in world["subjects"].items()),
        links=tuple(_link(entry) for entry in world["links"].values()),
        available=store["available"],
        complete_at=store.get("complete_at"),
        watermark=store["watermark"],
    )


def _member(reference: str, entry: World) -> Member:
    choices = entry.get("choices", {}).items()
    facts = entry.get("facts", {}).values()
    return Member(
        subject_ref=reference,
        version=entry.get("version", 1),
        erased_at=entry.get("erased_at"),
        choices=tuple(_record(reference, record_id, choice) for record_id, choice in choices),
        facts=tuple(_fact(reference, fact) for fact in facts),
    )


def _record(reference: str, record_id: str, entry: World) -> ChoiceRecord:
    given = {"recorded_at": entry["effective_at"], "version": 1} | entry
    return ChoiceRecord(
        record_id=record_id, subject_ref=reference, **(given | {"choice": Choice(entry["choice"])})
    )


def _fact(reference: str, entry: World) -> Fact:
    given = {"recorded_at": entry["effective_at"], "version": 1} | entry
    return Fact(subject_ref=reference, **(given | {"name": FactName(entry["name"])}))


def _link(entry: World) -> Link:
    left, right = entry["between"]
    return Link(
        left=left,
        right=right,
        linked_at=entry["linked_at"],
        recorded_at=entry.get("recorded_at") or entry["linked_at"],
        unlinked_at=entry.get("unlinked_at"),
    )


def question_of(world: World) -> Question:
    """Return the question that `world` asks."""
    ask = dict(world["ask"])
    seconds, token = ask.pop("max_staleness_seconds", None), ask.pop("at_least", None)
    categories = ask.pop("data_categories", None)
    return Question(
        max_staleness=None if seconds is None else timedelta(seconds=seconds),
        at_least=WriteToken(token["subject"], token["version"]) if token else None,
        data_categories=None if categories is None else frozenset(categories),
        **ask,
    )
