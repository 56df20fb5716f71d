"""Where a reader stands in the bits of one segment, so that every fault has a place."""

from dataclasses import dataclass, field
from typing import Any, NoReturn

from consent.signals.base64url import BITS_PER_CHARACTER
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.reading import Reader


@dataclass(slots=True)
class Cursor:
    """A place `at` in `bits`; the segment starts at the character `start` of the whole text.

    `name` is the name of the field that is being read, `fields` are the ones before it.
    """

    bits: str
    start: int
    reader: Reader
    at: int = 0
    name: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    items: int = 0
    """How many items the ranges had that were read."""

    def fault(self, reason: str, detail: str, bit: int | None = None) -> Fault:
        """Return a fault of the field that is being read, at `bit` or here."""
        bit = self.at if bit is None else bit
        return Fault(reason, detail, self.start + bit // BITS_PER_CHARACTER, bit, self.name)

    def refuse(self, reason: str, detail: str, bit: int | None = None) -> NoReturn:
        """Give up the segment: nothing behind this place can be read.

        :raises MalformedSignal: always.
        """
        raise MalformedSignal(self.fault(reason, detail, bit))

    def ignore(self, reason: str, detail: str, bit: int | None = None) -> None:
        """Leave something out if the reader is lenient.

        :raises MalformedSignal: strictly.
        """
        self.reader.ignore(self.fault(reason, detail, bit))

    def take(self, width: int) -> str:
        """Return the next `width` bits and step over them.

        :raises MalformedSignal: if the segment ends before; the place is the segment's end.
        """
        end = self.at + width
        if end > len(self.bits):
            self.refuse("truncated", f"{end - len(self.bits)} bits are missing", len(self.bits))
        taken = self.bits[self.at : end]
        self.at = end
        return taken

    def number(self, width: int) -> int:
        """Return the number in the next `width` bits.

        :raises MalformedSignal: if the segment ends before.
        """
        return int(self.take(width), 2)
