"""Checkpoints of C2SP (<https://c2sp.org/tlog-checkpoint>): a log's size and root, signed as a note."""

import base64
from dataclasses import dataclass

from consent.kernel.errors import AccordantError
from consent.kernel.merkle import HASH_SIZE
from consent.kernel.notes import sign_note, verify_note
from consent.kernel.signing import SigningKey, VerifyKey

MAX_SIZE = 2**63 - 1
"""The largest tree: what a database's `bigint` and the other readers of the format can count."""


class MalformedCheckpoint(AccordantError):
    """The text is not a checkpoint."""

    code = "malformed_checkpoint"


class WrongOrigin(AccordantError):
    """The checkpoint is of another log."""

    code = "wrong_origin"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log `origin` has `size` leaves under `root`; extension lines have no meaning here."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def write_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the text of `checkpoint`, to be signed.

    :raises MalformedCheckpoint: if the text would not read back as `checkpoint`.
    """
    text = _write(checkpoint)
    if read_checkpoint(text) != checkpoint:
        raise MalformedCheckpoint("an origin and an extension are one line each")
    return text


def read_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint in a note's text.

    :raises MalformedCheckpoint: if `text` is not, character for character, how a checkpoint is written.
    """
    try:
        checkpoint = _parse(text)
    except ValueError as error:
        raise MalformedCheckpoint("not a checkpoint: an origin, a size and a root in base64") from error
    if _write(checkpoint) != text:
        raise MalformedCheckpoint("not a checkpoint: not written as one is written")
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, *keys: SigningKey) -> bytes:
    """Return `checkpoint` as a note that each of `keys` has signed.

    :raises MalformedCheckpoint: if `checkpoint` cannot be written.
    :raises MalformedNote: if its text cannot stand in a note, or there is no key.
    """
    return sign_note(write_checkpoint(checkpoint), *keys)


def verify_checkpoint(content: bytes, *keys: VerifyKey, origin: str) -> Checkpoint:
    """Return the checkpoint in the note `content`, signed by at least one of `keys`, for the log `origin`.

    The origin is asked for because one key may sign for more than one log.

    :raises MalformedNote: if `content` is no note.
    :raises UnsignedNote: if none of `keys` has signed it.
    :raises BadSignature: if a signature in the name of one of `keys` is not that key's over this text.
    :raises MalformedCheckpoint: if the note's text is no checkpoint.
    :raises WrongOrigin: if it is a checkpoint of another log.
    """
    checkpoint = read_checkpoint(verify_note(content, *keys).text)
    if checkpoint.origin != origin:
        raise WrongOrigin(f"a checkpoint of {checkpoint.origin!r}, not of {origin!r}")
    return checkpoint


def _parse(text: str) -> Checkpoint:
    origin, size, encoded_root, *extensions = text.split("\n")[:-1]
    checkpoint = Checkpoint(
        origin, int(size), base64.b64decode(encoded_root, validate=True), tuple(extensions)
    )
    if not all((origin, *extensions)):
        raise MalformedCheckpoint("a checkpoint has no empty lines")
    if not 0 <= checkpoint.size <= MAX_SIZE or len(checkpoint.root) != HASH_SIZE:
        raise MalformedCheckpoint(f"a size is at most {MAX_SIZE}, and a root has {HASH_SIZE} bytes")
    return checkpoint


def _write(checkpoint: Checkpoint) -> str:
    encoded_root = base64.b64encode(checkpoint.root).decode()
    lines = (checkpoint.origin, str(checkpoint.size), encoded_root, *checkpoint.extensions)
    return "".join(f"{line}\n" for line in lines)
