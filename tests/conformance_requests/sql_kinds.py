"""Running a test on each database, and declaring tables briefly."""

from collections.abc import Mapping
from typing import Any

import pytest

from consent.requests.connectors.interface import DeclaredDataset, DeclaredField, DeclaredReference
from consent.requests.types import Masking
from consent.subjects.types import IdentifierKind

DATABASES = ("sql-postgresql", "sql-mariadb", "sql-sqlite")
ID, EMAIL, PHONE = IdentifierKind.CUSTOMER_ID, IdentifierKind.EMAIL, IdentifierKind.PHONE


def databases(*names: str) -> pytest.MarkDecorator:
    """Run on these."""
    named = [pytest.param(name, marks=pytest.mark.xdist_group(f"systems {name}")) for name in names]
    return pytest.mark.parametrize("harness", named, indirect=True)


def field(name: str, kind: IdentifierKind | None = None, **rest: Any) -> DeclaredField:
    return DeclaredField(name=name, category=f"user.{name}", identifier_kind=kind, **rest)


def kept(name: str, kind: IdentifierKind | None = None) -> DeclaredField:
    return field(name, kind, masking=Masking.KEEP, keep_ground="tells rows apart")


def dataset(
    name: str, *fields: DeclaredField, to: Mapping[str, str] | None = None, **rest: Any
) -> DeclaredDataset:
    """Declare a table. `to`: its fields that refer, each to `table.field`."""
    references = tuple(
        DeclaredReference(field=one, to_dataset=other.partition(".")[0], to_field=other.partition(".")[2])
        for one, other in (to or {}).items()
    )
    return DeclaredDataset(name=name, fields=fields, references=references, **rest)
