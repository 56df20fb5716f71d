"""A folder on this disk."""

import csv
import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from pyarrow import parquet

from activation.destinations.kinds import file, rows_file
from activation.destinations.kinds.file.settings import FileForm
from activation.destinations.kinds.interface import Delivery, Surroundings
from activation.destinations.kinds.row_forms import plain
from tests.conformance.harness import Fault, Harness, Rows, with_column
from tests.conformance.sample import SCHEMA

FOLDER = "meridian/audiences"


class FileHarness(Harness):
    """The folder below a root of its own."""

    kind = file.KIND
    faults = frozenset({Fault.REFUSES, Fault.IN_TROUBLE, Fault.UNREACHABLE})
    steps: ClassVar = [
        "activation.destinations.kinds.file.folder.Folder.write",
        "activation.destinations.kinds.file.folder.Folder.rename",
    ]

    removal_steps = steps

    def __init__(self, root: Path, form: FileForm) -> None:
        self.disk, self.root, self.form = root / "disk", root / "disk" / "deliveries", form
        self.surroundings = Surroundings(folder=self.root)

    def settings(self) -> dict[str, Any]:
        return {"folder": FOLDER, "format": self.form}

    def reset(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)

    def held(self, audience: str) -> Rows:
        path = self.root / FOLDER / f"{audience}.{self.form}"
        return read_rows(path.read_bytes(), self.form) if path.exists() else []

    def expected(self, rows: Rows) -> Rows:
        return as_form(rows, self.form)

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        folder, aside = self.root / FOLDER, self.root / "aside"
        if fault is Fault.IN_TROUBLE:
            with pytest.MonkeyPatch.context() as patched:
                for name in ("open", "access"):
                    patched.setattr(os, name, partial(_full, getattr(os, name)))
                yield
            return
        gone = self.disk, self.disk.with_name("gone")
        taken, kept = gone if fault is Fault.UNREACHABLE else (folder, aside)
        taken.parent.mkdir(parents=True, exist_ok=True)
        taken.mkdir(exist_ok=True)
        taken.rename(kept)
        if fault is Fault.REFUSES:
            folder.symlink_to(aside)
        try:
            yield
        finally:
            if fault is Fault.REFUSES:
                folder.unlink()
            kept.rename(taken)

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        for outside in (
            "../outside",
            "/etc",
            "a/../../b",
            "a//b",
            "",
            ".",
            "a/.",
            ".hidden",
            "a\x00b",
            "a\n",
        ):
            yield {"folder": outside}, "folder"
        yield {"format": "xlsx"}, "format"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "note", with_column(delivery, "note", pa.array(["x"] * delivery.rows))
        if self.form != "parquet":
            yield "tags", with_column(delivery, "tags", pa.array([["a"]] * delivery.rows))
            yield "raw", with_column(delivery, "raw", pa.array([b"\xff"] * delivery.rows))


def _full(real: Any, path: Any, *arguments: Any, **options: Any) -> Any:
    """Do what the system does, on a disk that fails."""
    if options.get("dir_fd") is not None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return real(path, *arguments, **options)


def read_rows(content: bytes, form: FileForm) -> Rows:
    """Return the rows of a file, by readers that are not ours."""
    if form == "parquet":
        return list(parquet.read_table(pa.BufferReader(content)).to_pylist())
    if form == "ndjson":
        return [json.loads(line) for line in content.decode().split("\n") if line]
    text = content.decode()
    names = next(csv.reader([text.partition("\n")[0]]))
    rows = csv.reader(text.splitlines(keepends=True), quoting=csv.QUOTE_MINIMAL)
    return [dict(zip(names, row, strict=True)) for row in list(rows)[1:]]


def as_form(rows: Rows, form: FileForm) -> Rows:
    """Return what `read_rows` must give for these rows of the sample."""
    if form == "parquet":
        return rows
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    texts: Rows = plain(batch).to_pylist()
    if form == "ndjson":
        return texts
    return [{name: _csv(value) for name, value in row.items()} for row in texts]


def _csv(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


@contextmanager
def start(folder: Path, *, form: FileForm) -> Iterator[Harness]:
    """Give a folder below this one. Rows are written at once, so that a death shows what it left."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rows_file, "_CHUNK", 1)
        yield FileHarness(folder, form)
