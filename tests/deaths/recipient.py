"""A recipient that is not here: it takes a whole delivery or nothing, and a repeat completes it."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pyarrow as pa

from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal
from consent.network.errors import DeliveryFailed
from consent.subjects.types import IdentifierKind
from tests.deaths.points import come

SAMPLE = [["a@customers.example", "b@customers.example"], ["c@customers.example"]]
_SCHEMA = pa.schema([("email", pa.string())])


class FakeRecipient:
    """Keeps in `folder` one file for each audience: the rows of the last delivery that came to its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self) -> None:
        """Return: it can always be reached."""

    def prepare(self, delivery: Delivery) -> None:  # noqa: ARG002 - the interface's
        """Return: it takes whatever comes."""
        come("recipient: asked whether it can take the rows", DeliveryFailed)

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Take the rows, all or none. Each call, and what is between two batches, is a point."""
        come("recipient: called", DeliveryFailed)
        draft = self.folder / f"{delivery.run_id.hex}.taking"
        taken = 0
        with draft.open("w") as file:
            for batch in delivery.batches():
                come(f"recipient: after {taken} rows", DeliveryFailed)
                file.writelines(f"{json.dumps(row)}\n" for row in batch.to_pylist())
                taken += batch.num_rows
                progress(taken)
        draft.replace(self.folder / f"{delivery.audience}.taken")
        come("recipient: has taken all, and not said so", DeliveryFailed)
        return Receipt(reference=delivery.run_id.hex, rows=taken)

    def remove(self, removal: Removal) -> Receipt:
        """Keep the audience without the rows that bear one of the identifiers."""
        come("recipient: asked to take people out", DeliveryFailed)
        gone = [row for batch in removal.batches() for row in batch.to_pylist()]
        taken = self.list_taken(removal.audience) or []
        left = [row for row in taken if not any(_is_about(row, one) for one in gone)]
        draft = self.folder / f"{removal.removal_id.hex}.taking"
        draft.write_text("".join(f"{json.dumps(row)}\n" for row in left))
        draft.replace(self.folder / f"{removal.audience}.taken")
        come("recipient: has taken people out, and not said so", DeliveryFailed)
        return Receipt(reference=removal.removal_id.hex, rows=len(taken) - len(left))

    def list_taken(self, audience: str) -> list[dict[str, str]] | None:
        """Return the rows that it has of an audience; None if it never took it."""
        file = self.folder / f"{audience}.taken"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else None


def _is_about(row: dict[str, str], person: dict[str, str]) -> bool:
    return any(value and row.get(column) == value for column, value in person.items())


def deliver_sample(folder: Path) -> Receipt:
    """Hand over the sample's rows, as a run does."""
    recipient, delivery = FakeRecipient(folder), _make_delivery()
    recipient.prepare(delivery)
    return recipient.deliver(delivery, lambda _: None)


def _make_delivery() -> Delivery:
    return Delivery(
        run_id=UUID(int=1),
        audience="sample",
        purpose="advertising.audience",
        destination="ads",
        controller="shop",
        schema=_SCHEMA,
        rows=sum(map(len, SAMPLE)),
        batches=_read_sample,
        identifiers={IdentifierKind.EMAIL: "email"},
        manifest=b"",
        not_after=None,
    )


def _read_sample() -> Iterator[pa.RecordBatch]:
    for addresses in SAMPLE:
        yield pa.RecordBatch.from_pydict({"email": addresses}, schema=_SCHEMA)
