"""Delivers into a folder: for each audience one file that is replaced as a whole."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from activation.destinations.kinds.done import Done, read_done
from activation.destinations.kinds.file.folder import Folder, check_folder, open_folder, telling
from activation.destinations.kinds.file.settings import FileSettings
from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.people import read_people
from activation.destinations.kinds.rows_file import encode, refuse_unless_writable
from activation.destinations.kinds.rows_left import rows_left
from activation.destinations.kinds.rows_listed import columns_listed, rows_listed
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind

_REMOVAL_WAITS_SECONDS = 5.0
"""How long a removal waits for another one: that takes moments, as a rule, and a delivery may take hours."""


class FileConnector:
    """One folder. Files are written beside their place and renamed into it: rows, manifest, `.delivery`."""

    def __init__(self, root: Path, settings: FileSettings) -> None:
        self._root = root
        self._settings = settings

    def check(self) -> None:
        """Return if files can be written there."""
        check_folder(self._root, self._settings.folder)

    def prepare(self, delivery: Delivery) -> None:
        """Return if the form of the files can hold the rows."""
        refuse_unless_writable(delivery.schema, self._settings.format)

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Replace the audience's file with these rows."""
        self.prepare(delivery)
        audience = delivery.audience
        with self._open(audience) as folder:
            done = read_done(folder.read(f"{audience}.delivery.json"))
            if done is None or not done.knows(delivery.run_id):
                done = self._write(folder, delivery, progress, earlier=done.after() if done else ())
        progress(done.rows)
        return Receipt(reference=f"{self._settings.folder}/{done.object}", rows=done.rows)

    def remove(self, removal: Removal) -> Receipt:
        """Write the audience's file anew without these people."""
        removed = 0

        def count(rows: int) -> None:
            nonlocal removed
            removed += rows

        name = self._name(removal.audience)
        people = read_people(removal)
        with self._open(removal.audience, patience_seconds=_REMOVAL_WAITS_SECONDS) as folder:
            file = folder.read(name)
            if file is not None:
                with file, telling("the audience's file cannot be read"):
                    left = rows_left(file, self._settings.format, people, removed=count)
                    folder.write(f".{name}.partial", left)
                folder.rename(f".{name}.partial", name)
        return Receipt(reference=f"{self._settings.folder}/{name}", rows=removed)

    def list_held(self, audience: str, identifiers: Mapping[IdentifierKind, str]) -> Iterator[pa.RecordBatch]:
        """Read the audience's file: the one that is there when the reading begins, to its end."""
        columns = columns_listed(audience, identifiers)
        with open_folder(self._root, self._settings.folder, make=True) as folder:
            file = folder.read(self._name(audience))
        if file is not None:
            with file, telling("the audience's file cannot be read"):
                yield from rows_listed(file, self._settings.format, columns)

    def _write(
        self, folder: Folder, delivery: Delivery, progress: Progress, *, earlier: tuple[str, ...]
    ) -> Done:
        name = self._name(delivery.audience)
        manifest, done = f"{delivery.audience}.manifest.json", f"{delivery.audience}.delivery.json"
        rows = 0

        def count(written: int) -> None:
            nonlocal rows
            rows = written
            progress(written)

        encoded = encode(delivery.batches(), self._settings.format, delivery.schema, progress=count)
        folder.write(f".{name}.partial", encoded)
        made = Done(run_id=str(delivery.run_id), rows=rows, object=name, manifest=manifest, earlier=earlier)
        folder.write(f".{manifest}.partial", iter([delivery.manifest]))
        folder.write(f".{done}.partial", iter([made.encoded()]))
        folder.rename(f".{name}.partial", name)
        folder.rename(f".{manifest}.partial", manifest)
        folder.rename(f".{done}.partial", done)
        return made

    def _name(self, audience: str) -> str:
        return f"{audience}.{self._settings.format}"

    @contextmanager
    def _open(self, audience: str, *, patience_seconds: float = 0.0) -> Iterator[Folder]:
        with (
            open_folder(self._root, self._settings.folder, make=True) as folder,
            folder.locked(f".{audience}.lock", patience_seconds=patience_seconds),
        ):
            yield folder


def open_connector(settings: FileSettings, _: Mapping[str, str], surroundings: Surroundings) -> FileConnector:
    """Return the connector of that folder.

    :raises DeliveryRefused: if this installation lets no files be written.
    """
    if surroundings.folder is None:
        raise DeliveryRefused(
            "this installation has no folder for deliveries: set ACCORDANT_DELIVERY_FOLDER to one"
        )
    return FileConnector(surroundings.folder, settings)
