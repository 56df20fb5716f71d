"""What Meta's answers mean."""

from typing import Any

import msgspec

from consent.network.client import Answer
from consent.network.errors import DeliveryFailed
from consent.network.patience import Verdict, judge_status

_AGAIN = frozenset({1, 2, 4, 17, 32, 341, 613, 80003})
"""Codes of errors that pass: Meta is in trouble, or asks for fewer calls."""
_BUSY = (2650, 1870145)
"""Another update of the audience is under way."""


class _Error(msgspec.Struct):
    code: int = 0
    error_subcode: int = 0
    is_transient: bool = False


class _Failed(msgspec.Struct):
    error: _Error


class _Status(msgspec.Struct):
    code: int = 0


class AudienceStatus(msgspec.Struct):
    """An audience, and whether it may be written to."""

    operation_status: _Status = msgspec.field(default_factory=_Status)

    @property
    def is_flagged(self) -> bool:
        """Whether Meta holds it back."""
        return self.operation_status.code == 471


class Received(msgspec.Struct):
    """What became of one request's people."""

    num_received: int
    num_invalid_entries: int = 0


def judge(answer: Answer) -> Verdict:
    """Return what the answer means: Meta tells by a code in the body, whatever the status."""
    error = _error_of(answer)
    if error is None:
        return judge_status(answer)
    is_busy = (error.code, error.error_subcode) == _BUSY
    return Verdict.AGAIN if error.is_transient or error.code in _AGAIN or is_busy else Verdict.REFUSED


def tell(answer: Answer) -> str:
    """Return Meta's numbers for the error; its sentences may repeat what was sent."""
    error = _error_of(answer)
    return f" (code {error.code}, subcode {error.error_subcode})" if error else ""


def read(answer: Answer, kind: type[Any]) -> Any:
    """Return the body.

    :raises DeliveryFailed: if it is none of its kind.
    """
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError:
        raise DeliveryFailed("Meta answered what cannot be read: deliver again") from None


def _error_of(answer: Answer) -> _Error | None:
    try:
        return msgspec.json.decode(answer.content, type=_Failed).error
    except msgspec.DecodeError:
        return None
