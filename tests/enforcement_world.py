"""A shop with a few customers, and their audience, for the tests of enforcement."""

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils import timezone

from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from activation.enforcement import services
from activation.enforcement.types import RunResult
from consent.policies import services as policies
from consent.policies.queries import get_policy_in_force
from consent.records.rules.rows import read_row
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.services import record_rows
from consent.records.types import NewRow
from lineage.outbox.models import OutboxEvent
from tests.policy_officers import approve, make_officer, submit

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
JUNE_1 = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When the choices were sent. They are known from when the database recorded them: so a run is now."""

POLICY = """
schema: accordant/policy/1
policy: shop
title: Shop policy
controllers:
  shop: {title: The shop, establishment: [DE]}
jurisdictions:
  DE: {title: Germany}
  GB: {title: United Kingdom}
data_categories:
  contact.email: {title: E-mail address, data_category: user.contact.email}
purposes:
  advertising.audience:
    title: Audiences
    description: Show our offers to customers elsewhere.
    data_categories: [contact.email]
    data_use: marketing.advertising
notices:
  privacy:
    title: Privacy notice
    versions:
      1:
        published_at: 2024-01-15T00:00:00Z
        purposes: [advertising.audience]
        recipients: [ads]
        texts: {en: "We do."}
rules:
  - id: germany
    purposes: [advertising.audience]
    jurisdictions: [DE]
    basis: consent
    data_categories: [contact.email]
    transfer_countries: [US]
    obligations: {mask: {email: sha256}, set: {ad_personalization: granted}}
  - id: britain
    purposes: [advertising.audience]
    jurisdictions: [GB]
    basis: consent
    data_categories: [contact.email]
    transfer_countries: [US]
    obligations: {drop: [phone], mask: {email: sha256}, set: {ad_personalization: granted}}
destinations:
  ads:
    title: Ads
    kind: ad_platform
    role: third_party
    country: US
    contract: DPA-1
    purposes: [advertising.audience]
    data_categories: [contact.email]
"""

GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER = "00001", "00002", "00003", "00004", "00005"
AUDIENCE = [
    {"customer_id": GERMAN, "email": "C1@customers.example", "phone": "+491701234561", "spent": "10.50"},
    {"customer_id": BRITON, "email": "c2@customers.example", "phone": "+441701234562", "spent": "07"},
    {"customer_id": WITHDRAWN, "email": "c3@customers.example", "phone": "", "spent": ""},
    {"customer_id": REFUSED, "email": "c4@customers.example", "phone": "", "spent": ""},
    {"customer_id": STRANGER, "email": "c5@customers.example", "phone": "", "spent": ""},
    {"customer_id": "", "email": "", "phone": "+491701234566", "spent": "1"},
    {"customer_id": GERMAN, "email": "no address", "phone": "", "spent": "1"},
]
QUESTION = {"purpose": "advertising.audience", "destination": "ads", "controller": "shop"}


def make_world() -> None:
    """Publish the policy, register its destination, and record what the customers chose."""
    publish_policy()
    register_ads()
    record_choices(GERMAN, "DE", "granted")
    record_choices(BRITON, "GB", "granted")
    record_choices(WITHDRAWN, "DE", "granted", "withdrawn")
    record_choices(REFUSED, "DE", "refused")


def publish_policy(text: str = POLICY, *, version: int = 1) -> None:
    """Put a policy in force from the first of January, or, a later version, from now."""
    at = JAN_1 if version == 1 else timezone.now()
    draft = policies.import_policy(text=text, author_id=make_officer("author").pk, at=at)
    submit(draft)
    approve(draft, by="approver")
    policies.publish(version_id=draft.version_id, effective_at=at, at=at)


def register_ads() -> None:
    """Register the policy's destination."""
    register_destination(
        slug="ads", kind=DestinationKind.AD_PLATFORM, title="Ads", registered_by="officer", at=JAN_1
    )


def record_choices(customer: str, residence: str, *choices: str) -> None:
    """Record what a customer chose, a month after the other."""
    policy = get_policy_in_force(at=JUNE_1)
    assert policy is not None
    row = read_row(
        {
            "identifiers": [
                {"kind": "customer_id", "value": customer},
                {"kind": "email", "value": f"c{int(customer)}@customers.example"},
            ],
            "choices": [_choice(choice, month) for month, choice in enumerate(choices, 2)],
            "facts": [{"name": "residence", "value": residence, "effective_at": "2026-01-05T10:00:00Z"}],
        },
        vocabulary=read_vocabulary(policy.canonical),
        at=JUNE_1,
    )
    assert isinstance(row, NewRow), row
    record_rows(rows=[row], source="test", at=JUNE_1)


def _choice(choice: str, month: int) -> dict[str, Any]:
    return {
        "purpose": "advertising.audience",
        "choice": choice,
        "controller": "shop",
        "effective_at": f"2026-{month:02}-05T10:00:00Z",
        "notice": "privacy",
        "notice_version": 1,
        "method": "checkbox",
        "form": "account",
    }


def write_csv(folder: Path, rows: list[dict[str, str]] | None = None) -> Path:
    """Write the audience as CSV and return its path."""
    path = folder / "audience.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(AUDIENCE[0]))
        writer.writeheader()
        writer.writerows(AUDIENCE if rows is None else rows)
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(folder: Path, **changes: Any) -> RunResult:
    """Enforce the audience in `folder` to `out.csv` beside it, with `changes` to the call."""
    arguments: dict[str, Any] = {
        **QUESTION,
        "input_path": folder / "audience.csv",
        "output_path": folder / "out.csv",
        "at": timezone.now(),
        **changes,
    }
    return services.enforce_audience(**arguments)


def list_names(folder: Path) -> list[str]:
    """Return the names of the files in `folder`."""
    return sorted(path.name for path in folder.iterdir())


def list_events(run_id: UUID) -> list[Mapping[str, Any]]:
    """Return the lineage events of a run, in order."""
    events = OutboxEvent.objects.filter(run_id=run_id).order_by("sequence")
    return [json.loads(json.dumps(event.payload)) for event in events]
