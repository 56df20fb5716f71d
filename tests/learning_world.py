"""A shop that computes features, trains models and sends audiences, for the tests of learning and scoring."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from consent.policies.queries import get_policy_in_force
from consent.records.rules.rows import read_row
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.services import record_rows
from consent.records.types import NewRow
from tests.enforcement_world import JAN_1, JUNE_1, publish_policy

POLICY = """
schema: accordant/policy/1
policy: shop
title: Shop policy
controllers:
  shop: {title: The shop, establishment: [DE]}
jurisdictions:
  DE: {title: Germany}
data_categories:
  contact.email: {title: E-mail address, data_category: user.contact.email}
  purchases.history: {title: What was bought, data_category: user.behavior.purchase_history}
purposes:
  ml:
    title: Machine learning
    description: Everything that models learn from you. Say no here, and all of it stops.
    data_categories: []
    data_use: analytics
  ml.features:
    title: Figures for models
    description: Work out figures about what you buy.
    data_categories: [purchases.history]
    data_use: analytics
  ml.training:
    title: Training of models
    description: Let models learn from what you bought.
    data_categories: [purchases.history]
    data_use: analytics
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
        purposes: [ml.features, ml.training, advertising.audience]
        recipients: [ads]
        texts: {en: "We work out figures, train models, and advertise with Ads."}
      2:
        published_at: 2025-01-15T00:00:00Z
        purposes: [ml.features, ml.training, advertising.audience]
        recipients: [ads, modeller]
        texts: {en: "We work out figures, train models, advertise with Ads; Modeller trains its own models."}
rules:
  - id: features
    purposes: [ml.features]
    jurisdictions: [DE]
    basis: legitimate_interest
    assessment: LIA-1
    data_categories: [purchases.history]
    transfer_countries: [DE]
    obligations: {drop: [birthday], mask: {customer_id: sha256}}
  - id: training
    purposes: [ml.training]
    jurisdictions: [DE]
    basis: consent
    validity: P12M
    notice: {key: privacy, oldest_version: 1}
    data_categories: [purchases.history]
    transfer_countries: [DE, US]
    obligations: {drop: [birthday, email], mask: {customer_id: sha256}}
  - id: audiences
    purposes: [advertising.audience]
    jurisdictions: [DE]
    basis: consent
    direct_marketing: true
    validity: P12M
    notice: {key: privacy, oldest_version: 1}
    data_categories: [contact.email]
    transfer_countries: [US]
    obligations: {drop: [score], mask: {email: sha256}}
destinations:
  features:
    title: Feature store
    kind: feature_store
    role: processor
    country: DE
    contract: DPA-1
    purposes: [ml.features, ml.training]
    data_categories: [purchases.history]
  modeller:
    title: Modeller
    kind: file
    role: third_party
    country: US
    contract: C2C-1
    purposes: [ml.training]
    data_categories: [purchases.history]
  ads:
    title: Ads
    kind: ad_platform
    role: third_party
    country: US
    contract: C2C-2
    purposes: [advertising.audience]
    data_categories: [contact.email]
"""

ANNA, BERT, CLEO, DORA = "00001", "00002", "00003", "00004"
"""Anna's notice named the modeller, and Bert's did not; Cleo objects to all learning; nobody knows Dora."""
KINDS = {
    "features": DestinationKind.FEATURE_STORE,
    "modeller": DestinationKind.FILE,
    "ads": DestinationKind.AD_PLATFORM,
}


def make_learning_world() -> None:
    """Publish the policy, register its destinations, and record what the customers chose."""
    publish_policy(POLICY)
    for slug, kind in KINDS.items():
        register_destination(slug=slug, kind=kind, title=slug, registered_by="officer", at=JAN_1)
    choose(ANNA, {"ml.training": "granted", "advertising.audience": "granted"}, notice_version=2)
    choose(BERT, {"ml.training": "granted", "advertising.audience": "granted"}, notice_version=1)
    choose(CLEO, {"advertising.audience": "granted", "ml": "objected"}, notice_version=2)


def choose(customer: str, choices: Mapping[str, str], *, notice_version: int = 2, month: int = 2) -> None:
    """Record what a customer chose for each purpose in a month of 2026."""
    policy = get_policy_in_force(at=JUNE_1)
    assert policy is not None
    row = read_row(
        {
            "identifiers": [{"kind": "customer_id", "value": customer}],
            "choices": [
                _choice(purpose, choice, notice_version, month) for purpose, choice in choices.items()
            ],
            "facts": [{"name": "residence", "value": "DE", "effective_at": "2026-01-05T10:00:00Z"}],
        },
        vocabulary=read_vocabulary(policy.canonical),
        at=JUNE_1,
    )
    assert isinstance(row, NewRow), row
    record_rows(rows=[row], source="test", at=JUNE_1)


def _choice(purpose: str, choice: str, notice_version: int, month: int) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "choice": choice,
        "controller": "shop",
        "effective_at": f"2026-{month:02}-05T10:00:00Z",
        "notice": "privacy",
        "notice_version": notice_version,
        "method": "checkbox",
        "form": "account",
    }


FEATURES = pa.schema(
    [
        pa.field("customer_id", pa.string(), nullable=False),
        ("email", pa.string()),
        ("birthday", pa.date32()),
        ("spent", pa.decimal128(38, 9)),
        ("bought_at", pa.timestamp("ns", tz="Europe/Berlin")),
        ("vector", pa.list_(pa.float32(), 3)),
        ("orders", pa.list_(pa.struct([("sku", pa.string()), ("prices", pa.list_(pa.decimal128(9, 2)))]))),
        ("labels", pa.map_(pa.string(), pa.int64())),
        ("tier", pa.dictionary(pa.int8(), pa.string())),
    ]
)


def feature_rows() -> list[dict[str, Any]]:
    """Return one row for each customer, whose values are easily lost a little of."""
    return [
        {
            "customer_id": customer,
            "email": f"c{number}@customers.example",
            "birthday": datetime(1980, 2, 29, tzinfo=UTC).date(),
            "spent": Decimal("12345678901234567890.123456789") + number,
            "bought_at": 1_767_225_600_123_456_789 + number,
            "vector": [0.1 * number, -0.0, float("inf")],
            "orders": [{"sku": f"lp-{number}", "prices": [Decimal("9.90"), None]}, None],
            "labels": [("returns", number), ("empty", None)],
            "tier": f"tier-{number}",
        }
        for number, customer in enumerate((ANNA, BERT, CLEO, DORA), 1)
    ]


def write_features(path: Path) -> pa.Table:
    """Write the feature table as Parquet, and return it."""
    table = pa.Table.from_pylist(feature_rows(), schema=FEATURES)
    parquet.write_table(table, path)
    return table
