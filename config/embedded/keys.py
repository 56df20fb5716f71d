"""The secrets of a local home: generated once, kept in one file that only its owner reads."""

import base64
import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.home import create

FILE_NAME = "keys.json"
DATA = "postgres"  # the database's folder in the home: what the keys open


class KeysLost(EmbeddedError):
    """The home has data, and keys that open it are gone."""


class UnreadableKeys(EmbeddedError):
    """The home's key file is damaged. New keys would make what the old ones sealed unreadable."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Keys:
    """What a local installation must keep secret."""

    database_password: str
    secret_key: str
    identifier_key: str
    """Hex, 32 bytes: keys the blind index of identifiers, as version 1."""
    tombstone_key: str
    """Hex, 32 bytes: keys what is left of an erased person's identifiers. Never rotated."""
    signing_key: str
    """Base64, 32 bytes: the Ed25519 seed that signs manifests."""
    master_keys: str = ""
    """`version:hex`, with commas between: wrap the data keys of subjects. Homes of old have none."""
    link_keys: str = ""
    """`version:hex`, with commas between: seal links to the preference centre. Homes of old have none."""

    def environment(self) -> dict[str, str]:
        """Return the settings' variables that these keys fill."""
        return {
            "SECRET_KEY": self.secret_key,
            "ACCORDANT_IDENTIFIER_KEYS": f"1:{self.identifier_key}",
            "ACCORDANT_TOMBSTONE_KEY": self.tombstone_key,
            "ACCORDANT_SIGNING_KEY": self.signing_key,
            "ACCORDANT_MASTER_KEYS": self.master_keys,
            "ACCORDANT_LINK_KEYS": self.link_keys,
            "ACCORDANT_SIGNING_NAME": "accordant.example/demo",
        }


def generate() -> Keys:
    """Return new random keys."""
    return Keys(
        database_password=secrets.token_urlsafe(32),
        secret_key=secrets.token_urlsafe(48),
        identifier_key=secrets.token_hex(32),
        tombstone_key=secrets.token_hex(32),
        signing_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        master_keys=_first_key(),
        link_keys=_first_key(),
    )


def _first_key() -> str:
    return f"1:{secrets.token_hex(32)}"


def load_or_create(home: Path) -> Keys:
    """Return the keys of `home`, generating them on first use. Two processes that race get the same keys.

    :raises KeysLost: if the home has data, and its key file is missing or holds no master key.
    :raises UnreadableKeys: if the file exists and is damaged.
    """
    path = home / FILE_NAME
    _must_exist_beside_data(home, present=path.exists())
    if not path.exists():
        create(home)
        _write_once(path, generate())
    keys = _read(path)
    if not keys.master_keys:
        _must_exist_beside_data(home, present=False)
    if not keys.master_keys or not keys.link_keys:  # nothing that lasts is sealed by the latter
        keys = _add_missing(path)
    return keys


def _must_exist_beside_data(home: Path, *, present: bool) -> None:
    if (home / DATA).exists() and not present:
        raise KeysLost(
            f"{home / FILE_NAME} is missing, or lacks `master_keys`. "
            f"Restore it, or remove the whole folder {home} to start anew."
        )


def _add_missing(path: Path) -> Keys:
    """Give the file the keys that it lacks, unless another process was first."""
    with path.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # whoever waits here finds a new file at `path`, and reads that
        keys = _read(path)
        if not keys.master_keys or not keys.link_keys:
            master_keys, link_keys = keys.master_keys or _first_key(), keys.link_keys or _first_key()
            keys = replace(keys, master_keys=master_keys, link_keys=link_keys)
            _write_over(path, keys)
    return keys


def _read(path: Path) -> Keys:
    try:
        return Keys(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        message = f"{path} is damaged. Restore it, or remove the whole folder {path.parent} to start anew."
        raise UnreadableKeys(message) from error


def _write_once(path: Path, keys: Keys) -> None:
    """Put `keys` at `path`, complete or not at all, unless another process was first."""
    with _draft(path, keys) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return


def _write_over(path: Path, keys: Keys) -> None:
    """Put `keys` at `path` in the place of what is there, complete or not at all."""
    with _draft(path, keys) as draft:
        complete = path.with_name(f".{path.name}.complete")
        complete.unlink(missing_ok=True)  # of a process that was killed here; the caller holds the lock
        os.link(draft, complete)
        complete.replace(path)


@contextmanager
def _draft(path: Path, keys: Keys) -> Iterator[Path]:
    """Give a file beside `path` that holds `keys`, and that only its owner reads, for the block's length."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as draft:  # mode 0600
        json.dump(asdict(keys), draft, indent=2)
        draft.flush()
        os.fsync(draft.fileno())
        yield Path(draft.name)
