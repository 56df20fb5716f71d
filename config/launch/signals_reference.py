"""The page on signals: the fields of a TC string with their bits, its JSON, faults, rules and reasons."""

import json
from collections.abc import Iterable, Iterator, Mapping

from config.launch.arguments import ROOT
from consent.signals.tcf import json_form
from consent.signals.tcf.decoding import LONGEST, MOST_SEGMENTS
from consent.signals.tcf.evaluation import TEXTS, YES
from consent.signals.tcf.fields import (
    ALLOWED_VENDORS,
    CORE,
    DISCLOSED_VENDORS,
    PUBLISHER_TC,
    RANGE_ENTRY,
    RESTRICTIONS,
    VENDORS,
    Field,
)
from consent.signals.tcf.reasons import REASONS
from consent.signals.tcf.rules import RULES

SIGNALS_PAGE = ROOT / "docs" / "reference" / "signals.md"
_HEAD = f"""# Signals: TC strings

<!-- Written by ./dev check --fix from consent/signals/tcf. -->

How to use the codec: [read and write signals](../how-to/read-and-write-signals.md). Why it is our own:
[ADR 41](../adr/0041-own-codecs-for-signals.md).

A TC string is segments joined by dots, the core first; each is bits, written as base64url and filled up with
zeros. Bits count from 0 in their segment. Strings of version 2 are read, with up to {LONGEST:,} characters
and {MOST_SEGMENTS} segments.
"""
_JSON_HEAD = """## As JSON

The names are those of `TCModel` in IAB's `@iabtechlabtcf/core`, sets are sorted lists, and what a missing
segment would say is `null`. What is left out takes the value in the last column, as in a new `TCModel`;
`created` is needed.
"""
_FAULTS_HEAD = """## Faults

A strict reader refuses at the first, a lenient one tells what it ignored. Each has a `position` (character of
the string), a `bit` (of its segment) and a `field`; they are empty where there is no such place.
"""
_RULES_HEAD = """## Rules

What `check_rules` tells of a string that is well formed. An invalid string says yes to nothing.
"""
_REASONS_HEAD = """## Reasons

Why a vendor may process or not, as `may_process`, `may_process_special` and `may_use_feature` answer it.
"""
_TABLES: Mapping[str, tuple[Field, ...]] = {
    "Core": CORE,
    "Segment DisclosedVendors": DISCLOSED_VENDORS,
    "Segment AllowedVendors (ended with global scope)": ALLOWED_VENDORS,
    "Segment PublisherTC": PUBLISHER_TC,
}
_PARTS: Mapping[str, tuple[Field, ...]] = {
    "Vendors": VENDORS,
    "Range entry": RANGE_ENTRY,
    "Restrictions": RESTRICTIONS,
}


def signals_page() -> str:
    """Return the page."""
    fields = [_section(title, ("field", "bits", "holds"), _placed(table)) for title, table in _TABLES.items()]
    parts = [_section(title, ("field", "length", "holds"), _sized(table)) for title, table in _PARTS.items()]
    told = [
        _section(_JSON_HEAD, ("name", "here", "left out"), _json_rows()),
        _section(_FAULTS_HEAD, ("reason", "means"), ((f"`{one}`", text) for one, text in REASONS.items())),
        _section(_RULES_HEAD, ("rule", "invalid", "broken by a string"), _rule_rows()),
        _section(_REASONS_HEAD, ("reason", "may", "means"), _reason_rows()),
    ]
    return "\n".join([_HEAD, *fields, *parts, *told])


def _section(head: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    title = head if head.startswith("## ") else f"## {head}\n"
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join([title, *lines, *("| " + " | ".join(row) + " |" for row in rows), ""])


def _placed(table: tuple[Field, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield each field with its bits, as far as they are the same in every string."""
    at: int | None = 0
    for one in table:
        if at is None or one.bits is None:
            at, bits = None, "then"
        else:
            bits = str(at) if one.bits == 1 else f"{at} to {at + one.bits - 1}"
            at += one.bits
        yield f"`{one.name}`", bits, one.holds


def _sized(table: tuple[Field, ...]) -> Iterator[tuple[str, str, str]]:
    for one in table:
        yield f"`{one.name}`", str(one.bits), one.holds


def _json_rows() -> Iterator[tuple[str, str, str]]:
    aliases = {name: alias for alias, name in json_form.ALIASES.items()}
    yield "`created`", "`created`", "is refused"
    yield "`lastUpdated`", "`last_updated`", "as `created`"
    for name, (field, standard) in {**json_form.NUMBERS, **json_form.FLAGS, **json_form.CODES}.items():
        yield f"`{name}`", f"`{field}`", f"`{json.dumps(standard)}`"
    for name, field in json_form.SETS.items():
        also = f", also `{aliases[name]}`" if name in aliases else ""
        yield f"`{name}`{also}", f"`{field}`", "empty"
    restriction = "`purposeId`, `restrictionType` and `vendors` each"
    yield f"`publisherRestrictions`: {restriction}", "`publisher_restrictions`", "empty"
    for name, field in json_form.SEGMENT_SETS.items():
        also = f", also `{aliases[name]}`" if name in aliases else ""
        yield f"`{name}`{also}", f"`{field}`", "no segment"
    yield f"`{json_form.CUSTOM}`", "`publisher_tc.number_of_custom_purposes`", "as the sets need"
    for name, field in json_form.PUBLISHER_SETS.items():
        yield f"`{name}`", f"`publisher_tc.{field}`", "no segment, if all are"


def _rule_rows() -> Iterator[tuple[str, str, str]]:
    for rule, (invalid, text) in RULES.items():
        yield f"`{rule}`", "yes" if invalid else "no", text


def _reason_rows() -> Iterator[tuple[str, str, str]]:
    for reason, text in TEXTS.items():
        yield f"`{reason}`", "yes" if reason in YES else "no", text
