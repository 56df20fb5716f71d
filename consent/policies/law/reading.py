"""Reads a law table strictly: all that is wrong with it is told at once. Pure: no Django, no clock."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.policies.document.codes import load_codes
from consent.policies.document.paths import Parts, items_of, path_text, sort_key
from consent.policies.document.schema import shown
from consent.policies.law.forms import (
    FORMS,
    Reader,
    Unexpected,
    find_contradictions,
    list_of,
    one_of,
    read_code,
    read_date,
    read_group,
    read_line,
    read_text,
    required_fields,
)
from consent.policies.law.types import KINDS, LawTable, Place, Provision
from consent.policies.types import Fault

SCHEMA = "accordant/law/1"
LARGEST_TEXT = 4_000_000
"""Characters; forty times the shipped table."""


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unexpected("a list")
    return value


class _Schema(StrEnum):
    FIRST = SCHEMA


_ROOT: Mapping[str, Reader] = {
    "schema": one_of(_Schema),
    "about": read_text,
    "as_of": read_date,
    "jurisdictions": _list,
}
_PLACE: Mapping[str, Reader] = {
    "code": read_code,
    "title": read_line,
    "parent": read_code,
    "groups": list_of(read_group, "groups"),
    **dict.fromkeys(KINDS, _list),
}


class LawRefused(AccordantError):
    """The table has faults; nothing was read from it."""

    code = "law_refused"

    def __init__(self, faults: Sequence[Fault]) -> None:
        listed = "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
        super().__init__(f"{len(faults)} faults: {listed}" if len(faults) > 1 else listed)
        self.faults = tuple(faults)
        """All that is wrong, in the order of their paths."""


def read_law(text: str) -> LawTable:
    """Return the law table that the JSON `text` holds.

    :raises LawRefused: with every fault: the path, what was found, what was expected.
    """
    if len(text) > LARGEST_TEXT:
        raise LawRefused([Fault("(document)", f"{len(text)} characters, expected at most {LARGEST_TEXT}")])
    try:
        document = canonical.loads(text)
    except canonical.MalformedJson as error:
        raise LawRefused([Fault("(document)", f"not JSON: {error}")]) from error
    reader = _TableReader()
    table = reader.table(document)
    if reader.faults:
        ordered = sorted(reader.faults, key=lambda found: (sort_key(found[0]), found[1]))
        raise LawRefused([Fault(path_text(parts), message) for parts, message in ordered])
    return table


class _TableReader:
    """Turns JSON into a table, and gathers what departs from the form on the way."""

    def __init__(self) -> None:
        self.faults: list[tuple[Parts, str]] = []

    def table(self, document: Any) -> LawTable:
        self._fields(document, _ROOT, (), required=frozenset({"schema", "jurisdictions"}))
        places: dict[str, Place] = {}
        rows: list[Provision] = []
        for index, entry in enumerate(items_of(document, "jurisdictions")):
            parts: Parts = ("jurisdictions", index)
            found = self._fields(entry, _PLACE, parts, required=frozenset({"code", "title"}))
            code = found.get("code")
            if code in places:
                self._fault((*parts, "code"), f"{code!r} stands here twice")
            if code is not None:
                places[code] = self._place(found, entry, parts)
            rows += self._rows(entry, code or "", parts)
        self._strangers(places, items_of(document, "jurisdictions"))
        return LawTable(places, tuple(rows))

    def _place(self, found: Mapping[str, Any], entry: Any, parts: Parts) -> Place:
        """Return the place, and note a parent or groups that are not the ones ISO and the treaties name."""
        code: str = found["code"]
        country, _, part = code.partition("-")
        parent = found.get("parent")
        if parent != (country if part else None) and ("parent" in found or "parent" not in entry):
            expected = f"{country!r}, the country that {code} is a part of" if part else "nothing"
            self._fault((*parts, "parent"), f"found {shown(parent)}, expected {expected}")
        groups: tuple[str, ...] = found.get("groups", ())
        belongs = {group for group, members in load_codes().groups.items() if code in members}
        if set(groups) != belongs and ("groups" in found or "groups" not in entry):
            expected = ", ".join(sorted(belongs)) or "none"
            self._fault((*parts, "groups"), f"found {shown(list(groups))}, expected {expected}")
        by_size = sorted(groups, key=lambda group: (len(load_codes().groups[group]), group))
        return Place(code=code, title=found.get("title", ""), parent=parent, groups=tuple(by_size))

    def _rows(self, entry: Any, code: str, parts: Parts) -> Iterator[Provision]:
        taken: dict[tuple[object, ...], int] = {}
        for name, kind in KINDS.items():
            for index, fields in enumerate(items_of(entry, name)):
                where = (*parts, name, index)
                row = self._row(kind, fields, code, where)
                if row is None:
                    continue
                yield row
                first = taken.setdefault((name, row.slot, row.effective_from), index)
                if first != index:
                    self._fault((*where, "effective_from"), f"{name}[{first}] begins on that day too")

    def _row(self, kind: type[Provision], fields: Any, code: str, parts: Parts) -> Provision | None:
        before = len(self.faults)
        found = self._fields(fields, FORMS[kind], parts, required=required_fields(kind))
        if len(self.faults) > before:
            return None
        row = kind(jurisdiction=code, **found)
        for name, expected in find_contradictions(row).items():
            self._fault((*parts, name), f"found {shown(fields.get(name))}, expected {expected}")
        return row

    def _fields(
        self, value: Any, form: Mapping[str, Reader], parts: Parts, *, required: frozenset[str]
    ) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            self._fault(parts, f"found {shown(value)}, expected a mapping of fields")
            return {}
        for name in sorted(required - set(value)):
            self._fault((*parts, name), "missing; expected " + _expected(form[name]))
        for name in value:
            if name not in form:
                close = get_close_matches(str(name), form, n=1)
                advice = f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(form)}"
                self._fault((*parts, name), f"unknown field; {advice}")
        return dict(self._known(value, form, parts))

    def _known(
        self, value: Mapping[str, Any], form: Mapping[str, Reader], parts: Parts
    ) -> Iterator[tuple[str, Any]]:
        for name, read in form.items():
            if name in value:
                try:
                    yield name, read(value[name])
                except Unexpected as unexpected:
                    self._fault((*parts, name), f"found {shown(value[name])}, expected {unexpected}")

    def _strangers(self, places: Mapping[str, Place], entries: Sequence[object]) -> None:
        """Note parents and groups that the table does not hold: a look-up would end there."""
        for index, entry in enumerate(entries):
            code = entry.get("code") if isinstance(entry, Mapping) else None
            place = places.get(code) if isinstance(code, str) else None
            wanted = (place.parent, *place.groups) if place else ()
            for one in wanted:
                if one is not None and one not in places:
                    name = "parent" if place and one == place.parent else "groups"
                    self._fault(
                        ("jurisdictions", index, name), f"{one!r} is not a jurisdiction of this table"
                    )

    def _fault(self, parts: Parts, message: str) -> None:
        self.faults.append((parts, message))


def _expected(read: Reader) -> str:
    """Return what a field holds, from what its reader says of nothing at all."""
    try:
        read(None)
    except Unexpected as unexpected:
        return str(unexpected)
    return "a value"
