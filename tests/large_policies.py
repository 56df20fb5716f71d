"""Policy documents as large as they come, without faults."""

from collections.abc import Iterator
from typing import Any

from consent.policies.document.codes import load_codes

Document = dict[str, Any]

CATEGORIES = [f"contact.field_{number}" for number in range(20)]
NOTICES, VERSIONS, LANGUAGES = 10, 3, ("en", "de", "fr")
JURISDICTIONS_IN_A_RULE = 10
PURPOSES_OF_A_DESTINATION = 25
BASES = ("consent", "opt_out", "legitimate_interest", "contract", "soft_opt_in", "consent")


def make_large_document(*, purposes: int = 500, jurisdictions: int = 60, destinations: int = 200) -> Document:
    """Return a document of that size in which every purpose has a rule in every jurisdiction."""
    slugs = [_slug(number) for number in range(purposes)]
    codes = _codes(jurisdictions)
    recipients = [f"recipient_{number}" for number in range(destinations)]
    return {
        "schema": "accordant/policy/1",
        "policy": "large",
        "title": "A large policy",
        "controllers": {
            "north": {"title": "North", "establishment": ["DE"]},
            "south": {"title": "South", "establishment": ["US-CA", "BR"]},
        },
        "jurisdictions": {code: _jurisdiction(code) for code in codes},
        "data_categories": {
            slug: {"title": f"Field {slug}", "data_category": "user.contact"} for slug in CATEGORIES
        },
        "purposes": {slug: _purpose(slug, number) for number, slug in enumerate(slugs)},
        "notices": {f"notice_{number}": _notice(number, slugs, recipients) for number in range(NOTICES)},
        "rules": list(_rules(slugs, codes)),
        "destinations": {slug: _destination(slug, number, slugs) for number, slug in enumerate(recipients)},
    }


def _slug(number: int) -> str:
    return f"area_{number % 20}.activity_{number}"


def _codes(count: int) -> list[str]:
    """Return groups, states and countries, so that rules are looked for at every depth."""
    table = load_codes()
    states = sorted(code for code in table.subdivisions if code.startswith("US-"))
    others = sorted(table.countries - {"BR", "DE", "US"})
    return ["EU", "EEA", "US", "DE", "BR", *states[: count // 3], *others][:count]


def _jurisdiction(code: str) -> Document:
    members = load_codes().groups.get(code)
    return {"title": f"Jurisdiction {code}"} | ({"members": sorted(members)} if members else {})


def _purpose(slug: str, number: int) -> Document:
    return {
        "title": f"Purpose {number}",
        "description": f"What we do when we pursue {slug}, told in a sentence of a common length for people.",
        "data_categories": CATEGORIES[:5],
        "data_use": "marketing.communications.email",
        "dpv": "https://w3id.org/dpv#DirectMarketing",
    } | ({"requires": [_slug(number - 1)]} if number % 10 == 1 else {})


def _notice(number: int, slugs: list[str], recipients: list[str]) -> Document:
    return {
        "title": f"Notice {number}",
        "versions": {
            str(version): {
                "published_at": f"202{version}-01-15T00:00:00Z",
                "purposes": slugs[number::NOTICES],
                "recipients": recipients[::4][:20],
                "texts": dict.fromkeys(LANGUAGES, "What we do with your data. " * 20),
            }
            for version in range(1, VERSIONS + 1)
        },
    }


def _rules(slugs: list[str], codes: list[str]) -> Iterator[Document]:
    for number, slug in enumerate(slugs):
        for place, start in enumerate(range(0, len(codes), JURISDICTIONS_IN_A_RULE)):
            named = codes[start : start + JURISDICTIONS_IN_A_RULE]
            yield {
                "id": f"rule-{number}-{place}",
                "purposes": [slug],
                "jurisdictions": named if start else [*named, "*"],
                **_terms(BASES[(number + place) % len(BASES)], number),
                "data_categories": CATEGORIES[:5],
                "transfer_countries": ["EU", "US", "GB"],
                "obligations": {"drop": ["phone"], "mask": {"email": "sha256"}},
            }


def _terms(basis: str, number: int) -> Document:
    if basis == "consent":
        return {
            "basis": basis,
            "validity": "P13M",
            "notice": {"key": f"notice_{number % NOTICES}", "oldest_version": 2},
            "age": {"unknown": "deny", "bands": [{"under": 13, "effect": "guardian"}]},
        }
    return {"basis": basis} | ({"assessment": "LIA-2026-01"} if basis == "legitimate_interest" else {})


def _destination(slug: str, number: int, slugs: list[str]) -> Document:
    permitted = [slugs[(number * 7 + step) % len(slugs)] for step in range(PURPOSES_OF_A_DESTINATION)]
    return {
        "title": f"Recipient {number}",
        "kind": "cx_tool",
        "role": "processor" if number % 4 else "third_party",
        "country": ("DE", "US", "GB", "IN")[number % 4],
        "purposes": list(dict.fromkeys(permitted)),
        "data_categories": CATEGORIES[:3],
    }
