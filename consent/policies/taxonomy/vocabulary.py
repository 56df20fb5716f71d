"""Which keys a policy may name: fideslang's and the organisation's own, and DPV's purposes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from consent.policies.taxonomy.terms import Term, TermKind, ancestors_of

DPV_EXTENSIONS = "https://w3id.org/dpv/"
"""Where DPV's extensions live. They have too many terms to ship, so they are accepted by their form."""


@dataclass(frozen=True, slots=True)
class ShippedTerm:
    """One term of fideslang's default taxonomy, and the versions of fideslang that it belongs to."""

    term: Term
    added: str
    deprecated: str | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The known terms, those switched off included, and DPV's purposes."""

    terms: Mapping[tuple[TermKind, str], Term]
    retired: frozenset[tuple[TermKind, str]]
    """What fideslang has deprecated. Known, but never suggested."""
    dpv_namespace: str
    dpv_purposes: frozenset[str]

    def with_terms(self, terms: Iterable[Term]) -> "Vocabulary":
        """Return this vocabulary with `terms` added; one that is known already takes the new form."""
        return replace(self, terms={**self.terms, **{(term.kind, term.key): term for term in terms}})

    def find(self, kind: TermKind, key: str) -> Term | None:
        """Return the term, switched off or not; None if it is not known."""
        return self.terms.get((kind, key))

    def is_usable(self, kind: TermKind, key: str) -> bool:
        """Return whether a policy may name `key`: it is known, and neither it nor what is above is off."""
        return (kind, key) in self.terms and self._switched_off(kind, key) is None

    def explain(self, kind: TermKind, key: str) -> str | None:
        """Return why a policy may not name `key`, in words; None if it may."""
        if (kind, key) not in self.terms:
            advice = self._advice(key, self._usable_keys(kind))
            return f"unknown {kind.words} {key!r}; expected a key of fideslang or of your own terms{advice}"
        off = self._switched_off(kind, key)
        return None if off is None else f"the {kind.words} {off!r} is switched off in your taxonomy"

    def explain_dpv(self, address: str) -> str | None:
        """Return why `address` names no purpose of DPV, in words; None if it does or is an extension's."""
        namespace, mark, term = address.partition("#")
        if f"{namespace}{mark}" == self.dpv_namespace:
            if term in self.dpv_purposes:
                return None
            advice = self._advice(term, self.dpv_purposes)
            return f"unknown DPV purpose {term!r}; expected a purpose of {self.dpv_namespace}{advice}"
        if namespace.startswith(DPV_EXTENSIONS):
            return None
        return f"unknown DPV namespace {namespace!r}; expected {self.dpv_namespace} or {DPV_EXTENSIONS}…#"

    def _switched_off(self, kind: TermKind, key: str) -> str | None:
        """Return the key, at `key` or above it, that is switched off."""
        for one in (key, *ancestors_of(key)):
            term = self.terms.get((kind, one))
            if term is not None and not term.active:
                return one
        return None

    def _usable_keys(self, kind: TermKind) -> list[str]:
        return sorted(
            key
            for known, key in self.terms
            if known is kind and (kind, key) not in self.retired and self.is_usable(kind, key)
        )

    @staticmethod
    def _advice(key: str, known: Iterable[str]) -> str:
        close = get_close_matches(key, sorted(known), n=1)
        return f"; did you mean {close[0]!r}?" if close else ""


@cache
def load_fideslang() -> Mapping[tuple[TermKind, str], ShippedTerm]:
    """Return fideslang's default taxonomy, `data/fideslang.json`."""
    table = _load("fideslang.json")
    return {
        (kind, key): _shipped(kind, key, entry) for kind in TermKind for key, entry in table[kind].items()
    }


@cache
def load_shipped() -> Vocabulary:
    """Return the vocabulary of an organisation that has added nothing."""
    fideslang, dpv = load_fideslang(), _load("dpv_purposes.json")
    return Vocabulary(
        terms={place: shipped.term for place, shipped in fideslang.items()},
        retired=frozenset(place for place, shipped in fideslang.items() if shipped.deprecated),
        dpv_namespace=dpv["namespace"],
        dpv_purposes=frozenset(dpv["terms"]),
    )


def _shipped(kind: TermKind, key: str, entry: Mapping[str, str]) -> ShippedTerm:
    return ShippedTerm(
        term=Term(kind=kind, key=key, name=entry["name"]),
        added=entry["added"],
        deprecated=entry.get("deprecated"),
        replaced_by=entry.get("replaced_by"),
    )


def _load(name: str) -> dict[str, Any]:
    text = files("consent.policies").joinpath("data", name).read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table
