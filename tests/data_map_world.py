"""Rows of the data map, for tests."""

from datetime import UTC, datetime
from typing import Any

from consent.requests.models import Dataset, Field, LegalHold, Reference, System
from consent.requests.types import SystemKind
from consent.subjects.types import IdentifierKind

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def make_system(slug: str = "shop", **changes: Any) -> System:
    """Return a database of customers and their orders."""
    system = System.objects.create(
        **{"slug": slug, "title": "Shop", "kind": SystemKind.SQL.value, "connection": "shop", **changes}
    )
    customers = Dataset.objects.create(
        system=system, name="customers", title="Customers", key_fields=["customer_id"]
    )
    orders = Dataset.objects.create(system=system, name="orders", title="Orders", key_fields=["id"])
    for name, kind in (("customer_id", IdentifierKind.CUSTOMER_ID), ("email", IdentifierKind.EMAIL)):
        Field.objects.create(
            dataset=customers, name=name, category="user.contact", identifier_kind=kind.value
        )
    Field.objects.create(dataset=orders, name="note", category="user.content")
    Reference.objects.create(dataset=orders, field="customer", to_dataset=customers, to_field="customer_id")
    return system


def place_hold(**changes: Any) -> LegalHold:
    """Return a hold that stands."""
    return LegalHold.objects.create(
        **{"reference": "case 12", "ground": "claims", "since": NOON.date(), **changes}
    )
