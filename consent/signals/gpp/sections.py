"""One section: its segments told apart, read by the declaration, and written."""

from collections.abc import Mapping
from typing import Any

from consent.signals.base64url import ALPHABET
from consent.signals.errors import Fault
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.declared import VERSION, Declaration
from consent.signals.gpp.kinds import Place
from consent.signals.gpp.segments import SegmentCodec
from consent.signals.gpp.types import Section
from consent.signals.reading import Reader

_MORE_SEGMENTS = 3
"""So many more segments than there can be are told of one by one, and the rest as one."""


class SectionCodec:
    """Reads and writes one section of bits, as it is declared."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self._versions = {
            version: tuple(map(SegmentCodec, parts)) for version, parts in declaration.versions.items()
        }
        self._names = {
            version: frozenset(name for part in parts for name in part.names)
            for version, parts in self._versions.items()
        }

    def read(self, text: str, start: int, reader: Reader) -> Section | None:
        """Return the section of `text`, or None if a lenient reader can make nothing of it.

        :raises MalformedSignal: strictly.
        """
        version = self._version(text)
        parts = self._versions.get(version)
        if parts is None:
            reader.ignore(self._unknown(text, version, start))
            return None
        core, dot, others = text.partition(".")
        fields = parts[0].read(core, start, reader)
        if dot:
            self._read_others(fields, parts[1:], others, start + len(core) + 1, reader)
        return Section(self.declaration.id, self.declaration.prefix, version, fields)

    def _version(self, text: str) -> int:
        if not self.declaration.carries_version:
            return 1
        return ALPHABET.find(text[0]) if text else -1

    def _unknown(self, text: str, version: int, start: int) -> Fault:
        if not text:
            return Fault("truncated", f"{self.declaration.prefix} is empty", start, 0, VERSION)
        if version < 0:
            return Fault(
                "not_base64url", f"the character {text[0]!r} is none of base64url's", start, 0, VERSION
            )
        known = ", ".join(map(str, self._versions))
        detail = f"{self.declaration.prefix} has no version {version}: there is {known}"
        return Fault("unknown_version", detail, start, 0, VERSION)

    def _read_others(
        self, fields: dict[str, Any], parts: tuple[SegmentCodec, ...], text: str, start: int, reader: Reader
    ) -> None:
        seen: set[SegmentCodec] = set()
        for segment in text.split(".", len(parts) + _MORE_SEGMENTS):
            part = next((part for part in parts if segment[:1] in part.firsts), None)
            if part is None:
                detail = f"{self.declaration.prefix} has no such sub-section"
                reader.ignore(Fault("unknown_segment", detail, start, 0))
            elif part in seen:
                detail = f"the sub-section {part.part.name} is there already"
                reader.ignore(Fault("duplicate_segment", detail, start, 0))
            else:
                seen.add(part)
                fields.update(part.read(segment, start, reader))
            start += len(segment) + 1

    def write(self, section: Section) -> str:
        """Return the text of a section. Optional sub-sections are written if one of their fields is there.

        :raises MalformedSignal: if the section has an unknown version, or a field that is missing, unknown
            or not allowed.
        """
        parts = self._versions.get(section.version)
        if parts is None:
            detail = f"{self.declaration.prefix} has no version {section.version}"
            Place(VERSION, section.fields).refuse("unknown_version", detail)
        names = section.fields.keys()
        if not names <= self._names[section.version]:
            _refuse_unknown(section, self._names[section.version])
        text = parts[0].write(section.fields)
        for part in parts[1:]:
            if not names.isdisjoint(part.names):
                text = f"{text}.{part.write(section.fields)}"
        return text


def _refuse_unknown(section: Section, names: frozenset[str]) -> None:
    """Refuse fields that the section does not have.

    :raises MalformedSignal: always.
    """
    unknown = next(name for name in section.fields if name not in names)
    Place(unknown, section.fields).refuse("unknown_field", f"{section.prefix} has no such field")


CODECS: Mapping[int, SectionCodec] = {
    id_: SectionCodec(declaration) for id_, declaration in DECLARATIONS.items()
}
