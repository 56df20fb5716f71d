"""The facet `accordant_decision` of a run in words. What it does not tell is not shown."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from activation.desk.lineage.naming import shorten
from activation.enforcement.queries import RunNotFound, get_run
from activation.enforcement.wording import tell_reason
from consent.policies.queries import list_versions

_OBLIGATIONS = {
    "drop": "{field} was left out",
    "mask": "{field} was masked ({value})",
    "set": "{field} was set to {value}",
    "signal": "{field} carries the person's own string ({value})",
    "tcf_vendor": "TC strings let vendor {field} pursue the purposes {value}",
}


def describe_decision(facet: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the facet as the run's page shows it."""
    return {
        "policy": _describe_policy(facet),
        "facts": _list_facts(facet),
        "counts": _list_counts(facet),
        "reasons": _list_reasons(facet.get("deniedByReason")),
        "obligations": [_describe_obligation(one) for one in facet.get("obligations") or () if one],
        "manifest": shorten(str(facet.get("manifestDigest") or "")),
    }


def find_enforcement(run_id: UUID) -> Mapping[str, Any] | None:
    """Return where the admin shows the enforcement run and its evidence; None if there is none of ours."""
    try:
        run = get_run(run_id=run_id)
    except RunNotFound:
        return None
    return {
        "href": reverse("admin:activation_enforcement_enforcementrun_change", args=[run_id]),
        "manifest": run.manifest_digest,
    }


def _describe_policy(facet: Mapping[str, Any]) -> Mapping[str, Any]:
    digest = str(facet.get("policyDigest") or "")
    found = next((one for one in list_versions() if digest and one.digest == digest), None)
    version = shorten(str(facet.get("policyVersion") or ""))
    return {
        "name": f"{found.key} version {found.version}" if found else f"version {version}",
        "digest": shorten(digest),
        "href": _address_of_policy(found.version_id) if found else None,
    }


def _address_of_policy(version_id: int) -> str | None:
    try:
        return reverse("admin:consent_policies_policyversion_change", args=[version_id])
    except NoReverseMatch:
        return None


def _list_facts(facet: Mapping[str, Any]) -> list[tuple[str, str]]:
    bases = facet.get("legalBases")
    facts = {
        "Purpose": facet.get("purpose"),
        "Destination": facet.get("destination"),
        "Controller": facet.get("controller"),
        "Legal bases": ", ".join(str(one).replace("_", " ") for one in bases) if bases else None,
        "Watermark": _tell(facet.get("watermark"), "{} entries of the ledger"),
    }
    return [(name, shorten(str(value), 200)) for name, value in facts.items() if value]


def _list_counts(facet: Mapping[str, Any]) -> list[tuple[str, str]]:
    denied = facet.get("deniedByReason")
    total = sum(n for n in denied.values() if isinstance(n, int)) if isinstance(denied, Mapping) else None
    counts = (("Rows in", facet.get("rowsIn")), ("Allowed", facet.get("allowed")), ("Denied", total))
    return [(name, _tell(count, "{}") or "not known") for name, count in counts]


def _list_reasons(denied: object) -> list[Mapping[str, str]]:
    if not isinstance(denied, Mapping):
        return []
    counts = sorted(denied.items(), key=lambda pair: (-pair[1] if isinstance(pair[1], int) else 0, pair[0]))
    return [
        {
            "words": tell_reason(str(reason)) or "A reason that is not known here.",
            "reason": shorten(str(reason)),
            "rows": _tell(rows, "{}") or "",
        }
        for reason, rows in counts
    ]


def _describe_obligation(one: Mapping[str, Any]) -> str:
    words = _OBLIGATIONS.get(str(one.get("kind")), "{kind} {field} {value}")
    parts = {name: shorten(str(one.get(name) or "")) for name in ("kind", "field", "value")}
    return words.format(**parts)


def _tell(count: object, words: str) -> str | None:
    return words.format(f"{count:,}") if isinstance(count, int) else None
