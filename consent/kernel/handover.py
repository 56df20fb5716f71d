"""Handing on a log's key: a note (<https://c2sp.org/signed-note>) that the old and the new key sign.

Its text has five lines: `accordant/key-handover/1`, the log's origin, the old verifier key, the new one, and
a size: larger checkpoints are the new key's, others the old one's. Who trusts the first key of a log needs
the notes alone to know every later one, and which of them may sign what.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from consent.kernel.checkpoints import MAX_SIZE, Checkpoint, read_checkpoint, verify_checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.notes import UnsignedNote, read_note, sign_note
from consent.kernel.proofs import LoggedLeaf, read_proof, verify_proof
from consent.kernel.signing import MalformedKey, SigningKey, VerifyKey

_HEADER = "accordant/key-handover/1"


class MalformedHandover(AccordantError):
    """The bytes are not a hand-over of a key."""

    code = "malformed_handover"


class BrokenKeyChain(AccordantError):
    """The hand-overs do not lead, one after the other, from the first key to one last key."""

    code = "broken_key_chain"


@dataclass(frozen=True, slots=True)
class Handover:
    """In the log `origin`, `new` signs in the place of `old` the checkpoints larger than `size`."""

    origin: str
    old: VerifyKey
    new: VerifyKey
    size: int


def write_handover(origin: str, old: SigningKey, new: SigningKey, size: int) -> bytes:
    """Return the note by which `old` hands over to `new`, signed by both.

    :raises MalformedHandover: if it would not read back: the keys are one, or `size` is no tree's.
    :raises MalformedNote: if `origin` cannot stand in a note.
    """
    handover = Handover(origin, old.verify_key, new.verify_key, size)
    content = sign_note(_write(handover), old, new)
    if read_handover(content) != handover:
        raise MalformedHandover("an origin is one line")
    return content


def read_handover(content: bytes) -> Handover:
    """Return the hand-over in the note `content`, signed by both keys that it names and by no other.

    Whether the old key is to be trusted is for `KeyChain` to say.

    :raises MalformedHandover: if `content` is not, byte for byte, how a hand-over is written.
    :raises MalformedNote: if it is no note.
    :raises UnsignedNote: if one of the two keys has not signed it.
    :raises BadSignature: if a signature is not its key's over this text.
    """
    note = read_note(content)
    handover = _parse(note.text)
    if _write(handover) != note.text:
        raise MalformedHandover("not a key hand-over: not written as one is written")
    keys = (handover.old, handover.new)
    if [(one.name, one.key_hash) for one in note.signatures] != [(key.name, key.key_hash) for key in keys]:
        raise UnsignedNote("a key hand-over is signed by the old key, then by the new one, and by no other")
    for key, one in zip(keys, note.signatures, strict=True):
        key.verify(note.text.encode(), one.signature)
    return handover


@dataclass(frozen=True, slots=True)
class KeyChain:
    """All the keys of one log: the first, which is trusted, and those it was handed on to, in order."""

    origin: str
    first: VerifyKey
    handovers: tuple[Handover, ...] = ()

    @classmethod
    def from_notes(cls, first_key: VerifyKey, notes: Iterable[bytes], origin: str) -> Self:
        """Return the chain that `notes`, in any order, make from `first_key`.

        :raises MalformedHandover, MalformedNote, UnsignedNote, BadSignature: one of them is no hand-over.
        :raises BrokenKeyChain: if one is of another log, two hand on the same key, one is out of reach of
            the first key, a key comes back, or the sizes go down.
        """
        found = [read_handover(note) for note in notes]
        if any(one.origin != origin for one in found):
            raise BrokenKeyChain(f"a hand-over is of another log than {origin!r}")
        by_old = {one.old: one for one in found}
        if len(by_old) != len(found):
            raise BrokenKeyChain("one key is handed on twice")
        ordered, keys = list[Handover](), [first_key]
        while (following := by_old.pop(keys[-1], None)) is not None:
            if following.new in keys or (ordered and following.size < ordered[-1].size):
                raise BrokenKeyChain("a key comes back, or a hand-over begins before the one before it")
            ordered.append(following)
            keys.append(following.new)
        if by_old:
            raise BrokenKeyChain("a hand-over is missing: one does not follow from the first key")
        return cls(origin, first_key, tuple(ordered))

    @property
    def keys(self) -> tuple[VerifyKey, ...]:
        """Every key of the log, the first one first."""
        return (self.first, *(one.new for one in self.handovers))

    def key_for(self, size: int) -> VerifyKey:
        """Return the only key that may sign a checkpoint of `size`."""
        return self.keys[sum(one.size < size for one in self.handovers)]

    def keys_from(self, size: int) -> tuple[VerifyKey, ...]:
        """Return the key of a checkpoint of `size` and those after it: what may speak of that checkpoint."""
        return self.keys[sum(one.size < size for one in self.handovers) :]

    def verify_checkpoint(self, content: bytes) -> Checkpoint:
        """Return the checkpoint in the note `content`, signed by the key for its size.

        :raises MalformedNote, MalformedCheckpoint, UnsignedNote, BadSignature, WrongOrigin: it does not hold.
        """
        stated = read_checkpoint(read_note(content).text)
        return verify_checkpoint(content, self.key_for(stated.size), origin=self.origin)

    def verify_proof(self, content: bytes, *, leaf: bytes) -> LoggedLeaf:
        """Return where the leaf with the hash `leaf` stands, under a checkpoint of the key for its size.

        :raises MalformedProof, NotIncluded: the proof does not hold.
        :raises MalformedNote, MalformedCheckpoint, UnsignedNote, BadSignature, WrongOrigin: its checkpoint.
        """
        stated = read_checkpoint(read_note(read_proof(content).checkpoint).text)
        return verify_proof(content, self.key_for(stated.size), origin=self.origin, leaf=leaf)


def _parse(text: str) -> Handover:
    try:
        _header, origin, old, new, size = text.split("\n")[:-1]
        handover = Handover(origin, VerifyKey.parse(old), VerifyKey.parse(new), int(size))
    except (ValueError, MalformedKey) as error:
        raise MalformedHandover("not a key hand-over: a header, an origin, two keys, a size") from error
    if not origin or handover.old == handover.new or not 0 <= handover.size <= MAX_SIZE:
        raise MalformedHandover(f"it has an origin, two keys that differ, and a size of at most {MAX_SIZE}")
    return handover


def _write(handover: Handover) -> str:
    lines = (_HEADER, handover.origin, handover.old.text, handover.new.text, str(handover.size))
    return "".join(f"{line}\n" for line in lines)
