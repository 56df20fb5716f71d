"""Rows of a CSV file: by a mapping, or, without one, by the names of its columns.

Without a mapping, a column bears the name of a field of a choice (`choice`, `purpose`, `effective_at`, …),
or `identifier.KIND`, or `fact.NAME`; any other name is refused, since a mistyped one would be passed over
in silence. Each row holds one choice; empty cells are passed over.
"""

from collections.abc import Mapping, Sequence

from consent.records.adapters.telling import Telling
from consent.records.adapters.types import ImportMapping, MalformedHeader, Row, Translated
from consent.records.types import OFFICER, YES, Choice, FaultCode
from consent.subjects.types import FactName, IdentifierKind

CHOICE_COLUMNS = (
    "choice",
    "purpose",
    "controller",
    "destination",
    "effective_at",
    "notice",
    "notice_version",
    "method",
    "form",
    "expires_at",
    "explicit",
    "by_guardian",
    "after_conflict_notice",
    "refers_to",
)
_TIMES = ("effective_at", "expires_at")
_FLAGS = ("explicit", "by_guardian", "after_conflict_notice")
_TRUTH = {"true": True, "false": False}
_CHOICES = frozenset(choice.value for choice in Choice if choice not in OFFICER)
_IDENTIFIER, _FACT = "identifier.", "fact."


class Table:
    """A CSV file's columns, and what they mean."""

    def __init__(self, header: Sequence[str], mapping: ImportMapping | None) -> None:
        """Take the names in the first row.

        :raises MalformedHeader: if they are not those that the mapping, or this module, expects.
        """
        if len(set(header)) != len(header):
            raise MalformedHeader("two columns have one name")
        self._header = tuple(header)
        self._facts: dict[str, str] = {}
        self._mapping = mapping if mapping is not None else self._by_names()
        self._is_wide = bool(self._mapping.purposes) and "purpose" not in self._mapping.columns
        """Whether each purpose has a column of its own."""
        if mapping is not None:
            self._check(mapping)

    def read_cells(self, cells: Sequence[str]) -> Translated:
        """Return the row that the cells hold, or its faults."""
        told = Telling(self._mapping)
        if len(cells) != len(self._header):
            told.fault("", FaultCode.WRONG_COLUMN_COUNT, f"has {len(cells)} of {len(self._header)} columns")
            return told.finish()
        row = {name: cell.strip() for name, cell in zip(self._header, cells, strict=True) if cell.strip()}
        if self._is_wide:
            for category in [name for name in self._mapping.purposes if name in row]:
                self._say(told, row, row[category], category, category)
        elif self._says_something(row):
            self._read_choice(told, row)
        elif not any(name in row for name in self._facts):
            told.fault("choice", FaultCode.EMPTY_ROW, "a row needs a choice or a fact")
        finished, facts = told.finish(), self._read_facts(row)
        if finished.faults or not (finished.rows or facts):
            return finished
        choices = finished.rows[0]["choices"] if finished.rows else []
        return Translated(rows=({"identifiers": self._identify(row), "choices": choices, "facts": facts},))

    def _by_names(self) -> ImportMapping:
        kinds = {f"{_IDENTIFIER}{kind.value}": kind for kind in IdentifierKind}
        facts = {f"{_FACT}{name.value}": name.value for name in FactName}
        unknown = [name for name in self._header if name not in {*CHOICE_COLUMNS, *kinds, *facts}]
        if unknown:
            places = ", ".join(str(self._header.index(name) + 1) for name in unknown)
            raise MalformedHeader(
                f"column {places}: no such name; write {', '.join(CHOICE_COLUMNS[:5])}, …,"
                f" {_IDENTIFIER}KIND or {_FACT}NAME, or give a mapping"
            )
        self._facts = {name: facts[name] for name in self._header if name in facts}
        identifiers = {name: kinds[name] for name in self._header if name in kinds}
        if not identifiers:
            raise MalformedHeader(f"no column says who a row is about: name one {_IDENTIFIER}email, for one")
        return ImportMapping(
            identifiers=identifiers,
            columns={name: name for name in CHOICE_COLUMNS if name in self._header},
        )

    def _check(self, mapping: ImportMapping) -> None:
        wanted = {*mapping.identifiers, *mapping.columns.values()}
        if self._is_wide:
            wanted |= set(mapping.purposes)
        missing = sorted(wanted - set(self._header))
        if missing:
            raise MalformedHeader(f"the mapping names columns that are not there: {', '.join(missing)}")
        says_choice = "choice" in mapping.columns or "choice" in mapping.defaults or self._is_wide
        says_purpose = "purpose" in mapping.columns or "purpose" in mapping.defaults or self._is_wide
        if not (says_choice and says_purpose):
            raise MalformedHeader("the mapping names neither a column nor a default for choice and purpose")

    def _identify(self, row: Mapping[str, str]) -> list[Row]:
        kinds = self._mapping.identifiers
        return [{"kind": kind.value, "value": row[name]} for name, kind in kinds.items() if name in row]

    def _says_something(self, row: Mapping[str, str]) -> bool:
        columns = self._mapping.columns
        return bool(self._mapping.defaults) or any(columns.get(name) in row for name in ("choice", "purpose"))

    def _read_choice(self, told: Telling, row: Mapping[str, str]) -> None:
        mapping = self._mapping
        said = row.get(mapping.columns.get("choice", "choice"), mapping.defaults.get("choice", ""))
        purpose = row.get(mapping.columns.get("purpose", "purpose"), mapping.defaults.get("purpose", ""))
        self._say(told, row, said, purpose, mapping.columns.get("choice", "choice"))

    def _say(self, told: Telling, row: Mapping[str, str], said: str, category: str, column: str) -> None:
        mapped = self._mapping.values.get(said)
        choice = mapped.value if mapped is not None else said
        if choice not in _CHOICES:
            told.fault(column, FaultCode.UNKNOWN_CHOICE, f"must be one of {', '.join(sorted(_CHOICES))}")
            return
        fields = self._read_fields(told, row)
        if choice in YES and "effective_at" not in fields:
            told.fault("effective_at", FaultCode.MISSING_FIELD, "a yes must tell when it was said")
        if self._mapping.purposes and category != self._mapping.defaults.get("purpose"):
            told.say(category, choice, at=None, path=column, more=fields)
        else:
            told.add({**fields, "choice": choice, "purpose": category or None})

    def _read_fields(self, told: Telling, row: Mapping[str, str]) -> Row:
        """Return the fields of a choice but for choice and purpose."""
        return {
            name: self._read_value(told, name, column, row[column])
            for name, column in self._mapping.columns.items()
            if column in row and name not in {"choice", "purpose"}
        }

    def _read_value(self, told: Telling, name: str, column: str, text: str) -> object:
        if name in _TIMES:
            return told.time(text, column)
        if name in _FLAGS:
            return _TRUTH.get(text.lower(), text)
        if name == "notice_version" and text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
        return text

    def _read_facts(self, row: Mapping[str, str]) -> list[Row]:
        at = {"effective_at": row["effective_at"]} if "effective_at" in row else {}
        return [
            {"name": fact, "value": row[column], **at}
            for column, fact in self._facts.items()
            if column in row
        ]
