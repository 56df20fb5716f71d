"""The header of a GPP string: a type, a version, and the ids of the sections in their order.

Source: GPP "Consent String Specification", "Header Encoding".
"""

from functools import lru_cache

from consent.signals.errors import MalformedSignal
from consent.signals.gpp import fibonacci
from consent.signals.gpp.cursor import Cursor
from consent.signals.gpp.padding import check_end, to_text
from consent.signals.gpp.segments import read_bits
from consent.signals.intervals import IdSet
from consent.signals.reading import Reader, Strict

TYPE = 3
VERSION = 1
_SHORT = 32
_START = f"{TYPE:06b}{VERSION:06b}"


def read_header(text: str, reader: Reader) -> IdSet:
    """Return the ids of the sections.

    A lenient reader that finds another type or version reads nothing: what follows would be a guess.

    :raises MalformedSignal: strictly.
    """
    if len(text) <= _SHORT:
        try:
            return _read_known(text)
        except MalformedSignal:
            if not reader.lenient:
                raise
    return _read(text, reader)


@lru_cache(maxsize=512)
def _read_known(text: str) -> IdSet:
    """Return the ids of a correct header: the strings of one publisher have few different ones."""
    return _read(text, Strict())


def _read(text: str, reader: Reader) -> IdSet:
    ids = IdSet()
    try:
        cursor = Cursor(read_bits(text, 0, reader), 0, reader)
        for name, expected in (("Type", TYPE), ("Version", VERSION)):
            cursor.name = name
            bit = cursor.at
            if (found := cursor.number(6)) != expected:
                cursor.refuse(f"unknown_{name.lower()}", f"{found} is not {expected}", bit)
        cursor.name = "Sections"
        ids = fibonacci.read_range(cursor, may_touch=True)
        check_end(cursor)
    except MalformedSignal as error:
        reader.ignore(error.fault)
    return ids


@lru_cache(maxsize=512)
def write_header(ids: tuple[int, ...]) -> str:
    """Return the header of a string with the sections `ids`."""
    return to_text(_START + fibonacci.write_range(IdSet.of(ids)))
