"""What the graph keeps of one event: everything else of it is forgotten before it is stored.

Left out on purpose, since they may speak of people: SQL text, source code, error messages, stack traces,
environments, and every facet that is not named here.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from lineage.graph.types import Origin


class ColumnFact(msgspec.Struct, frozen=True, array_like=True, order=True):
    """An output column, or "" for which rows there are, that rests on a column of an input."""

    output: str
    namespace: str
    name: str
    column: str
    type: str = ""
    subtype: str = ""
    masking: bool = False


class DatasetFact(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A dataset, as one event told of it. None: the event did not say."""

    namespace: str
    name: str
    direction: str = ""
    """`input`, `output`, or "" if no job of the event read or wrote it."""
    columns: tuple[tuple[str, str], ...] | None = None
    tags: tuple[tuple[str, str, str], ...] | None = None
    owners: tuple[str, ...] | None = None
    documentation: str | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    rows: int | None = None
    size: int | None = None
    lineage: tuple[ColumnFact, ...] | None = None


class JobFact(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A job, as one event told of it."""

    namespace: str
    name: str
    purpose: str | None = None
    legal_basis: str | None = None
    owners: tuple[str, ...] | None = None
    documentation: str | None = None


class RunFact(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A run, as one event told of it."""

    run_id: str
    state: str
    parent: str | None = None
    decision: Mapping[str, Any] | None = None
    """Only of ours."""


class Facts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One event, as far as the graph keeps it."""

    at: str
    """UTC, always to the microsecond, so that texts sort as times do."""
    origin: Origin
    producer: str = ""
    job: JobFact | None = None
    run: RunFact | None = None
    datasets: tuple[DatasetFact, ...] = ()


def pack(facts: Facts) -> bytes:
    """Return the facts as JSON: the same facts, the same bytes."""
    return msgspec.json.encode(facts)


def unpack(packed: bytes | str) -> Facts:
    """Return the facts that `pack` packed."""
    return msgspec.json.decode(packed, type=Facts)


def digest_of(packed: bytes) -> bytes:
    """Return what identifies the packed facts: two events that tell the same are one."""
    return hashlib.sha256(packed).digest()


def digest_name(namespace: str, name: str) -> bytes:
    """Return what identifies a dataset or job of this name, however long the name is."""
    return hashlib.sha256(f"{namespace}\0{name}".encode()).digest()


def digest_columns(columns: tuple[ColumnFact, ...]) -> str:
    """Return what identifies the column lineage of an output."""
    return hashlib.sha256(msgspec.json.encode(columns)).hexdigest()[:32]
