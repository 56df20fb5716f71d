"""GPP strings, read and written whole."""

from collections.abc import Iterator

from consent.signals import us_privacy
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.gpp import european
from consent.signals.gpp.declarations import US_PRIVACY_SECTION
from consent.signals.gpp.declared import VERSION
from consent.signals.gpp.header import read_header, write_header
from consent.signals.gpp.json_form import us_privacy_section
from consent.signals.gpp.sections import CODECS
from consent.signals.gpp.types import GppString, Section
from consent.signals.reading import Lenient, Reader, Strict

KNOWN = frozenset((european.ID, US_PRIVACY_SECTION, *CODECS))
LONGEST = 24_576
"""Characters, six times what a cookie holds: as many as of a TC string."""

_MOST_PARTS = len(KNOWN) + 1
"""More parts than there are sections need not be told apart."""


def decode(text: str) -> GppString:
    """Return what a GPP string says.

    Every text that is accepted is written again by `encode` as it was, but for how segments are filled up to
    whole characters, for the order of section 5's optional segments, and for the forms of its vendor sets.

    :raises MalformedSignal: if the specification does not allow it; the fault has the character of `text`,
        the bit of the segment, and the field.
    """
    return _read(text, Strict())


def decode_leniently(text: str) -> tuple[GppString, tuple[Fault, ...]]:
    """Return what can be read of `text`, and what was ignored.

    Sections of unknown ids or versions are left out, and so are fields with values that are not allowed and
    fields behind the place where a segment breaks off. An item 3 of a list of two-bit numbers counts as 0,
    not applicable. What was ignored may have been a no: no yes should rest on a string with a fault.
    """
    reader = Lenient()
    return _read(text, reader), tuple(reader.ignored)


def find_section(text: str, id_: int) -> tuple[str, int] | None:
    """Return the text of one section and the character that it starts at, or None if there is none.

    Neither it nor the others are read.

    :raises MalformedSignal: if the header is not in order, or names more or fewer sections than there are.
    """
    found = ((part, start) for number, part, start in split(text, Strict()) if number == id_)
    return next(found, None)


def _read(text: str, reader: Reader) -> GppString:
    sections = {}
    for id_, part, start in split(text, reader):
        section = read_section(id_, part, start, reader)
        if section is not None:
            sections[id_] = section
    return GppString(sections)


def split(text: str, reader: Reader) -> Iterator[tuple[int, str, int]]:
    """Return of each section the id, the text, and the character that it starts at.

    :raises MalformedSignal: strictly, if the header is not in order, names more or fewer sections than there
        are, or the text is too long.
    """
    if len(text) > LONGEST:
        detail = f"{len(text)} characters, and at most {LONGEST} are read"
        reader.ignore(Fault("overlong", detail, LONGEST))
        return iter(())
    header, *parts = text.split("~", _MOST_PARTS)
    ids = read_header(header, reader)
    starts = _starts(header, parts)
    count = text.count("~")
    if len(ids) != count:
        position = len(text) if len(ids) > count else starts[min(len(ids), len(parts))]
        detail = f"the header names {len(ids)} sections, and {count} follow"
        reader.ignore(Fault("section_count", detail, position))
    return zip(ids, parts, starts, strict=False)


def _starts(header: str, parts: list[str]) -> list[int]:
    starts = [len(header) + 1]
    for part in parts:
        starts.append(starts[-1] + len(part) + 1)
    return starts


def read_section(id_: int, text: str, start: int, reader: Reader) -> Section | None:
    """Return one section of its text, or None if a lenient reader can make nothing of it.

    :raises MalformedSignal: strictly.
    """
    codec = CODECS.get(id_)
    if codec is not None:
        return codec.read(text, start, reader)
    if id_ == US_PRIVACY_SECTION:
        return _read_us_privacy(text, start, reader)
    if id_ == european.ID:
        return european.read(text, start, reader)
    reader.ignore(Fault("unknown_section", f"there is no section {id_}", start))
    return None


def _read_us_privacy(text: str, start: int, reader: Reader) -> Section:
    value, faults = us_privacy.decode_leniently(text)
    for fault in faults:
        reader.ignore(fault.at(start))
    return us_privacy_section(value)


def encode(value: GppString) -> str:
    """Return the GPP string, sections in the order of ids, filled up as the reference library does.

    A string that was read is to be passed on as the text that it was, and not written anew.

    :raises MalformedSignal: if a section or a version is unknown, or a field is missing, unknown or not
        allowed.
    """
    for id_, section in value.sections.items():
        if id_ not in KNOWN or section.id != id_:
            raise MalformedSignal(
                Fault("unknown_section", f"there is no section {id_!r} of id {section.id!r}")
            )
    ids = sorted(value.sections)
    parts = [write_header(tuple(ids))]
    for id_ in ids:
        codec = CODECS.get(id_)
        section = value.sections[id_]
        parts.append(codec.write(section) if codec else _write_other(section))
    return "~".join(parts)


def _write_other(section: Section) -> str:
    if section.id == european.ID:
        return european.write(section)
    told = {**section.fields, VERSION: section.version}
    return us_privacy.encode(us_privacy.from_json(told))
