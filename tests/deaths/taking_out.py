"""Workers that take people out of a destination beside them, which honours keys, and may die anywhere."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from uuid import UUID

from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal
from activation.destinations.kinds.unlisted import Unlisted
from activation.enforcement.suppression.delivering import deliver_due
from consent.network.errors import DeliveryFailed
from tests.deaths.points import come


class FolderDestination(Unlisted):
    """Keeps one file for each key: who was taken out under it."""

    unlisted = "it is asked nothing"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self) -> None:
        """Return: it is there."""

    def prepare(self, delivery: Delivery) -> None:
        """Return: it takes whatever comes."""

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Take nothing: people are only taken out."""
        raise NotImplementedError

    def remove(self, removal: Removal) -> Receipt:
        """Take people out, once for each key. Being asked, and having done so, are points."""
        come("destination: asked to take people out", DeliveryFailed)
        rows = [row for batch in removal.batches() for row in batch.to_pylist()]
        if removal.removal_id not in dict(self._list()):
            draft = self.folder / f"{removal.removal_id.hex}.taking"
            draft.write_text(json.dumps(rows))
            draft.replace(self.folder / f"{len(self._list()):04}-{removal.removal_id.hex}.taken")
        come("destination: has taken people out, and not said so", DeliveryFailed)
        return Receipt(reference=removal.removal_id.hex, rows=len(rows))

    def list_taken(self) -> list[str]:
        """Return the addresses that were taken out, in the order of it, each as often as it was done."""
        return [row["email"] for _, path in self._list() for row in json.loads(path.read_text())]

    def _list(self) -> list[tuple[UUID, Path]]:
        return [(UUID(path.stem[5:]), path) for path in sorted(self.folder.glob("*.taken"))]


def hand_over(folder: Path) -> None:
    """Be a worker until nothing is due."""
    destination = FolderDestination(folder)
    deliver_due(destination="ads", until=monotonic() + 60, open=lambda _: destination)


def list_schedules(letters: str, length: int) -> Iterator[str]:
    """Yield every word of that length."""
    if length == 0:
        yield ""
        return
    for word in list_schedules(letters, length - 1):
        for letter in letters:
            yield word + letter
