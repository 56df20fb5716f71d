"""A policy whose purposes signals speak to, strings that say yes or no to them, and rows with both."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.policies import services as policies
from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.queries import get_vocabulary
from consent.records.rules.rows import read_row
from consent.records.services import record_rows
from consent.records.types import NewRow, Recorded
from consent.signals import tcf
from consent.signals.intervals import IdSet
from consent.signals.tcf.types import TCString
from tests.policy_officers import approve, make_officer, submit

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The present of tests that stop the ledger's clock."""
DAY = timedelta(days=1)
PERSON = [{"kind": "customer_id", "value": "00001"}, {"kind": "email", "value": "ann@people.example"}]
ADS, AUDIENCE, NEWS = "advertising.targeted", "analytics.audience", "marketing.email"
ADS_PURPOSES, AUDIENCE_PURPOSES = (1, 2, 3, 4), (1, 8)
EVERYTHING = (1, 2, 3, 4, 7, 8)

_POLICY = """
schema: accordant/policy/1
policy: acme
title: Acme
controllers:
  acme: {title: Acme, establishment: [DE]}
  other: {title: Other brand, establishment: [DE]}
jurisdictions:
  DE: {title: Germany}
  US-CA: {title: California}
data_categories:
  contact.email: {title: E-mail address, data_category: user.contact.email}
purposes:
  marketing.email:
    title: Marketing by e-mail
    description: News by e-mail
    data_categories: [contact.email]
    data_use: marketing.communications.email
  advertising.targeted:
    title: Targeted advertising
    description: Advertising by what you read
    data_categories: [contact.email]
    data_use: marketing.advertising.third_party.targeted
    opt_out_signals: [sale, sharing, targeted_advertising]
  analytics.audience:
    title: Audience figures
    description: Who reads what
    data_categories: [contact.email]
    data_use: analytics.reporting
notices:
  privacy:
    title: Privacy notice
    versions:
      1:
        published_at: 2024-01-15T00:00:00Z
        purposes: [marketing.email, advertising.targeted, analytics.audience]
        recipients: []
        texts: {en: "We write."}
rules:
  - id: all
    purposes: [marketing.email, advertising.targeted, analytics.audience]
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
    purposes: [marketing.email, advertising.targeted, analytics.audience]
    data_categories: [contact.email]
"""


def publish_policy() -> None:
    """Put the policy in force from the first of January 2026."""
    alice = make_officer("alice")
    draft = policies.import_policy(text=_POLICY, author_id=alice.pk, at=JAN_1)
    submit(draft)
    approve(draft, by="bob")
    policies.publish(version_id=draft.version_id, effective_at=JAN_1, at=JAN_1)


def make_tc(*purposes: int, made_at: datetime = NOON - DAY, **changes: Any) -> str:
    """Return a TC string that consents to `purposes`, made on the day of `made_at`."""
    day = made_at.replace(hour=0, minute=0, second=0, microsecond=0)
    string = TCString(
        created=day,
        last_updated=day,
        cmp_id=31,
        cmp_version=640,
        consent_screen=1,
        consent_language="EN",
        vendor_list_version=126,
        policy_version=4,
        is_service_specific=True,
        use_non_standard_texts=False,
        special_feature_opt_ins=IdSet(),
        purposes_consent=IdSet.of(purposes),
        purposes_legitimate_interest=IdSet(),
        purpose_one_treatment=False,
        publisher_country_code="DE",
        vendor_consents=IdSet.of([2, 6, 8]),
        vendor_legitimate_interests=IdSet(),
        disclosed_vendors=IdSet.of([2, 6, 8]),
    )
    return tcf.encode(replace(string, **changes))


def make_body(**changes: Any) -> dict[str, Any]:
    """Return a request about the person who lives in Germany, with `changes`."""
    residence = {"name": "residence", "value": "DE", "effective_at": "2026-01-05T10:00:00Z"}
    return {"identifiers": PERSON, "facts": [residence], **changes}


def signals(**given: Any) -> dict[str, Any]:
    """Return the signals of a request, given to Acme on its notice."""
    return {"controller": "acme", "notice": "privacy", "notice_version": 1, **given}


def choose(purpose: str, choice: str, made_at: datetime = NOON, **changes: Any) -> dict[str, Any]:
    """Return a choice of the person's own."""
    return {
        "purpose": purpose,
        "choice": choice,
        "controller": "acme",
        "effective_at": made_at.isoformat(),
        "notice": "privacy",
        "notice_version": 1,
        **changes,
    }


def read(body: dict[str, Any], *, at: datetime = NOON) -> NewRow:
    """Return a request's row, which is in order."""
    row = read_row(body, vocabulary=get_vocabulary(at=at), at=at, is_act=True)
    assert isinstance(row, NewRow), row
    return row


def say(*, at: datetime = NOON, **changes: Any) -> Recorded:
    """Record one request about the person at `at`."""
    [outcome] = record_rows(rows=[read(make_body(**changes), at=at)], source="test", at=at)
    assert isinstance(outcome, Recorded), outcome
    return outcome


def list_written() -> list[tuple[str, str, str]]:
    """Return the purpose, choice and method of all records, in the order they were written."""
    rows = ConsentRecord.objects.order_by("subject", "version")
    return list(rows.values_list("purpose", "choice", "method"))


def count_signals() -> int:
    """Return how many signals are on record."""
    return RecordedSignal.objects.count()
