"""A witness that answers over HTTPS (<https://c2sp.org/tlog-witness>): it checks that the log only grew."""

import base64
from dataclasses import dataclass, field

import httpx2

from consent.kernel.checkpoints import Checkpoint, sign_checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.merkle import EMPTY_ROOT
from consent.ledger import queries
from consent.ledger.signing import get_signing_key
from consent.ledger.types import StoredCheckpoint

TIMEOUT = 5.0  # seconds
_SIZE = "text/x.tlog.size"


class WitnessRefused(AccordantError):
    """The witness did not take the checkpoint, for another reason than that it has seen another tree."""

    code = "witness_refused"
    status = 502


class WitnessContradicts(AccordantError):
    """The witness has seen another tree than the one we hold."""

    code = "witness_contradicts"
    status = 409


@dataclass(slots=True)
class HttpWitness:
    """Sends checkpoints, each with the proof that the log grew from what the witness has seen."""

    url: str
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=TIMEOUT))
    _seen: int | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.url

    def get_size(self) -> int:
        """Return the highest size it has seen of this log.

        It is asked by sending what we have: a witness tells its size to who guesses it wrong.

        :raises HTTPError: if it does not answer. :raises WitnessRefused: if it answers otherwise.
        :raises WitnessContradicts: if it has seen another tree of the same size.
        """
        last = queries.get_checkpoint()
        note, size = (last.note, last.size) if last else (_sign_empty(), 0)
        told = self._send(size, [], note)
        if told == size:
            raise WitnessContradicts(f"{self.name} has seen another tree of {size} leaves")
        self._seen = size if told is None else told
        return self._seen

    def holds(self, checkpoint: StoredCheckpoint) -> bool:
        """Return whether the highest checkpoint it has seen is this very tree."""
        return self._send(checkpoint.size, [], checkpoint.note) is None

    def push(self, checkpoint: StoredCheckpoint) -> None:
        """Have the checkpoint witnessed.

        :raises HTTPError, WitnessRefused, WitnessContradicts: see `get_size`.
        """
        seen = self.get_size() if self._seen is None else self._seen
        if seen >= checkpoint.size:
            return
        told = self._send(seen, queries.get_consistency(seen, checkpoint.size), checkpoint.note)
        if told is not None:
            self._seen = None  # another process of ours was first: ask again next time
            raise WitnessRefused(f"{self.name} has seen {told} leaves, and not {seen}")
        self._seen = checkpoint.size

    def _send(self, old: int, proof: list[bytes], note: bytes) -> int | None:
        """Send a checkpoint; return None if it was taken, or the size that the witness has seen instead."""
        lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", ""]
        answer = self.client.post(f"{self.url}/add-checkpoint", content="\n".join(lines).encode() + note)
        if answer.status_code == httpx2.codes.OK:
            return None
        size = answer.text.strip()
        is_size = answer.headers.get("content-type", "").startswith(_SIZE) and size.isdecimal()
        if answer.status_code == httpx2.codes.CONFLICT and is_size:
            return int(size)
        if answer.status_code == httpx2.codes.UNPROCESSABLE_CONTENT:
            raise WitnessContradicts(f"{self.name} has seen {old} leaves that are not the first of ours")
        raise WitnessRefused(f"{self.name} answered {answer.status_code}")


def _sign_empty() -> bytes:
    key = get_signing_key()
    return sign_checkpoint(Checkpoint(queries.get_origin() or key.verify_key.name, 0, EMPTY_ROOT), key)
