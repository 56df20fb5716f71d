"""What the sequencer does with its witnesses: ask them before it signs, tell them what it signed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx2

from consent.kernel.errors import AccordantError
from consent.kernel.witness import MalformedWitness
from consent.ledger import queries
from consent.ledger.signing import LogRolledBack
from consent.ledger.types import StoredCheckpoint
from consent.ledger.witnesses.files import FileWitness
from consent.ledger.witnesses.http import HttpWitness, WitnessContradicts, WitnessRefused
from consent.ledger.witnesses.noting import note_unreachable, note_witnessed

logger = logging.getLogger(__name__)

MAX_PASSED_OVER = 63
"""How many checkpoints at most a witness misses that cannot be reached, before it is tried again."""

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_UNREACHABLE = (OSError, httpx2.HTTPError, WitnessRefused)


class MalformedWitnessAddress(AccordantError):
    """The setting names no witness."""

    code = "malformed_witness_address"


class Witness(Protocol):
    """Who keeps checkpoints for us, elsewhere."""

    @property
    def name(self) -> str: ...
    def get_size(self) -> int: ...
    def holds(self, checkpoint: StoredCheckpoint) -> bool: ...
    def push(self, checkpoint: StoredCheckpoint) -> None: ...


def open_witness(address: str) -> Witness:
    """Return the witness at `address`: `file:/path`, or `https://…` (plain HTTP on this machine only).

    :raises MalformedWitnessAddress: if it is neither.
    """
    parts = urlsplit(address)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return FileWitness(Path(parts.path))
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return HttpWitness(address.rstrip("/"))
    raise MalformedWitnessAddress("a witness is file:/an/absolute/path or https://its.address/of/this-log")


@dataclass(slots=True)
class _Turns:
    """How often to pass a witness over that could not be reached, so that signing does not wait for it."""

    witness: Witness
    left: int = 0
    last: int = 0

    def is_due(self) -> bool:
        self.left -= 1
        return self.left < 0

    def note(self, *, reached: bool) -> None:
        self.last = 0 if reached else min(2 * self.last + 1, MAX_PASSED_OVER)
        self.left = self.last


class WitnessGuard:
    """Lets nothing be signed that a witness could contradict."""

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        self._turns = [_Turns(witness) for witness in witnesses]
        self._unasked = list(self._turns)

    def begin(self) -> None:
        """Ask every witness anew: while another process signed, they may have seen more."""
        self._unasked = list(self._turns)

    def may_sign(self) -> bool:
        """Return whether every witness was asked, and none has seen more, or something else, than we hold.

        :raises LogRolledBack: if one has. Nothing may be signed: a backup older than the log was restored.
        """
        self._unasked = [turn for turn in self._unasked if not (turn.is_due() and self._ask(turn))]
        return not self._unasked

    def tell(self, checkpoint: StoredCheckpoint) -> None:
        """Have the checkpoint witnessed by all; who cannot be reached is told a later one.

        :raises LogRolledBack: if a witness has seen another log.
        """
        for turn in self._turns:
            if turn.is_due():
                self._tell(turn, checkpoint)

    def _tell(self, turn: _Turns, checkpoint: StoredCheckpoint) -> None:
        witness = turn.witness
        try:
            witness.push(checkpoint)
            turn.note(reached=True)
            note_witnessed(witness.name, checkpoint.size)
        except _UNREACHABLE as error:
            turn.note(reached=False)
            note_unreachable(witness.name)
            logger.warning("witness %s was not told of %d leaves: %s", witness.name, checkpoint.size, error)
        except (MalformedWitness, WitnessContradicts) as error:
            raise LogRolledBack(f"{witness.name}: {error}") from error

    def _ask(self, turn: _Turns) -> bool:
        """Return whether the witness answered, and has seen nothing that we do not hold."""
        try:
            _check_against(turn.witness)
            turn.note(reached=True)
        except _UNREACHABLE as error:
            turn.note(reached=False)
            note_unreachable(turn.witness.name)
            logger.warning("nothing is signed until %s answers: %s", turn.witness.name, error)
            return False
        except (MalformedWitness, WitnessContradicts) as error:
            raise LogRolledBack(f"{turn.witness.name}: {error}") from error
        return True


def _check_against(witness: Witness) -> None:
    seen, last = witness.get_size(), queries.get_checkpoint()
    size = last.size if last else 0
    if seen > size or (last and seen == size and not witness.holds(last)):
        raise LogRolledBack(
            f"{witness.name} has seen {seen} leaves of this log, and {size} are signed here: an older backup"
            " was restored, or another log took its place. Restore a newer one"
        )
