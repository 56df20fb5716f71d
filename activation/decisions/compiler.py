"""From the frozen text of a published policy to its compiled form.

The text was validated before it was published (`consent.policies`), so this only translates. A text
whose digest does not match compiles to a policy that is not `intact`, and the engine denies under it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from activation.decisions.compiled import (
    AgeBand,
    AgeEffect,
    CompiledPolicy,
    Condition,
    DestinationPolicy,
    PropertyType,
    PurposePolicy,
    Rule,
)
from activation.decisions.types import Obligation
from consent.kernel import canonical
from consent.kernel.periods import Period
from consent.policies.types import LegalBasis, PublishedPolicy

Document = Mapping[str, Any]


def compile_policy(published: PublishedPolicy) -> CompiledPolicy:
    """Return `published` in the form the engine decides by.

    :raises MalformedJson: if the frozen text is no JSON; :raises KeyError: if it is no policy document.
    """
    document: Document = canonical.loads(published.canonical)
    return CompiledPolicy(
        key=published.key,
        version=published.version,
        digest=published.digest,
        intact=f"sha256:{hashlib.sha256(published.canonical).hexdigest()}" == published.digest,
        in_force_from=published.in_force_from,
        in_force_until=published.in_force_until,
        establishments={
            slug: tuple(controller.get("establishment", ()))
            for slug, controller in document["controllers"].items()
        },
        purposes={slug: _purpose(purpose) for slug, purpose in document["purposes"].items()},
        destinations={slug: _destination(entry) for slug, entry in document["destinations"].items()},
        recipients=dict(_recipients(document)),
        special_categories=frozenset(
            slug for slug, category in document["data_categories"].items() if category.get("special")
        ),
        groups=_groups(document),
        rules=_rules(document),
    )


def _purpose(purpose: Document) -> PurposePolicy:
    return PurposePolicy(
        active=purpose.get("status", "active") == "active",
        requires=tuple(purpose.get("requires", ())),
        heeds_signals=bool(purpose.get("opt_out_signals")),
    )


def _destination(entry: Document) -> DestinationPolicy:
    return DestinationPolicy(
        country=entry["country"],
        third_party=entry["role"] != "processor",
        purposes=frozenset(entry["purposes"]),
        data_categories=frozenset(entry["data_categories"]),
        properties=dict(entry.get("properties", {})),
    )


def _recipients(document: Document) -> Iterator[tuple[tuple[str, int], frozenset[str]]]:
    for slug, notice in document.get("notices", {}).items():
        for number, version in notice["versions"].items():
            yield (slug, int(number)), frozenset(version.get("recipients", ()))


def _groups(document: Document) -> dict[str, tuple[str, ...]]:
    """Return each member's groups, the smaller first: the smaller group is the more specific one."""
    entries = document["jurisdictions"].items()
    groups = {slug: entry["members"] for slug, entry in entries if entry.get("members")}
    by_size = sorted(groups, key=lambda slug: (len(groups[slug]), slug))
    members = {member for group in groups.values() for member in group}
    return {member: tuple(slug for slug in by_size if member in groups[slug]) for member in members}


def _rules(document: Document) -> dict[tuple[str, str], dict[str, Rule]]:
    found: dict[tuple[str, str], dict[str, Rule]] = {}
    for entry in document["rules"]:
        rule = _rule(entry, document.get("properties", {}))
        for purpose in entry["purposes"]:
            for controller in entry.get("controllers") or document["controllers"]:
                by_jurisdiction = found.setdefault((purpose, controller), {})
                by_jurisdiction.update(dict.fromkeys(entry["jurisdictions"], rule))
    return found


def _rule(entry: Document, properties: Document) -> Rule:
    age, notice = entry.get("age", {}), entry.get("notice", {})
    return Rule(
        rule_id=entry["id"],
        basis=LegalBasis(entry["basis"]),
        direct_marketing=entry.get("direct_marketing", False),
        validity=Period.parse(entry["validity"]) if "validity" in entry else None,
        double_opt_in=entry.get("double_opt_in", False),
        notice=notice.get("key"),
        oldest_notice_version=notice.get("oldest_version", 0),
        age_bands=tuple(AgeBand(band["under"], AgeEffect(band["effect"])) for band in age.get("bands", ())),
        age_unknown_accepted=age.get("unknown", "deny") == "accept",
        data_categories=frozenset(entry.get("data_categories", ())),
        special_condition=entry.get("special_condition"),
        transfer_countries=_countries(entry),
        conditions=tuple(_condition(one, properties) for one in entry.get("conditions", ())),
        signals_honoured="gpc" in entry.get("signals", ("gpc",)),
        assessment=entry.get("assessment"),
        unknown_subject_allowed=entry.get("unknown_subject", "deny") == "allow",
        survives_erasure=entry.get("survives_erasure", False),
        survives_restriction=entry.get("survives_restriction", False),
        obligations=tuple(_obligations(entry.get("obligations", {}))),
    )


def _countries(entry: Document) -> frozenset[str]:
    """Return the permitted countries and groups; a rule that lists none permits no transfer."""
    return frozenset(entry.get("transfer_countries", ()))


def _condition(condition: Document, properties: Document) -> Condition:
    value, declared = condition["value"], properties.get(condition["property"])
    return Condition(
        property=condition["property"],
        operator=condition["operator"],
        value=tuple(value) if isinstance(value, list) else value,
        type=PropertyType(declared["type"]) if declared else None,
        values=frozenset(declared.get("values", ())) if declared else frozenset(),
    )


def _obligations(entry: Document) -> Iterator[Obligation]:
    yield from (Obligation("drop", name) for name in sorted(entry.get("drop", ())))
    yield from (Obligation("mask", name, method) for name, method in sorted(entry.get("mask", {}).items()))
    yield from (Obligation("set", name, value) for name, value in sorted(entry.get("set", {}).items()))
    yield from (Obligation("signal", name, kind) for name, kind in sorted(entry.get("signal", {}).items()))
