"""Faults of the words a document describes its data with: keys of fideslang and terms of DPV."""

import re
from collections.abc import Iterator

from consent.policies.document.paths import Finding, Parts, field_of, fields_of, texts_of
from consent.policies.taxonomy.terms import TermKind, has_form
from consent.policies.taxonomy.vocabulary import Vocabulary

_DPV_FORM = re.compile(r"https://w3id\.org/dpv[A-Za-z0-9/_.-]*#[A-Za-z0-9_-]+", re.ASCII)


def find_vocabulary_faults(document: object, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield the data uses, data categories, data subjects and DPV purposes that are not known.

    A key of the wrong form is the schema's to report. Terms of DPV's extensions pass by their form.
    """
    for slug, category in fields_of(document, "data_categories").items():
        key, where = field_of(category, "data_category"), ("data_categories", slug, "data_category")
        yield from _term(vocabulary, TermKind.DATA_CATEGORY, key, where)
    for slug, purpose in fields_of(document, "purposes").items():
        parts = ("purposes", slug)
        yield from _term(vocabulary, TermKind.DATA_USE, field_of(purpose, "data_use"), (*parts, "data_use"))
        for index, subject in texts_of(purpose, "data_subjects"):
            yield from _term(vocabulary, TermKind.DATA_SUBJECT, subject, (*parts, "data_subjects", index))
        yield from _dpv(vocabulary, field_of(purpose, "dpv"), (*parts, "dpv"))


def _term(vocabulary: Vocabulary, kind: TermKind, key: object, parts: Parts) -> Iterator[Finding]:
    if isinstance(key, str) and has_form(kind, key) and (message := vocabulary.explain(kind, key)):
        yield Finding(parts, message)


def _dpv(vocabulary: Vocabulary, address: object, parts: Parts) -> Iterator[Finding]:
    has_dpv_form = isinstance(address, str) and _DPV_FORM.fullmatch(address)
    if has_dpv_form and (message := vocabulary.explain_dpv(str(address))):
        yield Finding(parts, message)
