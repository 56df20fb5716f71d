"""A policy, and rows of choices under it, for the tests of records."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from consent.policies import services as policies
from consent.records import services as records
from consent.records.rules.rows import read_row
from consent.records.types import NewRow, Recorded, Vocabulary
from tests.policy_officers import approve, make_officer, submit

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
JUNE_1 = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The present of these tests."""

_POLICY = """
schema: accordant/policy/1
policy: acme
title: Acme
controllers:
  acme: {title: Acme, establishment: [DE]}
  other: {title: Other brand, establishment: [DE]}
jurisdictions:
  DE: {title: Germany}
data_categories:
  contact.email: {title: E-mail address, data_category: user.contact.email}
purposes:
  marketing.email:
    title: Marketing by e-mail
    description: News by e-mail
    data_categories: [contact.email]
    data_use: marketing.communications.email
notices:
  privacy:
    title: Privacy notice
    versions:
      1:
        published_at: 2024-01-15T00:00:00Z
        purposes: [marketing.email]
        recipients: []
        texts: {en: "We write."}
rules:
  - id: email
    purposes: [marketing.email]
    jurisdictions: [DE]
    basis: consent
    data_categories: [contact.email]
    transfer_countries: [DE]
destinations:
  mailer:
    title: Mailer
    kind: cx_tool
    role: processor
    country: DE
    contract: DPA-1
    purposes: [marketing.email]
    data_categories: [contact.email]
"""

VOCABULARY = Vocabulary(
    purposes=frozenset({"marketing.email"}),
    controllers=frozenset({"acme", "other"}),
    destinations=frozenset({"mailer"}),
    notices=frozenset({("privacy", 1)}),
)
"""The names that `publish_policy`'s policy declares."""


def publish_policy() -> None:
    """Put a small policy in force from the first of January 2026."""
    alice = make_officer("alice")
    draft = policies.import_policy(text=_POLICY, author_id=alice.pk, at=JAN_1)
    submit(draft)
    approve(draft, by="bob")
    policies.publish(version_id=draft.version_id, effective_at=JAN_1, at=JAN_1)


def make_choice(**changes: Any) -> dict[str, Any]:
    """Return a grant in order, with `changes`."""
    return {
        "purpose": "marketing.email",
        "choice": "granted",
        "controller": "acme",
        "effective_at": "2026-01-05T10:00:00Z",
        "notice": "privacy",
        "notice_version": 1,
        "method": "checkbox",
        "form": "checkout-2026",
        **changes,
    }


def make_fact(**changes: Any) -> dict[str, Any]:
    """Return a fact in order, with `changes`."""
    return {"name": "residence", "value": "DE", "effective_at": "2026-01-05T10:00:00Z", **changes}


def make_row(person: str = "00001", **changes: Any) -> dict[str, Any]:
    """Return a row in order about `person`, with `changes`."""
    identifiers = [
        {"kind": "customer_id", "value": person},
        {"kind": "email", "value": f"c{person}@customers.example"},
    ]
    row = {"identifiers": identifiers, "choices": [make_choice()], "facts": [make_fact()], **changes}
    return copy.deepcopy(row)


def make_line(person: str = "00001", **changes: Any) -> bytes:
    """Return `make_row` as a line of NDJSON, without its end."""
    return json.dumps(make_row(person, **changes)).encode()


def make_new_row(person: str = "00001", **changes: Any) -> NewRow:
    """Return `make_row` as a row that can be recorded."""
    row = read_row(make_row(person, **changes), vocabulary=VOCABULARY, at=JUNE_1)
    assert isinstance(row, NewRow), row
    return row


def record_all(*rows: NewRow, source: str = "test") -> list[Recorded]:
    """Record rows of which none is refused."""
    recorded = []
    for outcome in records.record_rows(rows=rows, source=source, at=JUNE_1):
        assert isinstance(outcome, Recorded), outcome
        recorded.append(outcome)
    return recorded
