"""Checkpoints kept outside, by a witness: one line of canonical JSON each, in the order they were seen.

Who holds such a file can tell whether the log still contains what it contained then.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from consent.kernel import canonical
from consent.kernel.checkpoints import Checkpoint, read_checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.kernel.notes import read_note
from consent.verifier.checks import Check
from consent.verifier.envelopes import has_types

_FIELDS = {"origin": (str,), "size": (int,), "checkpoint": (str,)}


class MalformedWitness(AccordantError):
    """The file is not what a witness writes. The message names the line."""

    code = "malformed_witness"


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One checkpoint that a witness kept: the signed note, and what it says."""

    note: bytes
    checkpoint: Checkpoint


def write_line(note: bytes) -> bytes:
    """Return the line by which a witness keeps the signed checkpoint `note`.

    :raises MalformedNote, MalformedCheckpoint: if it is none.
    """
    stated = read_checkpoint(read_note(note).text)
    line = {"origin": stated.origin, "size": stated.size, "checkpoint": note.decode()}
    return canonical.dumps(line) + b"\n"


def read_witness(lines: Iterable[bytes]) -> list[Witnessed]:
    """Return what a witness kept; no signature is verified.

    :raises MalformedWitness: if a line is not, byte for byte, what `write_line` writes, is of another log
        than the first, or of a smaller size than the one before it.
    """
    kept = list[Witnessed]()
    for number, line in enumerate(lines, 1):
        found = _read_line(line)
        if found is None:
            raise MalformedWitness(f"line {number} is not written as a witness writes one")
        if kept and found.checkpoint.origin != kept[0].checkpoint.origin:
            raise MalformedWitness(f"line {number} is of another log than the first")
        if kept and found.checkpoint.size < kept[-1].checkpoint.size:
            raise MalformedWitness(f"line {number} is of a smaller size than the one before it")
        kept.append(found)
    return kept


def check_against_witness(
    kept: Iterable[Witnessed], chain: KeyChain, root_of: Callable[[int], bytes | None]
) -> list[Check]:
    """Return, for each checkpoint kept, whether the log still contains what the witness saw.

    `root_of` returns the root of the log's first so many leaves as they lie there now, or None if there are
    not that many. A checkpoint that the log's own key never signed accuses nobody: it fails as unsigned.
    """
    return [_check(one, chain, root_of) for one in kept]


def _check(one: Witnessed, chain: KeyChain, root_of: Callable[[int], bytes | None]) -> Check:
    size = one.checkpoint.size
    try:
        checkpoint = chain.verify_checkpoint(one.note)
    except AccordantError as error:
        return Check(passed=False, statement=f"the witness's checkpoint of {size} leaves: {error}")
    root = root_of(checkpoint.size)
    if root is None:
        return Check(passed=False, statement=f"the log is shorter than the {size} leaves that were witnessed")
    if root != checkpoint.root:
        return Check(
            passed=False, statement=f"the log's first {size} leaves are not those that were witnessed"
        )
    return Check(passed=True, statement=f"the log's first {size} leaves are those witnessed")


def _read_line(line: bytes) -> Witnessed | None:
    try:
        stated = canonical.loads(line)
        if not has_types(stated, _FIELDS):
            return None
        note = stated["checkpoint"].encode()
        found = Witnessed(note, read_checkpoint(read_note(note).text))
        return found if write_line(note) == line else None
    except AccordantError:
        return None
