"""What commands that connect something are told: settings in a file, credentials never as an argument."""

import json
import os
from argparse import ArgumentTypeError
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError


def read_named(text: str) -> tuple[str, str]:
    """Return the two parts of an option `NAME=PLACE`.

    :raises ArgumentTypeError: if it is not of that form.
    """
    name, _, place = text.partition("=")
    if not name or not place:
        raise ArgumentTypeError("write NAME=PLACE")
    return name, place


def read_secrets(named: Iterable[tuple[str, str]], in_files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return credentials by name: `named` with their environment variables, and `in_files`.

    :raises CommandError: if one of them cannot be had.
    """
    secrets = {name: _read_variable(variable) for name, variable in named}
    return secrets | {name: _read_credential_file(Path(file)) for name, file in in_files}


def read_settings_file(file: Path) -> dict[str, Any]:
    """Return the one JSON object in the file.

    :raises CommandError: if there is none.
    """
    try:
        read = json.loads(file.read_bytes())
    except OSError as error:
        raise CommandError(f"the settings cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CommandError("the settings are not JSON") from error
    if not isinstance(read, dict):
        raise CommandError("the settings are not one JSON object")
    return read


def _read_variable(variable: str) -> str:
    """Return a credential from the environment.

    :raises CommandError: if it is not there.
    """
    try:
        return os.environ[variable]
    except KeyError as error:
        raise CommandError(f"there is no environment variable {variable}") from error


def _read_credential_file(file: Path) -> str:
    """Return a credential from a file, without the line's end.

    :raises CommandError: if it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise CommandError("a credential's file cannot be read") from error
