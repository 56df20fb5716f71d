"""What is said to a webhook: messages in order, each with an id that is the same when it is said again.

A receiver keeps what `audience.started` begins apart until `audience.finished` tells that all of it came, and
puts it in the place of what it held of the audience; a message whose id it knows it takes and forgets.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from activation.destinations.kinds.interface import Delivery, Removal
from activation.destinations.kinds.platform_rows import Row, in_portions, read_rows, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event for the receiver."""

    id: str
    type: str
    data: dict[str, Any] = field(repr=False)

    def body(self, at: datetime) -> bytes:
        """Return what is signed and sent."""
        told = {"type": self.type, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": self.data}
        return msgspec.json.encode(told)


def tell_delivery(delivery: Delivery, *, size: int) -> Iterator[tuple[Message, int]]:
    """Yield the messages of a delivery, each with the number of rows told once it has been taken."""
    told, sequence = 0, 0
    common = {
        "run_id": str(delivery.run_id),
        "audience": delivery.audience,
        "purpose": delivery.purpose,
        "destination": delivery.destination,
        "controller": delivery.controller,
    }
    yield _message("audience.started", delivery.run_id, size, 0, common | _describe(delivery)), 0
    for rows, _ in in_portions(read_rows(delivery.batches, delivery.schema.names), size):
        if not rows:
            continue
        sequence, told = sequence + 1, told + len(rows)
        yield _message("audience.rows", delivery.run_id, size, sequence, common | {"rows": rows}), told
    finished = {"rows": told, "messages": sequence + 2, "manifest": delivery.manifest.decode()}
    yield _message("audience.finished", delivery.run_id, size, sequence + 1, common | finished), told


def tell_removal(removal: Removal, *, size: int) -> Iterator[tuple[Message, int]]:
    """Yield the messages of a removal, each with the number of people named in it.

    A person has the identifiers only that are known: nothing in a message could be taken for everybody who
    lacks one.
    """
    columns = sorted(set(removal.identifiers.values()))
    known = (_known(row) for row in read_rows(removal.batches, columns))
    people = in_portions(filter(None, known), size)
    for sequence, (rows, is_last) in enumerate(people):
        data = {
            "removal_id": str(removal.removal_id),
            "audience": removal.audience,
            "identifiers": _by_kind(removal.identifiers),
            "people": rows,
            "last": is_last,
        }
        yield _message("people.removed", removal.removal_id, size, sequence, data), len(rows)


def ask_whether_there() -> Message:
    """Return the message that tells nothing: whoever takes it is there and knows the secret."""
    return Message(id="destination_checked", type="destination.checked", data={})


def _message(kind: str, of: UUID, size: int, sequence: int, data: dict[str, Any]) -> Message:
    """Return a message. Its id holds the size too: cut otherwise, the same rows are other messages."""
    return Message(id=f"{of.hex}_{size}_{sequence}", type=kind, data={"sequence": sequence, **data})


def _known(row: Row) -> Row:
    """Return the identifiers that are there, each as it stood in the rows."""
    return {column: value for column, value in row.items() if text_of(value)}


def _describe(delivery: Delivery) -> dict[str, Any]:
    return {
        "columns": [{"name": field.name, "type": str(field.type)} for field in delivery.schema],
        "identifiers": _by_kind(delivery.identifiers),
        "rows": delivery.rows,
        "not_after": delivery.not_after.isoformat() if delivery.not_after else None,
    }


def _by_kind(identifiers: Any) -> dict[str, str]:
    return {str(kind): column for kind, column in sorted(identifiers.items())}
