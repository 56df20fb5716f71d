"""What a warehouse holds, who reads it and for what, as the operator describes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp

from activation.decisions.types import Obligation
from consent.kernel.errors import AccordantError
from consent.subjects.types import HASHED_KINDS, IdentifierKind

SUBJECT_REF = "subject_ref"
"""The kind of a key column that holds subject references."""


class WarehouseMalformed(AccordantError):
    """The description of the warehouse cannot be meant so."""

    code = "warehouse_malformed"


class ReaderNotPermitted(AccordantError):
    """The policy lets nobody be read by this reader: its purpose or destination is not in it."""

    code = "reader_not_permitted"


class Product(StrEnum):
    """A warehouse that policies can be generated for."""

    POSTGRESQL = "postgresql"
    SNOWFLAKE = "snowflake"
    BIGQUERY = "bigquery"
    DATABRICKS = "databricks"

    @property
    def dialect(self) -> str:
        """The name of its language in sqlglot."""
        return "postgres" if self is Product.POSTGRESQL else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A role, group or principal of the warehouse, and the one question that its reading is about."""

    role: str
    purpose: str
    destination: str
    controller: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column, and the field that obligations know it as."""

    name: str
    field: str
    type: str = ""
    """Its type in the warehouse's words; empty: text."""

    @property
    def names(self) -> frozenset[str]:
        """What obligations may call it: its field; and for a SHA-256 form, the plain kind too."""
        name = self.field.casefold()
        return frozenset({name, *(plain for hashed, plain in HASHED_KINDS.items() if hashed == name)})

    def owed(self, obligations: Iterable[Obligation], kind: str) -> list[Obligation]:
        """Return those of `obligations` that are of `kind` and speak of this column, in a fixed order."""
        found = {one for one in obligations if one.kind == kind and one.field in self.names}
        return sorted(found, key=lambda one: (one.field, one.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedTable:
    """A table of people, and the column that holds their keys."""

    path: tuple[str, ...]
    key: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The whole description."""

    mapping: tuple[str, ...]
    """The consent mapping table."""
    policies: tuple[str, ...]
    """The schema or data set that policies, functions and views are made in."""
    key_kind: str
    """What key columns hold: the blind index of an identifier kind, or `subject_ref`."""
    freshness_minutes: int
    readers: tuple[Reader, ...]
    tables: tuple[GuardedTable, ...]
    region: str = ""
    """BigQuery's location of data policies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A reader, and everything that the policy may ask to be done for it."""

    reader: Reader
    foreseen: frozenset[Obligation]
    always: frozenset[Obligation] = frozenset()
    """Those that every rule asks, and so of everybody."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for the warehouse, and the trees that it is made of (which sqlglot can read again)."""

    text: str
    bodies: tuple[exp.Expr, ...] = ()


KEY_KINDS = frozenset({SUBJECT_REF, *(kind for kind in IdentifierKind if kind not in HASHED_KINDS)})
