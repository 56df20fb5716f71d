"""One segment of a section: its text read into fields, and written."""

from collections.abc import Mapping
from typing import Any

from consent.signals.base64url import ALPHABET, to_bits
from consent.signals.errors import MalformedSignal
from consent.signals.gpp.cursor import Cursor
from consent.signals.gpp.declared import VERSION, Field, SubSection
from consent.signals.gpp.kinds import IGNORED, Place
from consent.signals.gpp.padding import check_end, lengths, to_text
from consent.signals.gpp.quick import Few, Fields, Quick, TwoBits
from consent.signals.reading import Lenient, Reader, Strict


class SegmentCodec:
    """Reads and writes the segments of one declared sub-section."""

    def __init__(self, part: SubSection) -> None:
        self.part = part
        self.firsts = frozenset(
            letter for place, letter in enumerate(ALPHABET) if f"{place:06b}".startswith(part.mark)
        )
        """The characters that the segment may start with."""
        self.names = tuple(field.name for field in part.fields if field.name != VERSION)
        self._quick = _quick(part)
        self._longer = _quick(SubSection(part.name, part.longer)) if part.longer else None

    def read(self, text: str, start: int, reader: Reader) -> Fields:
        """Return the fields of `text`, which starts at the character `start` of the whole.

        A lenient reader leaves out the fields it ignored, and all behind the place where it had to stop.

        :raises MalformedSignal: strictly.
        """
        fields = self._quick.read(text) if self._quick else None
        if fields is None and self._longer:
            fields = self._longer.read(text)
        if fields is None and self.part.older:
            fields = self._read_any_form(text, start)
        if fields is None:
            fields = read_fields(self.part.fields, text, start, reader)
            fields.pop(VERSION, None)
        return fields

    def _read_any_form(self, text: str, start: int) -> Fields | None:
        """Return the fields in the first form that `text` keeps strictly, or None if it keeps none."""
        for form in (self.part.fields, *self.part.older):
            try:
                fields = read_fields(form, text, start, Strict())
            except MalformedSignal:
                continue
            fields.pop(VERSION, None)
            return fields
        return None

    def write(self, fields: Mapping[str, Any]) -> str:
        """Return the text of the segment, filled up as the reference library does.

        :raises MalformedSignal: if a field is missing, or has a value that is not allowed.
        """
        text = self._quick.write(fields) if self._quick else None
        if text is None and self._longer:
            text = self._longer.write(fields)
        return to_text(write_fields(self.part.fields, fields)) if text is None else text


def read_fields(declared: tuple[Field, ...], text: str, start: int, reader: Reader) -> Fields:
    """Return the fields of a segment, field by field.

    :raises MalformedSignal: strictly.
    """
    fields: Fields = {}
    try:
        cursor = Cursor(read_bits(text, start, reader), start, reader, fields=fields)
        for field in declared:
            cursor.name = field.name
            value = field.kind.read(cursor)
            if value is not IGNORED:
                fields[field.name] = value
        check_end(cursor)
    except MalformedSignal as error:
        reader.ignore(error.fault)
    return fields


def read_bits(text: str, start: int, reader: Reader) -> str:
    """Return the bits of a segment; faults are placed in the whole text."""
    found = Lenient()
    bits = to_bits(text, found)
    for fault in found.ignored:
        reader.ignore(fault.at(start))
    return bits


def write_fields(declared: tuple[Field, ...], fields: Mapping[str, Any]) -> str:
    """Return the bits of a segment. A constant may be left out.

    :raises MalformedSignal: if a field is missing, or has a value that is not allowed.
    """
    bits = []
    for field in declared:
        value = fields.get(field.name, field.constant)
        place = Place(field.name, fields)
        if value is None:
            place.refuse("missing", "the field is missing")
        bits.append(field.kind.write(value, place))
    return "".join(bits)


def _quick(part: SubSection) -> Quick | None:
    if TwoBits.fits(part.fields):
        return TwoBits(part.fields)
    width = _few_bits(part)
    return _few(part, width) if width else None


def _few_bits(part: SubSection) -> int:
    """Return the width of a segment of very few bits, or 0."""
    bits = Cursor("0" * (Few.BITS + 1), 0, Lenient())
    for field in part.fields:
        try:
            field.kind.read(bits)
        except (MalformedSignal, KeyError):
            return 0
    return bits.at if bits.at <= Few.BITS else 0


def _few(part: SubSection, width: int) -> Few:
    texts: dict[str, Fields] = {}
    for number in range(1 << width):
        written = to_text(format(number, f"0{width}b"))
        for length in lengths(width):
            text = written[:length].ljust(length, "A")
            try:
                texts[text] = read_fields(part.fields, text, 0, Strict())
            except MalformedSignal:
                continue
    return Few(texts, frozenset(text for text in texts if len(text) == len(to_text("0" * width))))
