"""Reading the environment.

A variable `NAME` may be given as `NAME_FILE` instead: the path of a file that holds the value. Secrets
mounted as files then need no shell around the process.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from environ.fileaware_mapping import FileAwareMapping

KEY_BYTES = 32
MOST_DAYS = 365_000
_NAMED_ADDRESS = re.compile(r"([a-z][a-z0-9_]{0,62})=(\S+)", re.ASCII)
_VERSIONED_KEY = re.compile(r"([1-9][0-9]{0,8}):([0-9a-fA-F]{64})")
ROOT = Path(__file__).resolve().parents[1]


class Environ(FileAwareMapping):  # type: ignore[misc]  # the library has no types
    """The process's environment, with `NAME_FILE` read where it is set."""

    def __getitem__(self, key: str) -> str:
        """Return the value of `key`; a line end that an editor left in a file does not count."""
        return str(super().__getitem__(key)).strip()


class Env(environ.Env):  # type: ignore[misc]  # the library has no types
    """Typed access to the environment; a missing required variable is named in the error."""

    def __init__(self) -> None:
        super().__init__()
        self.ENVIRON = Environ(cache=False)

    def get_value(self, var: str, *args: Any, **options: Any) -> Any:
        """Return the typed value of `var`.

        :raises ImproperlyConfigured: if it is required and neither `var` nor `var_FILE` is set.
        """
        try:
            return super().get_value(var, *args, **options)
        except environ.ImproperlyConfigured as missing:
            message = f"Set {var}, or {var}_FILE with the path of a file that holds it."
            raise environ.ImproperlyConfigured(message) from missing

    def secret(self, var: str) -> str:
        """Return the text of `var`.

        :raises ImproperlyConfigured: if it is missing or empty.
        """
        text = str(self(var))
        if not text:
            raise environ.ImproperlyConfigured(f"{var} is empty. Set it to a secret of your own.")
        return text

    def key(self, var: str, *, form: str, decode: Callable[[str], bytes]) -> bytes:
        """Return the 32 bytes that `var` holds in the form that `decode` reads and `form` names.

        :raises ImproperlyConfigured: if it is missing or holds anything else.
        """
        try:
            key = decode(self(var))
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise environ.ImproperlyConfigured(f"{var} must hold {KEY_BYTES} random bytes in {form}.")
        return key

    def days(self, var: str, *, default: int | None) -> timedelta | None:
        """Return the number of days that `var` holds, as a time; None, for ever, if it is `never`.

        :raises ImproperlyConfigured: if it is neither `never` nor a whole number from 1 up.
        """
        text = str(self(var, default="never" if default is None else str(default)))
        if text == "never":
            return None
        if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
            raise environ.ImproperlyConfigured(f"{var} must be a number of days from 1 up, or `never`.")
        return timedelta(days=int(text))

    def versioned_keys(self, var: str, **options: Any) -> dict[int, bytes]:
        """Return the 32-byte keys in `var` by version: each `version:hex`, with commas or lines between.

        `default=""` makes it optional. What is wrong is named by its place, never repeated.

        :raises ImproperlyConfigured: if it is missing or malformed, or two entries have one version or key.
        """
        keys: dict[int, bytes] = {}
        entries = [entry for entry in re.split(r"[,\s]+", str(self(var, **options))) if entry]
        for place, entry in enumerate(entries, 1):
            match = _VERSIONED_KEY.fullmatch(entry)
            if not match:
                raise environ.ImproperlyConfigured(
                    f"{var}, entry {place}: write `version:key`, a version from 1 up and {KEY_BYTES} random"
                    " bytes in hexadecimal."
                )
            version, key = int(match[1]), bytes.fromhex(match[2])
            if version in keys or key in keys.values():
                raise environ.ImproperlyConfigured(
                    f"{var}, entry {place}: its version or its key stands in an earlier entry too."
                )
            keys[version] = key
        if not keys and "default" not in options:
            raise environ.ImproperlyConfigured(f"{var} is empty. Write `version:key`, such as 1:<hex>.")
        return keys

    def addresses(self, var: str) -> dict[str, str]:
        """Return the addresses in `var` by name: each `name=address`, with lines or spaces between.

        Addresses hold passwords: what is wrong is named by its place, never repeated.

        :raises ImproperlyConfigured: if an entry is malformed, or two have one name.
        """
        addresses: dict[str, str] = {}
        for place, entry in enumerate(str(self(var, default="")).split(), 1):
            match = _NAMED_ADDRESS.fullmatch(entry)
            if not match or match[1] in addresses:
                raise environ.ImproperlyConfigured(
                    f"{var}, entry {place}: write `name=address`, each name once, of lower-case letters,"
                    " digits and '_'."
                )
            addresses[match[1]] = match[2]
        return addresses

    def named_slugs(self, var: str) -> dict[str, str]:
        """Return the slugs in `var` by what others call them: each `name=slug`, with blanks between.

        :raises ImproperlyConfigured: if an entry is malformed, or two have one name.
        """
        found: dict[str, str] = {}
        for place, entry in enumerate(str(self(var, default="")).split(), 1):
            name, _, slug = entry.partition("=")
            if not name or not slug or name in found:
                raise environ.ImproperlyConfigured(
                    f"{var}, entry {place}: write `name=slug`, each name once."
                )
            found[name] = slug
        return found


env = Env()


def home() -> Path:
    """Return the folder of everything this installation keeps beside its database, as an absolute path."""
    return Path(env("ACCORDANT_HOME", default=str(ROOT / ".accordant"))).absolute()
