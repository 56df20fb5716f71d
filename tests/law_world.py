"""Law tables, and rows of them, to test with."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from consent.policies.law.types import LawTable, Place, Provision
from consent.policies.law.words import Confidence

JULY_1 = date(2026, 7, 1)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)

_SAID: dict[str, Any] = {
    "effective_from": "2020-01-01",
    "citation": "Act 1, section 2",
    "sources": ["the act itself"],
    "confidence": "seen",
}


def said(**fields: Any) -> dict[str, Any]:
    """Return a row as a table writes it, with where it is from."""
    return {**_SAID, **fields}


def make_table() -> dict[str, Any]:
    """Return a small table without faults that has a row of every kind."""
    return deepcopy(
        {
            "schema": "accordant/law/1",
            "jurisdictions": [
                {"code": "EU", "title": "European Union"},
                {"code": "EEA", "title": "European Economic Area"},
                {
                    "code": "DE",
                    "title": "Germany",
                    "groups": ["EU", "EEA"],
                    "statutes": [said(title="The act", rights=["access", "erase"])],
                    "clocks": [
                        said(kind="respond", within=1, unit="months", counting="eu_month", extension=2)
                    ],
                    "age_limits": [said(topic="digital_consent", under=16, needs="guardian")],
                    "consent_defaults": [said(topic="advertising", demand="opt_in")],
                    "duties": [said(kind="easy_withdrawal")],
                    "practices": [said(kind="validity", topic="any", months=13)],
                },
                {"code": "US", "title": "United States"},
                {"code": "US-CA", "title": "California", "parent": "US"},
            ],
        }
    )


def as_text(table: Any) -> str:
    """Return a table as JSON text."""
    return json.dumps(table)


def make_law(*provisions: Provision) -> LawTable:
    """Return a table with `provisions`, in the EU (Germany and France), the United States and California."""
    places = [
        Place(code="EU", title="European Union"),
        Place(code="DE", title="Germany", groups=("EU",)),
        Place(code="FR", title="France", groups=("EU",)),
        Place(code="US", title="United States"),
        Place(code="US-CA", title="California", parent="US"),
    ]
    return LawTable({place.code: place for place in places}, provisions)


def cited(jurisdiction: str, **fields: Any) -> dict[str, Any]:
    """Return the fields that every row has, for a row of `jurisdiction`."""
    return {
        "jurisdiction": jurisdiction,
        "effective_from": date(2020, 1, 1),
        "citation": f"Law of {jurisdiction}",
        "sources": ("the law",),
        "confidence": Confidence.SEEN,
        **fields,
    }
