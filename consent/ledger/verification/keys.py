"""Which key had to sign a checkpoint of which size."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from consent.kernel.errors import AccordantError
from consent.kernel.signing import VerifyKey
from consent.ledger.types import Finding, StoredLogKey


class NoKeyYet(AccordantError):
    """No key signs this log."""

    code = "no_key_yet"


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """The keys of a log, from its first one on, each handed over by the one before it."""

    keys: tuple[StoredLogKey, ...]
    findings: tuple[Finding, ...] = ()

    @classmethod
    def load(cls, keys: Sequence[StoredLogKey], *, trusted: VerifyKey | None) -> Self:
        """Return the history that begins with `trusted`, with what is wrong with it."""
        findings = []
        if trusted and keys and keys[0].verify_key != trusted.text:
            findings.append(Finding("log key 0", f"it is not the one that was published: {trusted.text}"))
        return cls(tuple(keys), tuple(findings))

    @property
    def origin(self) -> str:
        """The log's name: that of its first key."""
        return self.keys[0].verify_key.partition("+")[0] if self.keys else ""

    def key_for(self, size: int) -> VerifyKey:
        """Return the key that signs a checkpoint of `size` leaves.

        :raises NoKeyYet: if none does.
        :raises MalformedKey: if what stands in its place is none.
        """
        place = bisect_left([key.from_size for key in self.keys], size)
        if not place:
            raise NoKeyYet("no key signs this log")
        return VerifyKey.parse(self.keys[place - 1].verify_key)
