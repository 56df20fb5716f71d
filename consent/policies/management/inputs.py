"""What an officer hands to a command: a file, and a name."""

from collections.abc import Iterable
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, OutputWrapper

from consent.policies.types import Fault

_LARGEST_FILE = 8_000_000
"""Bytes; looked at before the file is read. What a text may hold is checked when it is read."""


def read_text(file: Path) -> str:
    """Return what `file` holds.

    :raises CommandError: if it cannot be read, is too large, or is not UTF-8.
    """
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise CommandError(f"{file} is larger than {_LARGEST_FILE} bytes")
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 at byte {error.start}") from error


def find_officer(username: str) -> int:
    """Return the id of the officer called `username`.

    :raises CommandError: if there is none.
    """
    officer = get_user_model().objects.filter(username=username).order_by("pk").first()
    if officer is None:
        raise CommandError(f"there is no officer {username!r}: create one with createsuperuser")
    return int(officer.pk)


def tell_faults(out: OutputWrapper, faults: Iterable[Fault]) -> None:
    """Write one line for each fault: where, and what."""
    for fault in faults:
        out.write(f"{fault.path}: {fault.message}")
