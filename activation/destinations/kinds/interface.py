"""What every kind of destination is to a run: one interface, held by one conformance suite.

A run hands over rows that were all decided and may leave. A connector never decides, and never adds a row.
Pure: no Django.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pyarrow as pa

from activation.destinations.types import is_slug
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind
from lineage.events.naming import DatasetName

Progress = Callable[[int], None]
"""Called with the number of rows that the recipient has taken so far."""


class ListingUnsupported(DeliveryRefused):
    """The recipient tells nobody whom it holds: what is there can be looked at by hand only."""

    code = "listing_unsupported"


def refuse_unless_slug(audience: str) -> None:
    """Return if an audience may be named so: files and objects are, which must lead nowhere else.

    :raises DeliveryRefused: otherwise.
    """
    if not is_slug(audience):
        raise DeliveryRefused(
            "an audience is named by 1 to 64 lower-case letters, digits, '_' and '-', the first a letter"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The allowed rows of one run, obligations applied."""

    run_id: UUID
    """Names the delivery: the same one, handed over twice, must be there once."""
    audience: str
    """Which audience at the recipient this is: a slug. A later delivery of it takes the place of an earlier
    one where the kind can replace."""
    purpose: str
    destination: str
    controller: str
    schema: pa.Schema
    rows: int
    batches: Callable[[], Iterator[pa.RecordBatch]]
    """Reads the rows from the start; may be called more than once."""
    identifiers: Mapping[IdentifierKind, str]
    """The columns of `schema` that carry identifiers. A masked one carries SHA-256 in hex, under its hashed
    kind."""
    manifest: bytes
    """The run's signed manifest, to be given to the recipient where the kind has a place for it."""
    not_after: datetime | None
    """When the first of the allows ends: nothing may be handed over later."""

    def __post_init__(self) -> None:
        refuse_unless_slug(self.audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """People to be taken out of an audience: a withdrawal came while, or after, they were sent."""

    removal_id: UUID
    """Names the removal: the same one twice is as once. Where a recipient takes a key, it is made of this."""
    audience: str
    schema: pa.Schema
    """The identifier columns only."""
    batches: Callable[[], Iterator[pa.RecordBatch]]
    """One row for each person, with the identifiers as they were sent. An empty one names nobody."""
    identifiers: Mapping[IdentifierKind, str]
    """All the columns that the audience was sent with and that carry identifiers, as in the delivery."""

    def __post_init__(self) -> None:
        refuse_unless_slug(self.audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the recipient acknowledged."""

    reference: str
    """The recipient's own name for what it took, such as a job's id; never personal data."""
    rows: int


class Connector(Protocol):
    """One recipient, as its settings and credentials describe it.

    Everything raises `DeliveryRefused` or `DeliveryFailed`, with a message that tells the operator what to
    do, and holds neither a secret nor anything of a row. What `batches` raises passes as it is.
    """

    def check(self) -> None:
        """Return if the recipient can be reached and lets us in. Sends nobody's data, changes nothing."""
        ...

    def prepare(self, delivery: Delivery) -> None:
        """Return if the recipient can take the rows as they are. Sends nothing, and is called first."""
        ...

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Hand over all the rows: whole, or, where the recipient cannot, so that a repeat completes it.

        Called again with the same `run_id` after a failure or a death, it leaves each row there once.
        """
        ...

    def remove(self, removal: Removal) -> Receipt:
        """Take out whoever has any of the identifiers, and nobody else.

        One who is not there is no error, nor is an audience that never was. What this returns for is done:
        somebody else who writes the audience meanwhile does not bring the people back.
        """
        ...

    def list_held(self, audience: str, identifiers: Mapping[IdentifierKind, str]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the audience that are there now: these columns only, as text, as it lies there.

        In memory that does not grow with the audience, in any order. A column that is not there, and a value
        that is not, are null. An audience that never was holds nobody. What it raises comes with the call or
        while it is read; only what was read to its end is the whole.

        :raises ListingUnsupported: if the recipient does not tell.
        :raises DeliveryRefused: if rows are there, and none of the columns.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What this installation allows its connectors, whatever a destination's settings say."""

    allow_local: bool = False
    """Whether loopback and private addresses may be connected to."""
    folder: Path | None = None
    """Below it, and nowhere else, files may be written. None: nowhere."""
    clock: Callable[[], datetime] | None = None
    """Tells the time to kinds that sign it. Whoever faces the outside gives it (`timezone.now`)."""


NameDataset = Callable[[Any, str, Surroundings], DatasetName | None]
"""Settings, an audience and what is allowed here -> what OpenLineage calls the place that the rows go to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of destination, as the register offers it."""

    slug: str
    title: str
    settings: type[Any]
    """A frozen `msgspec.Struct` (`forbid_unknown_fields=True`) that says what the register asks for."""
    secrets: Mapping[str, str]
    """Name of each credential -> what it is, for the officer who enters it. Kept sealed.

    Which of them the settings need, `open` says.
    """
    open: Callable[[Any, Mapping[str, str], Surroundings], Connector]
    """Settings, opened credentials and what is allowed here -> the connector. Connects to nothing yet.

    :raises DeliveryRefused: if they make no sense together.
    """
    replaces: bool
    """Whether a delivery takes the place of the audience's earlier one. Else rows are added."""
    lists: bool
    """Whether the recipient tells whom it holds (`list_held`)."""
    unlisted: str = ""
    """Why not, in a sentence for the reference, where it does not."""
    name_dataset: NameDataset = lambda settings, audience, surroundings: None  # noqa: ARG005
    """Connects to nothing. None: OpenLineage has no rule for such a place, so the register's name is used."""
