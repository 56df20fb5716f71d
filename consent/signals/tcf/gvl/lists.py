"""Vendor lists by version: kept in a folder for good, and fetched only where they are not there."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from consent.signals.tcf.gvl.errors import ListMismatch
from consent.signals.tcf.gvl.parsing import parse
from consent.signals.tcf.gvl.types import VendorList

Fetch = Callable[[int | None], bytes]
"""Returns the JSON of a version, or of the current list for None. What it raises, callers get."""


class VendorLists:
    """The lists of a folder, one file a version. A version never changes once it is published.

    How long the current list may be kept is told by the headers it came with, so that asking again for
    `current` is the caller's decision; a version that was read once is never fetched again.
    """

    def __init__(self, folder: Path, fetch: Fetch) -> None:
        self._folder = folder
        self._fetch = fetch
        self._read: dict[int, VendorList] = {}

    def get(self, version: int) -> VendorList:
        """Return the list of that version: from memory, from the folder, or fetched and kept.

        :raises ListMismatch: if what is kept or was fetched is of another version; nothing is kept of it.
        :raises MalformedVendorList: if it is no list.
        """
        if version not in self._read:
            path = self._path(version)
            content = path.read_bytes() if path.exists() else self._fetch(version)
            found = parse(content)
            if found.version != version:
                raise ListMismatch(f"Version {version} was asked for, and this is version {found.version}.")
            self._keep(found, content)
        return self._read[version]

    def current(self) -> VendorList:
        """Return the list that is published now, fetched anew, and keep it under its version.

        :raises ListMismatch: if another list is kept under its version.
        """
        content = self._fetch(None)
        found = parse(content)
        path = self._path(found.version)
        if path.exists() and parse(path.read_bytes()) != found:
            raise ListMismatch(f"What was fetched differs from version {found.version} as it is kept.")
        self._keep(found, content)
        return found

    def _path(self, version: int) -> Path:
        return self._folder / f"vendor-list-v{version}.json"

    def _keep(self, found: VendorList, content: bytes) -> None:
        path = self._path(found.version)
        if not path.exists():
            _write_whole(path, content)
        self._read[found.version] = found


def _write_whole(path: Path, content: bytes) -> None:
    """Write the file so that nobody ever sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
