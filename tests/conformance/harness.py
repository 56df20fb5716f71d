"""What a kind of destination shows to the conformance suite.

To add a kind: write `tests/conformance/harness_<kind>.py` with a subclass of `Harness` and a context
manager that starts the recipient and gives the harness, and add that to `HARNESSES` in
`tests/conformance/kinds.py`. The suite (`test_*.py` in this folder) then runs on it. A test fails while a
kind of the registry has no harness. Run one kind alone with `./dev test tests/conformance -k <kind>`.

The recipient is the real thing where one can run here (a folder, PostgreSQL, a Kafka broker). Only for a
service of a third party there is a fake, faithful to its public documents: it checks requests, answers as
documented.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid5

import msgspec
import pyarrow as pa

from activation.destinations.kinds.interface import (
    Connector,
    Delivery,
    Kind,
    Removal,
    Surroundings,
)
from consent.subjects.types import IdentifierKind
from tests.conformance.sample import IDENTIFIERS, PLANTED_VALUE, make_sample

Row = dict[str, Any]
Rows = list[Row]
Reply = int | str

AUDIENCE = "lapsed_customers"
MANIFEST = b'{"payload":"of the run","signature":"of the service"}'
RUNS = UUID("6f1d1c6e-4a39-4a43-9a53-3f6d1d8f3e11")
BATCH = 3
"""Rows of one batch: small, so that the sample has several."""


class Fault(StrEnum):
    """A way in which a recipient can be broken."""

    REFUSES = "refuses"  # it is well, and says no: 4xx, no permission, wrong credentials
    IN_TROUBLE = "in trouble"  # it answers that it cannot now: 5xx, shutting down, full
    HANGS = "hangs"  # it takes the connection and says nothing
    UNREACHABLE = "unreachable"  # nobody listens


class Harness:
    """One kind with a recipient of its own. Subclass it; what has a default fits most kinds."""

    kind: Kind
    surroundings = Surroundings(allow_local=True)
    atomic = True
    """Whether a delivery that did not finish shows nothing at the recipient."""
    faults: frozenset[Fault] = frozenset(Fault)
    """The ways in which this recipient can be broken."""
    steps: ClassVar[Sequence[str]] = ()
    """Names (`module.function` or `module.Class.method`) that `deliver` calls, each once or more, while it
    works. The suite dies before and after each call of each, and delivers again."""
    removal_steps: ClassVar[Sequence[str]] = ()
    """The same for `remove`."""
    finds_by: frozenset[str] = frozenset({"customer_id", "email"})
    """The columns of the sample by which the recipient finds people who are to be taken out."""
    longest_seconds = 10.0
    """How long a broken recipient may keep a delivery busy, with the settings below."""

    def settings(self) -> dict[str, Any]:
        """Return valid settings for the recipient, as JSON; time-outs of about a second."""
        raise NotImplementedError

    def secrets(self) -> dict[str, str]:
        """Return the credentials. Each should be a word that stands nowhere else: the suite looks for it."""
        return {}

    def reset(self) -> None:
        """Empty the recipient: called before each test, the recipient itself being started once."""
        raise NotImplementedError

    def held(self, audience: str) -> Rows:
        """Return what the recipient shows now to whoever reads this audience, in any order."""
        raise NotImplementedError

    def broken(self, fault: Fault) -> AbstractContextManager[None]:
        """Break the recipient in that way, until the context is left. Connectors may be made in it."""
        raise NotImplementedError

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        """Yield changes to `settings()` that must be refused, each with a word that the message must have.

        The value None takes the setting away. Unknown settings and missing ones are tried anyway.
        """
        return ()

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        """Yield deliveries that `prepare` must refuse, each with a word that the message must have."""
        return ()

    def disturb(self, *replies: Reply) -> bool:  # noqa: ARG002 - of those that answer requests
        """Let the service answer so, once each; return whether this recipient is one that answers requests.

        A reply is a status, or `lost` (it is done, the answer is lost), `half` or `close`.
        """
        return False

    def masked(self) -> dict[str, Any]:
        """Return changes to `settings()` with which addresses that were masked before are taken."""
        return {}

    def sample(self) -> pa.Table:
        """Return the rows that are delivered. Override it where the kind cannot take every type."""
        return make_sample()

    def many(self, count: int) -> pa.Table:
        """Return that many rows, of which no two are about one person."""
        return make_sample(count=count)

    def planted(self) -> Sequence[str]:
        """Return values of the sample that may stand in no message, log line or representation."""
        return (PLANTED_VALUE, *(f"{word}{n}" for n in range(10) for word in ("C-000", "person")))

    def identifiers(self) -> Mapping[IdentifierKind, str]:
        """Return which columns of the sample carry identifiers."""
        return IDENTIFIERS

    def expected(self, rows: Rows) -> Rows:
        """Return what `held` must come to when exactly `rows` (as the sample has them) were delivered."""
        return rows

    # What follows is the suite's; kinds need not override it.

    def open(self, **changes: Any) -> Connector:
        """Return a connector to the recipient, its settings changed so."""
        settings = msgspec.convert({**self.settings(), **changes}, self.kind.settings)
        return self.kind.open(settings, self.secrets(), self.surroundings)

    def delivery(
        self,
        run: int = 1,
        *,
        table: pa.Table | None = None,
        audience: str = AUDIENCE,
        batches: Callable[[], Iterator[pa.RecordBatch]] | None = None,
        identifiers: Mapping[IdentifierKind, str] | None = None,
    ) -> Delivery:
        """Return the delivery of `table`, or of the sample, by the run of that number."""
        table = self.sample() if table is None else table
        return Delivery(
            run_id=uuid5(RUNS, str(run)),
            audience=audience,
            purpose="advertising.audience",
            destination="meridian",
            controller="harbor",
            schema=table.schema,
            rows=table.num_rows,
            batches=batches or (lambda: iter(table.to_batches(max_chunksize=BATCH))),
            identifiers=identifiers or self.identifiers(),
            manifest=MANIFEST,
            not_after=datetime(2030, 1, 1, tzinfo=UTC),
        )

    def removal(
        self,
        table: pa.Table,
        *,
        number: int = 1,
        audience: str = AUDIENCE,
        identifiers: Mapping[IdentifierKind, str] | None = None,
    ) -> Removal:
        """Return the removal of the people in the rows of `table`."""
        identifiers = identifiers or self.identifiers()
        people = table.select(sorted(set(identifiers.values())))
        return Removal(
            removal_id=uuid5(RUNS, f"removal {number}"),
            audience=audience,
            schema=people.schema,
            batches=lambda: iter(people.to_batches(max_chunksize=BATCH)),
            identifiers=identifiers,
        )


def without_column(delivery: Delivery, *columns: str) -> Delivery:
    """Return the delivery, these columns left out of its rows and of its identifiers."""
    kept = [name for name in delivery.schema.names if name not in columns]
    whole = pa.Table.from_batches(delivery.batches(), delivery.schema).select(kept)
    named = {kind: column for kind, column in delivery.identifiers.items() if column not in columns}
    return replace(delivery, schema=whole.schema, identifiers=named, batches=lambda: iter(whole.to_batches()))


def with_column(delivery: Delivery, name: str, column: pa.Array) -> Delivery:
    """Return the delivery with one column more."""
    whole = pa.Table.from_batches(delivery.batches(), delivery.schema).append_column(name, column)
    return replace(delivery, schema=whole.schema, batches=lambda: iter(whole.to_batches()))
