"""The public keys that a verification trusts: how they are named, found, and read from what was published."""

from collections.abc import Iterable
from pathlib import Path

from consent.kernel.errors import AccordantError
from consent.kernel.signing import MalformedKey, VerifyKey


class WrongKey(AccordantError):
    """The content was signed by another key than those given."""

    code = "manifest_wrong_key"


def key_id(key: VerifyKey) -> str:
    """Return the name and hash by which signed content names its key: the first two parts of the vkey."""
    return f"{key.name}+{key.key_hash.hex()}"


def find_key(stated: str, keys: Iterable[VerifyKey]) -> VerifyKey:
    """Return that one of `keys` which signed content names as `stated`.

    :raises WrongKey: if it is none of them.
    """
    known = {key_id(key): key for key in keys}
    if stated not in known:
        raise WrongKey(f"it names the key {stated!r}, not {' or '.join(known) or 'any that was given'}")
    return known[stated]


def load_key(given: str) -> VerifyKey:
    """Return the key that `given` is, or that the file of that name holds.

    :raises MalformedKey: if that is no verifier key. :raises OSError: if the file cannot be read.
    """
    path = Path(given)
    try:
        return VerifyKey.parse(path.read_text(encoding="utf-8") if _is_file(path) else given)
    except UnicodeDecodeError as error:
        raise MalformedKey(f"{path.name} holds no verifier key") from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a key is no file's name: too long, or a zero byte in it
        return False
