"""A policy that owes a recipient people's strings, a vendor list that knows it, and people with strings."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from consent.policies import services as policies
from consent.policies.types import ImportedPolicy
from consent.records.queries import get_vocabulary
from consent.records.rules.rows import read_row
from consent.records.services import record_rows
from consent.records.types import NewRow, Recorded
from tests.policy_officers import approve, make_officer, submit
from tests.signals_world import EVERYTHING, make_tc

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ADS, AUDIENCE = "advertising.targeted", "analytics.audience"
VENDOR, LIST_VERSION = 6, 126
"""The recipient's number, and the vendor list that strings here are made by."""
QUESTION: dict[str, Any] = {"purpose": AUDIENCE, "destination": "vendor", "controller": "acme"}
OWED = "{signal: {tc_string: tcf}}"

_POLICY = """
schema: accordant/policy/1
policy: acme
title: Acme
controllers:
  acme: {title: Acme, establishment: [GB]}
  other: {title: Other brand, establishment: [GB]}
jurisdictions:
  DE: {title: Germany}
  US: {title: United States}
  GB: {title: United Kingdom}
data_categories:
  contact.email: {title: E-mail address, data_category: user.contact.email}
purposes:
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
        purposes: [advertising.targeted, analytics.audience]
        recipients: []
        texts: {en: "We count."}
rules:
  - id: germany
    purposes: [analytics.audience, advertising.targeted]
    jurisdictions: [DE]
    basis: consent
    data_categories: [contact.email]
    transfer_countries: [US]
    obligations: {}
  - id: america
    purposes: [analytics.audience, advertising.targeted]
    jurisdictions: [US]
    basis: opt_out
    data_categories: [contact.email]
    transfer_countries: [US]
    obligations: {signal: {us_privacy: usp}}
  - id: home
    purposes: [analytics.audience, advertising.targeted]
    jurisdictions: [GB]
    basis: opt_out
    data_categories: [contact.email]
    transfer_countries: [US]
destinations:
  vendor:
    title: Vendor
    kind: ad_platform
    role: processor
    country: US
    contract: DPA-1
    purposes: [analytics.audience, advertising.targeted]
    data_categories: [contact.email]
"""


def import_draft(owed: str = OWED, *, author: str = "author", at: datetime = JAN_1) -> ImportedPolicy:
    """Import a draft of the policy, which owes `owed` in Germany."""
    text = _POLICY.replace("obligations: {}", f"obligations: {owed}")
    return policies.import_policy(text=text, author_id=make_officer(author).pk, at=at)


def write_policy(
    *, owed: str = OWED, author: str = "author", approver: str = "approver", at: datetime = JAN_1
) -> None:
    """Publish the policy, which owes `owed` in Germany, from `at` on."""
    draft = import_draft(owed, author=author, at=at)
    submit(draft)
    approve(draft, by=approver)
    policies.publish(version_id=draft.version_id, effective_at=at, at=at)


def make_world(*, owed: str = OWED, vendor: int | None = None, purposes: tuple[int, ...] = ()) -> None:
    """Publish the policy, which owes `owed` in Germany, and register its recipient."""
    write_policy(owed=owed)
    register_destination(
        slug="vendor",
        kind=DestinationKind.AD_PLATFORM,
        title="Vendor",
        registered_by="officer",
        at=JAN_1,
        tcf_vendor=vendor,
        tcf_purposes=purposes,
    )


def make_string(language: str = "EN", **changes: Any) -> str:
    """Return a TC string that consents to everything; people's differ by the `language`."""
    return make_tc(*changes.pop("purposes", EVERYTHING), consent_language=language, **changes)


def choose(purpose: str, choice: str, made_at: datetime = NOON) -> dict[str, Any]:
    """Return a choice of the person's own."""
    return {
        "purpose": purpose,
        "choice": choice,
        "controller": "acme",
        "effective_at": made_at.isoformat(),
        "notice": "privacy",
        "notice_version": 1,
    }


def say(
    customer: str,
    *choices: dict[str, Any],
    lives: str = "DE",
    at: datetime = NOON,
    controller: str = "acme",
    **strings: str,
) -> None:
    """Record what a customer chose, and the strings that came with it."""
    sent = {"controller": controller, "notice": "privacy", "notice_version": 1, **strings}
    body = {
        "identifiers": [{"kind": "customer_id", "value": customer}],
        "facts": [{"name": "residence", "value": lives, "effective_at": "2026-01-05T10:00:00Z"}],
        "choices": list(choices),
        **({"signals": sent} if strings else {}),
    }
    row = read_row(body, vocabulary=get_vocabulary(at=at), at=at, is_act=True)
    assert isinstance(row, NewRow), row
    [outcome] = record_rows(rows=[row], source="test", at=at)
    assert isinstance(outcome, Recorded), outcome


def agree(customer: str, **strings: Any) -> None:
    """Have a customer agree, in so many words, with these strings beside."""
    say(customer, choose(AUDIENCE, "granted"), **strings)


def keep_vendor_list(folder: Path, *purposes: int, version: int = LIST_VERSION) -> None:
    """Put a vendor list into `folder` in which the recipient declares `purposes`, on consent."""
    named = {str(number): {"id": number, "name": f"Purpose {number}"} for number in range(1, 12)}
    told = {
        "gvlSpecificationVersion": 3,
        "vendorListVersion": version,
        "tcfPolicyVersion": 4,
        "lastUpdated": "2026-05-28T16:00:00Z",
        "purposes": named,
        "specialPurposes": {},
        "features": {},
        "specialFeatures": {},
        "vendors": {
            str(VENDOR): {
                "id": VENDOR,
                "name": "Vendor",
                "purposes": list(purposes),
                "legIntPurposes": [],
                "flexiblePurposes": [],
                "specialPurposes": [],
                "features": [],
                "specialFeatures": [],
            }
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"vendor-list-v{version}.json").write_text(json.dumps(told))


def write_audience(folder: Path, *customers: str) -> None:
    """Write an audience of these customers as CSV."""
    (folder / "audience.csv").write_text(
        "\n".join(["customer_id,spent", *(f"{one},1" for one in customers), ""])
    )
