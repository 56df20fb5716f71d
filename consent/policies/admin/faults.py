"""What is to be mended in a draft, in words, and where it is mended."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from consent.policies import queries
from consent.policies.admin.places import SECTIONS, page_of, version_of
from consent.policies.document.paths import Parts
from consent.policies.models import NoticeVersion, PolicyVersion
from consent.policies.types import Fault

MOST_SHOWN = 25
_STEP = re.compile(r'\.?([\w-]+)|\[(\d+)\]|\["((?:\\.|[^"\\])*)"\]', re.ASCII)
_ESCAPED = re.compile(r"\\(.)")
_RULE = re.compile(r"\brules\[(\d+)\]")
_ENTRY = {
    "controllers": "Controller",
    "jurisdictions": "Jurisdiction",
    "data_categories": "Data category",
    "purposes": "Purpose",
    "notices": "Notice",
    "properties": "Request property",
    "rules": "Rule",
    "destinations": "Destination",
}
_NAME = {"jurisdictions": "code", "properties": "name"}
_Place = tuple[str, ...]
"""The section and the name of an entry; of a notice's version, its number besides."""


@dataclass(frozen=True, slots=True)
class ShownFault:
    """One thing to mend, as officers read it."""

    place: str
    message: str
    page: str | None
    """The address of the page where it is mended, if it is in a row that exists."""


@dataclass(frozen=True, slots=True)
class ShownFaults:
    """What is to be mended: how much in all, and the first of it."""

    total: int
    first: tuple[ShownFault, ...]

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return self.total - len(self.first)


def list_to_mend(row: Model) -> ShownFaults:
    """Return the faults of a draft, or those of one of its rows."""
    version = version_of(row)
    document = queries.get_document(version_id=version.pk) or {}
    located = [(_locate(fault, document), fault) for fault in queries.list_faults(version_id=version.pk)]
    own = _place_of(row)
    found = [(parts, fault) for parts, fault in located if tuple(map(str, parts))[: len(own)] == own]
    return ShownFaults(total=len(found), first=_show(version, document, found[:MOST_SHOWN]))


def show_faults(version: PolicyVersion, faults: Iterable[Fault]) -> tuple[ShownFault, ...]:
    """Return `faults` of the version's text in their order, each with its place in words and its page."""
    document = queries.get_document(version_id=version.pk) or {}
    return _show(version, document, [(_locate(fault, document), fault) for fault in faults])


def _show(
    version: PolicyVersion, document: Mapping[str, Any], located: Sequence[tuple[Parts, Fault]]
) -> tuple[ShownFault, ...]:
    pages = _find_pages(version, {_place(parts) for parts, _ in located})
    return tuple(
        ShownFault(_tell(parts), _name_rules(fault.message, document), pages.get(_place(parts)))
        for parts, fault in located
    )


def read_path(path: str) -> Parts:
    """Return the steps of a fault's path: the inverse of `path_text`."""
    if path == "(document)":
        return ()
    return tuple(_step(match) for match in _STEP.finditer(path))


def _step(match: "re.Match[str]") -> str | int:
    plain, index, quoted = match.groups()
    if plain is not None:
        return str(plain)
    if index is not None:
        return int(index)
    return _ESCAPED.sub(lambda escaped: "\n" if escaped[1] == "n" else escaped[1], quoted)


def _locate(fault: Fault, document: Mapping[str, Any]) -> Parts:
    """Return the fault's path, with a rule's id in the place of its number."""
    parts = read_path(fault.path)
    if parts[:1] == ("rules",) and len(parts) > 1 and isinstance(parts[1], int):
        return ("rules", document["rules"][parts[1]]["id"], *parts[2:])
    return parts


def _place(parts: Parts) -> _Place:
    is_edition = parts[:1] == ("notices",) and parts[2:3] == ("versions",)
    return tuple(map(str, (*parts[:2], *parts[3:4]) if is_edition else parts[:2]))


def _place_of(row: Any) -> _Place:
    """Return how the paths of the row's faults begin."""
    if isinstance(row, PolicyVersion):
        return ()
    if isinstance(row, NoticeVersion):
        return ("notices", row.notice.slug, "versions", str(row.number))
    section = next(name for name, model in SECTIONS.items() if isinstance(row, model))
    return (section, str(row))


def _find_pages(version: PolicyVersion, places: Iterable[_Place]) -> dict[_Place, str]:
    named: dict[str, set[str]] = {}
    for place in places:
        if len(place) > 1 and place[0] in SECTIONS:
            named.setdefault(place[0], set()).add(place[1])
    pages: dict[_Place, str] = {
        (section, str(row)): page_of(row)
        for section, names in named.items()
        for row in _rows(section, version=version, **{f"{_NAME.get(section, 'slug')}__in": names})
    }
    editions = NoticeVersion.objects.filter(
        notice__version=version, notice__slug__in=named.get("notices", ())
    )
    of_editions: dict[_Place, str] = {
        ("notices", one.notice.slug, str(one.number)): page_of(one)
        for one in editions.select_related("notice").order_by("pk")
    }
    return {**pages, **of_editions}


def _rows(section: str, **wanted: Any) -> Iterable[Model]:
    return SECTIONS[section]._default_manager.filter(**wanted).order_by("pk")


def _tell(parts: Parts) -> str:
    section, name, rest = (str(parts[0]) if parts else "", parts[1:2], parts[2:])
    if section not in _ENTRY or not name:
        return _words(parts) or "The policy"
    entry = f"{_ENTRY[section]} {name[0]}"
    if section == "notices" and rest[:1] == ("versions",) and len(rest) > 1:
        entry, rest = f"{entry}, version {rest[1]}", rest[2:]
    return f"{entry}: {_words(rest)}" if rest else entry


def _words(parts: Parts) -> str:
    told = (f"no. {part + 1}" if isinstance(part, int) else part.replace("_", " ") for part in parts)
    return ", ".join(told)


def _name_rules(message: str, document: Mapping[str, Any]) -> str:
    """Return the message with rules called by their ids."""
    ids = [rule["id"] for rule in document.get("rules", ())]
    return _RULE.sub(
        lambda found: f"the rule {ids[int(found[1])]}" if int(found[1]) < len(ids) else found[0], message
    )
