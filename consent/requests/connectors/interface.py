"""What every kind of system is to a step: one interface, held by one conformance suite.

A connector never decides: holds, grounds and maskings are told to it. It may be asked the same again, after a
crash or a lost answer, with the same key: the second time finds done what the first one did. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.requests.types import Masking, OnErasure, Outcome, Person, StepAction
from consent.subjects.types import IdentifierKind

Row = Mapping[str, Any]
"""A row that was found: column -> text, number, boolean, date, or None."""
Sink = Callable[[str, Row], None]
"""Takes a dataset's name and one row of it; called row by row, so that a million of them need no memory."""


class SystemFailed(DeliveryFailed):
    """The system did not answer now, or not in time. Later it may: the step is tried again."""

    code = "system_failed"


class SystemRefused(DeliveryRefused):
    """The system, or how it is declared, stands against it: the same again would fail again."""

    code = "system_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredField:
    """One field of a dataset, as the data map declares it."""

    name: str
    category: str
    identifier_kind: IdentifierKind | None = None
    masking: Masking = Masking.NULL
    replacement: str = ""
    keep_ground: str = ""
    in_access: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredReference:
    """Rows are a person's where `field` is the `to_field` of a row of `to_dataset` that is."""

    field: str
    to_dataset: str
    to_field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredDataset:
    """One dataset, as the data map declares it."""

    name: str
    fields: tuple[DeclaredField, ...]
    references: tuple[DeclaredReference, ...] = ()
    key_fields: tuple[str, ...] = ()
    on_erasure: OnErasure = OnErasure.DELETE
    keep_ground: str = ""
    in_access: bool = True
    hold: str = ""
    """The legal hold that stands on these rows: they are neither erased nor masked. Empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSystem:
    """One system, as the data map declares it, with what is needed to reach it."""

    slug: str
    address: str = field(default="", repr=False)
    """Of a database: its URL, which holds a password."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secret: str = field(default="", repr=False)
    datasets: tuple[DeclaredDataset, ...] = ()
    allow_local: bool = False
    hash_key: bytes = field(default=b"", repr=False)
    """Of the masking `hash`: the same value has the same pseudonym in every dataset of the system."""


class Connector(Protocol):
    """One system, ready to be asked. All raise `SystemFailed` or `SystemRefused`; messages name nobody."""

    def probe(self) -> str:
        """Return what was found, in one line: that the system answers, and holds what is declared."""
        ...

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:
        """Show what an erasure would touch, up to `limit` rows a dataset; nothing is changed.

        `done` of a dataset's report is how many rows would go, `kept` how many would stay.
        """
        ...

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:
        """Hand over every row of the person's, of the datasets that an access package has."""
        ...

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:
        """Correct fields: `corrections` has the data category or `dataset.field` -> what it should be."""
        ...

    def restrict(self, person: Person, *, key: str) -> Outcome:
        """Mark the person's data as restricted (GDPR Art. 18)."""
        ...

    def erase(self, person: Person, *, key: str) -> Outcome:
        """Erase, or mask, what is not held or kept on a ground; the outcome says what was kept and why."""
        ...

    def verify_gone(self, person: Person, *, key: str) -> Outcome:
        """Ask again: DONE if nothing is left but what is kept on a ground, PARTLY_DONE if something is."""
        ...


@runtime_checkable
class Polled(Protocol):
    """A connector whose system takes what it is asked, and is asked later how far it is."""

    poll_seconds: float
    """How long to wait before it is asked again."""

    def resume(self, action: StepAction, person: Person, sink: Sink, *, key: str, reference: str) -> Outcome:
        """Ask how far the system is with what it called `reference`; WAITING if it is not done."""
        ...
