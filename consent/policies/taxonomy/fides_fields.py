"""Reads the fields of one entry of a Fides manifest, and notes all that is wrong with them."""

import re
from collections.abc import Collection, Mapping

from consent.policies.document.paths import Finding, Parts
from consent.policies.document.schema import shown
from consent.policies.taxonomy.terms import LONGEST_NAME, TermKind, expected_form, has_form

_SYSTEM_KEY = re.compile(r"[a-zA-Z0-9_.<>-]{1,200}", re.ASCII)
"""What Fides takes as a key."""


class Entry:
    """One entry of a manifest. A field that is null counts as missing; a field not asked for is let be."""

    def __init__(self, value: object, parts: Parts, findings: list[Finding]) -> None:
        self._fields: Mapping[str, object] = value if isinstance(value, Mapping) else {}
        self._parts = parts
        self._findings = findings
        if not self._fields and parts:
            self._note(parts, value, "a mapping of fields")

    def key(self, name: str, kind: TermKind) -> str:
        """Return the key at `name`; empty if there is none, which is noted."""
        return self._key(self._fields.get(name), kind, (*self._parts, name)) if self._fields else ""

    def name_of_system(self, name: str) -> str:
        """Return the system's key at `name`; empty if there is none, which is noted."""
        value = self._fields.get(name)
        if isinstance(value, str) and _SYSTEM_KEY.fullmatch(value):
            return value
        self._note((*self._parts, name), value, "the system's key: letters, digits, '_', '.', '-', '<', '>'")
        return ""

    def keys(self, name: str, kind: TermKind) -> tuple[str, ...]:
        """Return the keys in the list at `name`, each once."""
        read = [self._key(value, kind, (*self._parts, name, n)) for n, value in enumerate(self.items(name))]
        return tuple(dict.fromkeys(key for key in read if key))

    def items(self, name: str) -> list[object]:
        """Return the list at `name`; empty if there is none."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, list):
            self._note((*self._parts, name), value, "a list")
        return value if isinstance(value, list) else []

    def line(self, name: str) -> str:
        """Return the line of text at `name`; empty if there is none."""
        text = self.text(name, LONGEST_NAME)
        if text and ("\n" in text or not text.strip()):
            self._note((*self._parts, name), text, "a line of text")
        return text

    def text(self, name: str, longest: int) -> str:
        """Return the text at `name`, of at most `longest` letters; empty if there is none."""
        value = self._fields.get(name)
        if value is None:
            return ""
        if isinstance(value, str) and len(value) <= longest:
            return value
        self._note((*self._parts, name), value, f"text of at most {longest} letters")
        return ""

    def flag(self, name: str, *, default: bool) -> bool:
        """Return whether `name` is true; `default` if it is missing."""
        value = self._fields.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self._note((*self._parts, name), value, "true or false")
        return default

    def choice(self, name: str, options: Collection[str]) -> str:
        """Return the text at `name` if it is one of `options`; empty if there is none."""
        value = self._fields.get(name)
        if value is None:
            return ""
        if isinstance(value, str) and value in options:
            return value
        self._note((*self._parts, name), value, f"one of {', '.join(options)}")
        return ""

    def _key(self, value: object, kind: TermKind, parts: Parts) -> str:
        if isinstance(value, str) and has_form(kind, value):
            return value
        self._note(parts, value, f"the key of a {kind.words}: {expected_form(kind)}")
        return ""

    def _note(self, parts: Parts, value: object, expected: str) -> None:
        found = "missing;" if value is None else f"found {shown(value)},"
        self._findings.append(Finding(parts, f"{found} expected {expected}"))
