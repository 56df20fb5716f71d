"""Reading the environment.

A variable `NAME` may be given as `NAME_FILE` instead: the path of a file that holds the value. Secrets
mounted as files then need no shell around the process.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environ
from environ.fileaware_mapping import FileAwareMapping

KEY_BYTES = 32
ROOT = Path(__file__).resolve().parents[1]

_VERSIONED_KEY = re.compile(r"([1-9][0-9]{0,3}):([0-9A-Fa-f]{64})", re.ASCII)


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

    def versioned_keys(self, var: str) -> dict[int, bytes]:
        """Return the keys of 32 bytes that `var` holds as `1:hexadecimal,2:hexadecimal`, by version.

        :raises ImproperlyConfigured: if it is missing or holds anything else, or one version or key twice.
        """
        pairs = [_VERSIONED_KEY.fullmatch(part.strip()) for part in str(self(var)).split(",")]
        keys = {int(pair[1]): bytes.fromhex(pair[2]) for pair in pairs if pair}
        if not len(pairs) == len(keys) == len(set(keys.values())):
            raise environ.ImproperlyConfigured(
                f"{var} must hold {KEY_BYTES} random bytes in hexadecimal behind each version:"
                " 1:…,2:… (no version twice, no key twice)."
            )
        return dict(sorted(keys.items()))


env = Env()


def home() -> Path:
    """Return the folder of everything this installation keeps beside its database, as an absolute path."""
    return Path(env("ACCORDANT_HOME", default=str(ROOT / ".accordant"))).absolute()
