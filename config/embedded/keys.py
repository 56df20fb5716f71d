"""The secrets of a local home: generated once, kept in one file that only its owner reads."""

import base64
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.home import create

FILE_NAME = "keys.json"


class UnreadableKeys(EmbeddedError):
    """The home's key file is damaged. New keys would make what the old ones sealed unreadable."""


@dataclass(frozen=True, kw_only=True)
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

    def environment(self) -> dict[str, str]:
        """Return the settings' variables that these keys fill."""
        return {
            "SECRET_KEY": self.secret_key,
            "ACCORDANT_IDENTIFIER_KEYS": f"1:{self.identifier_key}",
            "ACCORDANT_TOMBSTONE_KEY": self.tombstone_key,
            "ACCORDANT_SIGNING_KEY": self.signing_key,
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
    )


def load_or_create(home: Path) -> Keys:
    """Return the keys of `home`, generating them on first use. Two processes that race get the same keys.

    :raises UnreadableKeys: if the file exists and is damaged.
    """
    path = home / FILE_NAME
    if not path.exists():
        create(home)
        _write_once(path, generate())
    try:
        return Keys(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        message = f"{path} is damaged. Restore it, or remove the whole folder {home} to start anew."
        raise UnreadableKeys(message) from error


def _write_once(path: Path, keys: Keys) -> None:
    """Put `keys` at `path`, complete or not at all, unless another process was first."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as draft:  # mode 0600
        json.dump(asdict(keys), draft, indent=2)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, path)
        except FileExistsError:
            return
