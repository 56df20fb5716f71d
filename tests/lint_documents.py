"""Small policies to hold against the law table, and what a test changes in them."""

from typing import Any

from consent.policies.document.codes import load_codes
from consent.policies.document.validation import validate

Document = dict[str, Any]

EU_MEMBERS = sorted(load_codes().groups["EU"])
ADVERTISING = "marketing.advertising.first_party.targeted"
GUARDED = {"unknown": "deny", "bands": [{"under": 18, "effect": "guardian"}]}


def make_policy(*rules: Document, purposes: Document | None = None, **changes: Any) -> Document:
    """Return a policy without faults with `rules`, which may name the purposes `ads` and `other`.

    The notice tells how to withdraw; `text` says something else. `categories` maps the two data categories
    `plain` and `extra` to fideslang's.
    """
    kinds = {"plain": "user.contact.address", **changes.pop("categories", {})}
    declared = {"ads": {}, "other": {"data_use": "essential.service"}, **(purposes or {})}
    codes = {code for rule in rules for code in rule["jurisdictions"] if code != "*"}
    document: Document = {
        "schema": "accordant/policy/1",
        "policy": "shop",
        "title": "Shop",
        "controllers": {"shop": {"title": "Shop", "establishment": ["DE"]}},
        "jurisdictions": {code: _jurisdiction(code) for code in sorted(codes)},
        "data_categories": {
            slug: {"title": slug, "data_category": kind} if isinstance(kind, str) else kind
            for slug, kind in kinds.items()
        },
        "purposes": {slug: _purpose(slug, list(kinds), fields) for slug, fields in declared.items()},
        "notices": changes.pop("notices", None) or make_notices(*declared, text=changes.pop("text", None)),
        "rules": list(rules),
        "destinations": changes.pop("destinations", {}),
    }
    assert validate(document) == []
    return document


def make_rule(identifier: str = "rule", **fields: Any) -> Document:
    """Return a rule on `ads` in the EU that asks consent, without fault in the eyes of the law."""
    rule: Document = {
        "id": identifier,
        "purposes": ["ads"],
        "jurisdictions": ["EU"],
        "basis": "consent",
        "data_categories": ["plain"],
        "transfer_countries": ["*"],
    }
    if fields.get("basis", "consent") == "consent":
        rule |= {"validity": "P6M", "age": GUARDED}
    elif fields["basis"] in {"legitimate_interest", "legal_obligation", "public_task", "strictly_necessary"}:
        rule |= {"assessment": "LIA-1"}
    return {key: value for key, value in {**rule, **fields}.items() if value is not None}


def make_notices(*purposes: str, text: Any = None) -> Document:
    """Return one notice that speaks of `purposes`, in English or in the languages that `text` maps."""
    texts = text if isinstance(text, dict) else {"en": text or "You may withdraw your consent at any time."}
    version = {"published_at": "2026-01-01T00:00:00Z", "purposes": list(purposes), "texts": texts}
    return {"privacy": {"title": "Privacy", "versions": {"1": version}}}


def _jurisdiction(code: str) -> Document:
    members = {"EU": EU_MEMBERS, "EEA": [*EU_MEMBERS, "IS", "LI", "NO"]}.get(code)
    return {"title": code, "members": members} if members else {"title": code}


def _purpose(slug: str, categories: list[str], fields: Document) -> Document:
    purpose = {"title": slug, "description": slug, "data_categories": categories, "data_use": ADVERTISING}
    return {**purpose, **fields}
