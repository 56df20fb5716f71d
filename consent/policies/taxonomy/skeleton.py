"""Begins a policy from what a Fides manifest says of systems.

What Fides does not know is not made up. It is left empty with a TODO beside it, and `validate` refuses the
document until somebody has filled it in. There are no rules, so whatever is not written yet is denied.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent
from typing import Any

from consent.policies.document.schema import load_schema
from consent.policies.document.writing import dump_yaml
from consent.policies.taxonomy.fides_manifest import Declaration, System
from consent.policies.taxonomy.special_categories import may_be_special
from consent.policies.taxonomy.terms import TermKind
from consent.policies.taxonomy.vocabulary import Vocabulary

_HEAD = """\
# A policy begun from a Fides manifest. Fill in each TODO; until then the import refuses this file.
# There are no rules yet, so everything is denied. Read what Fides gave, too: it was not written for this.
schema: accordant/policy/1
"""
_JURISDICTIONS = """\
# Where your rules hold, such as `GB: {title: United Kingdom}`.
jurisdictions: {}
"""
_PURPOSES = """\
# One for each data use that a system declares. Split one where people should be able to say yes to a part.
"""
_DESTINATIONS = """\
# One for each system that declares a use. Delete those that are no recipient outside this service. A system
# that had different data for different uses has all of it here: split it where that is too much.
"""
_LONGEST_REMARK = 200

_Declared = tuple[System, Declaration]
_Field = tuple[str, Any, str]
"""Name, value, and the remark beside it."""


def write_skeleton(key: str, systems: Sequence[System], vocabulary: Vocabulary) -> str:
    """Return the YAML of a policy called `key`, with a purpose for each data use that `systems` declare."""
    declared = [(system, one) for system in systems for one in system.declarations]
    return "\n".join(
        (
            _HEAD + _fields([("policy", key, ""), ("title", "", "TODO: what people call this policy")]),
            _fields([("controllers", {}, "TODO: who decides on purposes and means (GDPR Art. 4(7))")]),
            _JURISDICTIONS,
            _section("data_categories", _categories(declared, vocabulary)),
            _PURPOSES + _section("purposes", _purposes(declared, vocabulary)),
            _rules(declared),
            _left_out(systems) + _DESTINATIONS + _section("destinations", _destinations(systems)),
        )
    )


def _categories(declared: Iterable[_Declared], vocabulary: Vocabulary) -> Iterator[str]:
    said_special: dict[str, bool] = defaultdict(bool)
    for _, declaration in declared:
        for key in declaration.data_categories:
            said_special[key] |= declaration.special
    for key in sorted(said_special):
        fields: list[_Field] = [
            ("title", _name(vocabulary, TermKind.DATA_CATEGORY, key), ""),
            ("data_category", key, ""),
        ]
        if may_be_special(key) or said_special[key]:
            fields.append(("special", True, "GDPR Art. 9: remove this line only if yours holds no such data"))
        yield _entry(key, fields)


def _purposes(declared: Sequence[_Declared], vocabulary: Vocabulary) -> Iterator[str]:
    for use in sorted({declaration.data_use for _, declaration in declared}):
        same = [(system, one) for system, one in declared if one.data_use == use]
        fields: list[_Field] = [
            ("title", _name(vocabulary, TermKind.DATA_USE, use), ""),
            ("description", "", "TODO: in plain words, for the people whose data it is"),
            ("data_categories", sorted({key for _, one in same for key in one.data_categories}), ""),
            ("data_use", use, ""),
        ]
        if subjects := sorted({key for _, one in same for key in one.data_subjects}):
            fields.append(("data_subjects", subjects, ""))
        yield _entry(use, fields, remarks=(f"{system.key}: {one.name}" for system, one in same if one.name))


def _rules(declared: Iterable[_Declared]) -> str:
    said = sorted({(one.data_use, one.legal_basis, system.key) for system, one in declared})
    lines = [
        _remark(f"  {use}: {basis or 'no legal basis stated'} ({system})") for use, basis, system in said
    ]
    head = (
        "# What no rule covers is denied. What Fides says of legal bases, to check before you write a rule:\n"
    )
    return head + "".join(lines) + "rules: []\n"


def _destinations(systems: Iterable[System]) -> Iterator[str]:
    kinds = load_schema()["$defs"]["destination"]["properties"]["kind"]["enum"]
    taken: set[str] = set()
    for system in systems:
        if not system.declarations:
            continue
        categories = sorted({key for one in system.declarations for key in one.data_categories})
        role = "TODO: processor or third_party"
        if system.responsibility:
            role += f" (Fides says: {', '.join(system.responsibility)})"
        fields: list[_Field] = [
            ("title", system.name or system.key, ""),
            ("kind", None, f"TODO: one of {', '.join(kinds)}"),
            ("role", None, role),
            ("country", None, "TODO: the country that the data goes to, such as DE"),
            ("purposes", sorted({one.data_use for one in system.declarations}), ""),
            ("data_categories", categories, "" if categories else "TODO: the data it may receive"),
        ]
        slug = _slug(system.key, taken)
        yield _entry(slug, fields, remarks=[] if slug == system.key else [f"in Fides: {system.key}"])


def _left_out(systems: Iterable[System]) -> str:
    silent = sorted(system.key for system in systems if not system.declarations)
    return "".join(_remark(f"{key} declares no use of data, so it is left out.") for key in silent)


def _slug(key: str, taken: set[str]) -> str:
    """Return a slug made of `key` that is not in `taken`, and put it there."""
    plain = re.sub(r"[^a-z0-9_-]", "_", key.lower())
    plain = (plain if plain[:1].isalpha() else f"system_{plain}")[:56]
    slug, number = plain, 2
    while slug in taken:
        slug, number = f"{plain}_{number}", number + 1
    taken.add(slug)
    return slug


def _name(vocabulary: Vocabulary, kind: TermKind, key: str) -> str:
    term = vocabulary.find(kind, key)
    return term.name if term else key


def _section(name: str, entries: Iterable[str]) -> str:
    text = "".join(entries)
    return f"{name}:\n{indent(text, '  ')}" if text else f"{name}: {{}}\n"


def _entry(name: str, fields: Iterable[_Field], *, remarks: Iterable[str] = ()) -> str:
    head = dump_yaml({name: None}).removesuffix(" null\n")
    above = "".join(_remark(remark) for remark in remarks)
    return f"{above}{head}\n{indent(_fields(fields), '  ')}"


def _fields(fields: Iterable[_Field]) -> str:
    return "".join(_field(*field) for field in fields)


def _field(name: str, value: Any, remark: str) -> str:
    text = dump_yaml({name: value})
    return f"{text.rstrip()}  {_remark(remark)}" if remark else text


def _remark(text: str) -> str:
    """Return a comment on one line, whatever `text` holds."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"# {plain[:_LONGEST_REMARK]}\n"
