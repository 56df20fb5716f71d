"""Reads a manifest of Fides, strictly: all that is wrong with what is carried over is told at once.

The form is that of fideslang 3.1 (https://github.com/ethyca/fideslang): lists of entries under the name of
what they are. Carried over are the entries of `data_use`, `data_category` and `data_subject`, and of
`system` what its privacy declarations say. Fides knows many more fields and sections; those are let be, and
the sections are counted.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from consent.policies.document.paths import Finding, path_text, sort_key
from consent.policies.document.reading import MalformedPolicy, read_yaml
from consent.policies.document.schema import shown
from consent.policies.taxonomy.fides_fields import Entry
from consent.policies.taxonomy.fides_manifest import (
    LEGAL_BASES,
    Declaration,
    Manifest,
    ManifestRefused,
    System,
)
from consent.policies.taxonomy.terms import LONGEST_DESCRIPTION, Term, TermKind, has_form, parent_of
from consent.policies.taxonomy.vocabulary import Vocabulary
from consent.policies.types import Fault

_SYSTEM = "system"
_SECTIONS = (*(kind.value for kind in TermKind), _SYSTEM)
_OTHER_SECTIONS = ("dataset", "policy", "organization", "registry", "evaluation")
"""Of fideslang's manifests, besides those carried over; a file may have more."""


def read_manifest(text: str, vocabulary: Vocabulary) -> Manifest:
    """Return what `text` holds. Parents must be in `vocabulary` or in the manifest itself.

    :raises ManifestRefused: with every fault of what is carried over.
    """
    try:
        document = read_yaml(text)
    except MalformedPolicy as error:
        place = "(document)" if error.line is None else f"line {error.line}"
        raise ManifestRefused([Fault(place, error.reason)]) from error
    reader = _Reader(document)
    manifest = reader.read(vocabulary)
    if reader.findings:
        ordered = sorted(set(reader.findings), key=lambda finding: (sort_key(finding.parts), finding.message))
        raise ManifestRefused(Fault(path_text(finding.parts), finding.message) for finding in ordered)
    return manifest


class _Reader:
    """Reads one document, and gathers all that is wrong with it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.findings: list[Finding] = []

    def read(self, vocabulary: Vocabulary) -> Manifest:
        terms = [term for kind in TermKind for term in self._terms(kind)]
        self._check_parents(vocabulary.with_terms(terms))
        return Manifest(
            terms=tuple(terms),
            systems=tuple(self._system(entry, n) for n, entry in enumerate(self._entries(_SYSTEM))),
            left_out=self._left_out(),
        )

    def _entries(self, section: str) -> list[object]:
        return Entry(self._document, (), self.findings).items(section)

    def _terms(self, kind: TermKind) -> list[Term]:
        first: dict[str, int] = {}
        terms = []
        for number, value in enumerate(self._entries(kind)):
            term = self._term(kind, Entry(value, (kind.value, number), self.findings))
            if term.key and first.setdefault(term.key, number) != number:
                message = f"{term.key!r} is already the key of {kind}[{first[term.key]}]"
                self.findings.append(Finding((kind.value, number, "fides_key"), message))
            terms.append(term)
        return terms

    def _term(self, kind: TermKind, entry: Entry) -> Term:
        key = entry.key("fides_key", kind)
        return Term(
            kind=kind,
            key=key,
            name=entry.line("name") or key,
            description=entry.text("description", LONGEST_DESCRIPTION),
            active=entry.flag("active", default=True),
        )

    def _check_parents(self, known: Vocabulary) -> None:
        """Note parents that are not the key's own, as Fides asks, and parents that nobody knows."""
        for kind in (TermKind.DATA_USE, TermKind.DATA_CATEGORY):
            for number, value in enumerate(self._entries(kind)):
                entry = value if isinstance(value, Mapping) else {}
                key, named = entry.get("fides_key"), entry.get("parent_key")
                if isinstance(key, str) and has_form(kind, key):
                    self._check_parent(known, kind, number, parent_of(key), named)

    def _check_parent(
        self, known: Vocabulary, kind: TermKind, number: int, parent: str, named: object
    ) -> None:
        parts = (kind.value, number, "parent_key")
        if named not in (None, parent):
            expected = repr(parent) if parent else "none, because the key has no dot"
            self.findings.append(Finding(parts, f"found {shown(named)}, expected {expected}"))
        elif parent and known.find(kind, parent) is None:
            message = f"the parent {parent!r} is in neither this file nor the taxonomy; add it to the file"
            self.findings.append(Finding(parts, message))

    def _system(self, value: object, number: int) -> System:
        parts = (_SYSTEM, number)
        entry = Entry(value, parts, self.findings)
        return System(
            key=entry.name_of_system("fides_key"),
            name=entry.line("name"),
            responsibility=tuple(str(one) for one in entry.items("responsibility")),
            declarations=tuple(
                self._declaration(Entry(one, (*parts, "privacy_declarations", index), self.findings))
                for index, one in enumerate(entry.items("privacy_declarations"))
            ),
        )

    @staticmethod
    def _declaration(entry: Entry) -> Declaration:
        return Declaration(
            name=entry.line("name"),
            data_use=entry.key("data_use", TermKind.DATA_USE),
            data_categories=entry.keys("data_categories", TermKind.DATA_CATEGORY),
            data_subjects=entry.keys("data_subjects", TermKind.DATA_SUBJECT),
            legal_basis=entry.choice("legal_basis_for_processing", LEGAL_BASES),
            special=entry.flag("processes_special_category_data", default=False),
        )

    def _left_out(self) -> Mapping[str, int]:
        """Return the sections that are not carried over; a misspelt one is noted instead."""
        left_out = {}
        for name, value in self._document.items():
            if name in _SECTIONS:
                continue
            close = get_close_matches(name, _SECTIONS, n=1, cutoff=0.8)
            if close and name not in _OTHER_SECTIONS:
                self.findings.append(Finding((name,), f"unknown section; did you mean {close[0]!r}?"))
            left_out[name] = len(value) if isinstance(value, list) else 1
        return left_out
