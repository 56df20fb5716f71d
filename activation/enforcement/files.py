"""Giving a run's files their names so that a finished output is never half, and never without its evidence.

They are written under names that end in `.partial`, synced, and renamed in this order:
evidence, manifest, output. When files are replaced, the old output goes first. So whoever sees the output's
name sees a whole file with its manifest and evidence beside it, whenever the process dies.
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID

from consent.kernel.errors import AccordantError
from consent.verifier.digests import digest_file

_OWNER_ONLY = 0o600
_AS_USUAL = 0o666  # less what the umask takes


class OutputExists(AccordantError):
    """One of the files that the run would write is there already."""

    code = "output_exists"


class OutputNotWritable(AccordantError):
    """The folder of the output does not take files."""

    code = "output_not_writable"


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Where the files of one run lie, before and after delivery."""

    output: Path
    run_id: UUID
    members: Path
    """The folder where the service keeps the proof of runs that failed while they handed rows over."""

    @property
    def manifest(self) -> Path:
        """The signed manifest."""
        return self.output.with_name(f"{self.output.name}.manifest.json")

    @property
    def evidence(self) -> Path:
        """The evidence: pseudonymous personal data."""
        return self.output.with_name(f"{self.output.name}.evidence")

    @property
    def roll(self) -> Path:
        """Who each row is about, while a run on Spark lasts. It never gets this name."""
        return self.output.with_name(f"{self.output.name}.roll")

    @property
    def in_order(self) -> tuple[Path, ...]:
        """The final names, in the order of their appearance."""
        return (self.evidence, self.manifest, self.output)

    def partial(self, final: Path) -> Path:
        """Return the name under which `final` is written. It holds the run's id: runs never share one."""
        return final.with_name(f"{final.name}.{self.run_id.hex}.partial")

    def lying(self, final: Path) -> Path:
        """Return where the file that is to become `final` is now: a dead run may have named some of them."""
        partial = self.partial(final)
        return partial if partial.exists() else final

    def check_free(self, *, overwrite: bool) -> None:
        """Return if delivery would replace nothing, or may.

        :raises OutputExists: otherwise; :raises OutputNotWritable: if the folder is none or is read-only.
        """
        if not os.access(self.output.parent, os.W_OK | os.X_OK) or self.output.is_dir():
            raise OutputNotWritable(f"{self.output.name}: its folder is missing or takes no files")
        taken = [path.name for path in self.in_order if path.exists()]
        if taken and not overwrite:
            raise OutputExists(f"{', '.join(taken)}: there already; choose another name, or --overwrite")

    def create(self, final: Path) -> IO[bytes]:
        """Open the partial file of `final` for writing. Evidence is its owner's only."""
        mode = _OWNER_ONLY if final == self.evidence else _AS_USUAL
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.fdopen(os.open(self.partial(final), flags, mode), "wb")

    def write(self, final: Path, lines: Iterable[bytes]) -> None:
        """Write the whole partial file of `final` and sync it."""
        with self.create(final) as file:
            file.writelines(lines)
            sync(file)

    def deliver(self, *, again: bool = False) -> None:
        """Give the files their final names; `again`, those that a process which died did not come to.

        :raises OSError: if that fails half-way; then call `withdraw`.
        """
        if not again:
            self.output.unlink(missing_ok=True)
        for final in self.in_order:
            if not again or self.partial(final).exists():
                self.partial(final).replace(final)
        sync_folder(self.output.parent)

    def is_delivered(self, manifest_digest: str) -> bool:
        """Return whether the run whose manifest has this digest got as far as giving the output its name."""
        if not manifest_digest or self.partial(self.output).exists() or not self.manifest.is_file():
            return False
        return digest_file(self.manifest) == manifest_digest

    def withdraw(self, *, delivering: bool, keep_proof: bool = False) -> None:
        """Remove all of a run that will not deliver, as far as that can be done.

        When it died `delivering`, a manifest or evidence whose partial is gone is this run's and goes too.
        With `keep_proof` they are put where the service keeps them: some rows may be at the destination. The
        output's partial goes last: while it lies there, this can be done again.
        """
        broken_off = delivering and self.partial(self.output).exists()
        for final in (self.roll, *self.in_order):
            with suppress(OSError):
                found = self._find(final, broken_off=broken_off)
                if found is None:
                    continue
                if keep_proof and final not in {self.roll, self.output}:
                    shutil.move(found, self.kept(final))
                else:
                    remove(found)

    def kept(self, final: Path) -> Path:
        """Return where the service keeps the proof of a run that failed while it handed rows over."""
        return self.members / f"{self.run_id}{final.name.removeprefix(self.output.name)}"

    def _find(self, final: Path, *, broken_off: bool) -> Path | None:
        """Return where this run's own file is that was to become `final`."""
        if (partial := self.partial(final)).exists():
            return partial
        if final == self.roll:
            return None
        is_this_runs = broken_off and final != self.output and not self.kept(final).exists()
        return final if is_this_runs else None

    def forget_evidence(self, manifest_digest: str) -> bool:
        """Remove the evidence if it is that of the run whose manifest has this digest.

        Return whether it is gone now, or never was this run's to remove. Output and manifest stay, but the
        proof that the service kept of a run that failed goes too.
        """
        try:
            for path in (self.kept(self.evidence), self.kept(self.manifest)):
                path.unlink(missing_ok=True)
            if manifest_digest and self.manifest.is_file() and digest_file(self.manifest) == manifest_digest:
                self.evidence.unlink(missing_ok=True)
        except OSError:
            return False
        return True


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sync(file: IO[bytes]) -> None:
    """Return when the file's bytes are on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Return when the folder's names are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
