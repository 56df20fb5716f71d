"""Proof files of C2SP (<https://c2sp.org/tlog-proof>): one leaf is in a log, shown without the log.

A file holds the leaf's index, its path to the root, and the signed checkpoint of that root. Its `extra` data
is signed by nobody, so only `read_proof` gives it, never `verify_proof`.
"""

import base64
from dataclasses import dataclass

from consent.kernel.checkpoints import MAX_SIZE, Checkpoint, read_checkpoint, verify_checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.merkle import HASH_SIZE, verify_inclusion
from consent.kernel.notes import read_note
from consent.kernel.signing import VerifyKey

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "


class MalformedProof(AccordantError):
    """The bytes are not a proof file."""

    code = "malformed_proof"


class NotIncluded(AccordantError):
    """The path does not lead from the leaf to the root that was signed."""

    code = "not_included"


@dataclass(frozen=True, slots=True)
class LogProof:
    """What a proof file says; `checkpoint` is the signed note, byte for byte."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


@dataclass(frozen=True, slots=True)
class LoggedLeaf:
    """What a verified proof shows: the leaf stands at `index` of the tree that `checkpoint` names."""

    index: int
    checkpoint: Checkpoint


def write_proof(proof: LogProof) -> bytes:
    """Return the bytes of a `.tlog-proof` file.

    :raises MalformedProof: if they would not read back as `proof`.
    :raises MalformedNote: if its checkpoint is no signed note.
    :raises MalformedCheckpoint: if that note's text is no checkpoint.
    """
    content = _write(proof)
    if read_proof(content) != proof:
        raise MalformedProof("an index is a number, and a path a tuple of hashes")
    return content


def read_proof(content: bytes) -> LogProof:
    """Return what the proof file says; nothing in it is verified.

    :raises MalformedProof: if `content` is not, byte for byte, how a proof is written.
    :raises MalformedNote: if its checkpoint is no signed note.
    :raises MalformedCheckpoint: if that note's text is no checkpoint.
    """
    try:
        proof = _parse(content)
    except ValueError as error:
        raise MalformedProof("not a proof file: a header, an index, hashes, a checkpoint") from error
    if _write(proof) != content:
        raise MalformedProof("not a proof file: not written as one is written")
    read_checkpoint(read_note(proof.checkpoint).text)
    return proof


def verify_proof(content: bytes, *keys: VerifyKey, origin: str, leaf: bytes) -> LoggedLeaf:
    """Return where the leaf with the hash `leaf` stands in the log `origin`, by a proof file alone.

    :raises MalformedProof: if `content` is no proof file.
    :raises MalformedNote: if its checkpoint is no signed note.
    :raises MalformedCheckpoint: if that note's text is no checkpoint.
    :raises UnsignedNote: if none of `keys` has signed the checkpoint.
    :raises BadSignature: if a signature in the name of one of `keys` is not that key's over it.
    :raises WrongOrigin: if the checkpoint is of another log.
    :raises NotIncluded: if the path does not lead from `leaf` to the checkpoint's root.
    """
    proof = read_proof(content)
    checkpoint = verify_checkpoint(proof.checkpoint, *keys, origin=origin)
    if not verify_inclusion(
        leaf=leaf,
        index=proof.index,
        size=checkpoint.size,
        path=proof.path,
        expected_root=checkpoint.root,
    ):
        raise NotIncluded(f"not the leaf {proof.index} of the {checkpoint.size} in {origin!r}")
    return LoggedLeaf(proof.index, checkpoint)


def _parse(content: bytes) -> LogProof:
    head, _, checkpoint = content.partition(b"\n\n")
    _header, line, *lines = head.decode("ascii").split("\n")
    extra = None
    if line.startswith(_EXTRA):
        extra = base64.b64decode(line.removeprefix(_EXTRA), validate=True)
        line, *lines = lines
    index = int(line.removeprefix(_INDEX))
    path = tuple(base64.b64decode(one, validate=True) for one in lines)
    if not 0 <= index < MAX_SIZE or any(len(one) != HASH_SIZE for one in path):
        raise MalformedProof(f"an index is below {MAX_SIZE}, and a hash has {HASH_SIZE} bytes")
    return LogProof(index, path, checkpoint, extra)


def _write(proof: LogProof) -> bytes:
    extra = [] if proof.extra is None else [_EXTRA + base64.b64encode(proof.extra).decode()]
    path = (base64.b64encode(one).decode() for one in proof.path)
    head = "\n".join([_HEADER, *extra, f"{_INDEX}{proof.index}", *path])
    return head.encode() + b"\n\n" + proof.checkpoint
