"""A folder that cannot be left: each step down is opened from the one above, and no link is followed."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from consent.network.errors import DeliveryFailed, DeliveryRefused

_DOWN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE = 0o640
_BETWEEN_TRIALS_SECONDS = 0.05
_LASTING = {
    errno.EACCES: "there is no permission",
    errno.EPERM: "there is no permission",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "something on the way is no folder, or a link, and links are not followed",
    errno.ELOOP: "something on the way is a link, and links are not followed",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EISDIR: "a folder is where the file should be",
}


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Turn what the system says into what the operator can do.

    :raises DeliveryRefused: if it would say the same again; :raises DeliveryFailed: if it may not.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        if number in _LASTING:
            raise DeliveryRefused(f"{what}: {_LASTING[number]}") from None
        raise DeliveryFailed(f"{what}: {os.strerror(number).lower()}; mend it and run again") from None


class Folder:
    """An open folder. Names are of files in it; nothing outside of it can be reached."""

    def __init__(self, descriptor: int) -> None:
        self._at = descriptor

    def read(self, name: str) -> IO[bytes] | None:
        """Return the file opened for reading, None if there is none."""
        with telling("a file of the audience cannot be opened"), suppress(FileNotFoundError):
            found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._at)
            return os.fdopen(found, "rb")
        return None

    def write(self, name: str, pieces: Iterator[bytes]) -> None:
        """Make the file anew, wholly on disk before this returns. Errors of `pieces` pass as they are."""
        with telling("the delivery cannot be written"):
            self._unlink(name)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.fdopen(os.open(name, flags, _MODE, dir_fd=self._at), "wb")
        try:
            for piece in pieces:
                with telling("the delivery cannot be written"):
                    file.write(piece)
            with telling("the delivery cannot be written"):
                file.flush()
                os.fsync(file.fileno())
        finally:
            with suppress(OSError):
                file.close()

    def rename(self, old: str, new: str) -> None:
        """Let the file `old` be `new` at once, in place of one of that name."""
        with telling("the delivery cannot be put in its place"):
            os.rename(old, new, src_dir_fd=self._at, dst_dir_fd=self._at)
            os.fsync(self._at)

    @contextmanager
    def locked(self, name: str, *, patience_seconds: float = 0.0) -> Iterator[None]:
        """Hold the lock of that name, for which is waited that long.

        :raises DeliveryFailed: if another process holds it.
        """
        with telling("the folder cannot be locked"):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            lock = os.open(name, flags, _MODE, dir_fd=self._at)
        try:
            ends_at = time.monotonic() + patience_seconds
            while not _take(lock):
                if time.monotonic() >= ends_at:
                    raise DeliveryFailed(
                        "another process is writing this audience into the folder: run again when it is done"
                    )
                time.sleep(_BETWEEN_TRIALS_SECONDS)
            yield
        finally:
            os.close(lock)

    def _unlink(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._at)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def open_folder(root: Path, below: str, *, make: bool) -> Iterator[Folder]:
    """Give the folder `below` the `root`.

    :raises DeliveryFailed: if what the root lies in, or with `make` unset the folder, is not there.
    :raises DeliveryRefused: if it cannot be entered.
    """
    at = _open_root(root, make=make)
    try:
        with telling("the destination's folder cannot be opened"):
            for name in below.split("/"):
                at = _down(at, name, make=make)
        yield Folder(at)
    finally:
        os.close(at)


def check_folder(root: Path, below: str) -> None:
    """Return if files can be written there, or the folder can be made. Makes nothing.

    :raises DeliveryFailed, DeliveryRefused: if not.
    """
    at = _open_root(root if root.exists() else root.parent, make=False)
    try:
        with telling("the destination's folder cannot be opened"), suppress(FileNotFoundError):
            for name in below.split("/"):
                at = _down(at, name, make=False)
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=at):
            raise DeliveryRefused("the destination's folder cannot be written to: give permission to it")
    finally:
        os.close(at)


def _open_root(root: Path, *, make: bool) -> int:
    """Return the root, made if it is not there and may be made: what it lies in must be."""
    with telling("the folder for deliveries (ACCORDANT_DELIVERY_FOLDER) cannot be opened"):
        if make:
            root.mkdir(mode=0o750, exist_ok=True)
        return os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _down(at: int, name: str, *, make: bool) -> int:
    """Return the folder `name` in the one that is open, which is closed."""
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, 0o750, dir_fd=at)
    below = os.open(name, _DOWN, dir_fd=at)
    os.close(at)
    return below
