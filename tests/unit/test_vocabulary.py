"""Which keys a policy may name: those that are known and not switched off."""

import json
import re
from importlib.resources import files
from typing import Any

import pytest

from consent.policies.document import vocabulary as document_vocabulary
from consent.policies.document.schema import load_schema
from consent.policies.document.validation import validate
from consent.policies.taxonomy import terms
from consent.policies.taxonomy.terms import DOTTED_FORM, LONGEST_KEY, SLUG_FORM, Term, TermKind, has_form
from consent.policies.taxonomy.vocabulary import Vocabulary, load_fideslang, load_shipped
from tests.policy_documents import Document, make_document, spoil
from tests.unit.test_policy_validation import FAULTS, spoilt

USE = ("purposes", "service.orders", "data_use")
CATEGORY = ("data_categories", "contact.email", "data_category")
SUBJECTS = ("purposes", "service.orders", "data_subjects")
DPV = ("purposes", "service.orders", "dpv")


def make_term(kind: TermKind, key: str, *, active: bool = True) -> Term:
    return Term(kind=kind, key=key, name=key, active=active)


def messages(document: Document, *own: Term) -> list[str]:
    return [fault.message for fault in validate(document, load_shipped().with_terms(own))]


def test_the_shipped_taxonomy_is_fideslangs() -> None:
    found = {kind: [key for known, key in load_fideslang() if known is kind] for kind in TermKind}

    assert {kind: len(keys) for kind, keys in found.items()} == {
        TermKind.DATA_USE: 56,
        TermKind.DATA_CATEGORY: 85,
        TermKind.DATA_SUBJECT: 15,
    }
    assert all(has_form(kind, key) for kind, keys in found.items() for key in keys)


def test_every_shipped_term_has_its_parent() -> None:
    known = load_fideslang()

    for kind, key in known:
        parent = terms.parent_of(key)
        assert not parent or (kind, parent) in known


def test_what_fideslang_has_deprecated_names_a_term_that_it_has_not() -> None:
    deprecated = {key: term.replaced_by for (_, key), term in load_fideslang().items() if term.deprecated}

    assert deprecated == {"personalize.profiling": "personalize.content.profiling"}


def test_the_purposes_of_dpv_are_shipped() -> None:
    assert len(load_shipped().dpv_purposes) == 123


@pytest.mark.parametrize(("definition", "form"), [("dotted", DOTTED_FORM), ("slug", SLUG_FORM)])
def test_keys_have_the_form_that_documents_ask_for(definition: str, form: str) -> None:
    asked = load_schema()["$defs"][definition]
    names = ["a", "a.b", "a-b", "a_b", "A", "1a", "a..b", "a.", "", "a\n", "ü", "a" * 64, "a" * 65, "a" * 200]

    for name in names:
        is_asked = bool(re.search(asked["pattern"], name)) and len(name) <= asked["maxLength"]
        kind = TermKind.DATA_SUBJECT if definition == "slug" else TermKind.DATA_USE
        assert has_form(kind, name) == is_asked, name
    assert load_schema()["$defs"]["dotted"]["maxLength"] == LONGEST_KEY


def test_the_organisations_own_terms_are_known() -> None:
    document = spoil(make_document(), *USE, value="essential.robots")
    document = spoil(document, *SUBJECTS, value=["robot"])
    document = spoil(document, *CATEGORY, value="user.robot")
    own = [
        make_term(TermKind.DATA_USE, "essential.robots"),
        make_term(TermKind.DATA_SUBJECT, "robot"),
        make_term(TermKind.DATA_CATEGORY, "user.robot"),
    ]

    assert len(messages(document)) == 3
    assert messages(document, *own) == []


def test_a_term_of_one_kind_is_not_known_in_another() -> None:
    document = spoil(make_document(), *USE, value="robot")

    assert messages(document, make_term(TermKind.DATA_SUBJECT, "robot"))


def test_a_term_that_is_switched_off_is_refused() -> None:
    off = make_term(TermKind.DATA_USE, "essential.service", active=False)

    assert messages(make_document(), off) == [
        "the data use 'essential.service' is switched off in your taxonomy"
    ]


def test_what_lies_below_a_term_that_is_switched_off_is_refused() -> None:
    off = make_term(TermKind.DATA_USE, "essential", active=False)

    assert messages(make_document(), off) == ["the data use 'essential' is switched off in your taxonomy"]


def test_a_term_that_is_switched_off_is_not_suggested() -> None:
    document = spoil(make_document(), *SUBJECTS, value=["custommer"])
    off = make_term(TermKind.DATA_SUBJECT, "customer", active=False)

    assert "'customer'" in messages(document)[0]
    assert "did you mean 'customer'" not in messages(document, off)[0]


def test_a_deprecated_term_is_known_but_not_suggested() -> None:
    assert messages(spoil(make_document(), *USE, value="personalize.profiling")) == []
    assert "'personalize.profiling'" not in messages(
        spoil(make_document(), *USE, value="personalize.profilin")
    )[0].replace("unknown data use 'personalize.profilin'", "")


@pytest.mark.parametrize(
    "address",
    [
        "https://w3id.org/dpv#DirectMarketing",
        "https://w3id.org/dpv/sector/health#AnythingAtAll",
        "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
    ],
)
def test_purposes_of_dpv_and_terms_of_its_extensions_may_be_named(address: str) -> None:
    assert messages(spoil(make_document(), *DPV, value=address)) == []


def test_all_unknown_words_are_told_at_once_with_all_other_faults() -> None:
    document = spoil(make_document(), *USE, value="x")
    document = spoil(document, *CATEGORY, value="x")
    document = spoil(document, *SUBJECTS, value=["x", "customer", "y"])
    document = spoil(document, *DPV, value="https://w3id.org/dpv#X")
    document["colour"] = "red"

    assert [fault.path for fault in validate(document)] == [
        "colour",
        'data_categories["contact.email"].data_category',
        'purposes["service.orders"].data_subjects[0]',
        'purposes["service.orders"].data_subjects[2]',
        'purposes["service.orders"].data_use',
        'purposes["service.orders"].dpv',
    ]


# Mutants: each plants a bug that the tests above guard against, and the tests must fail with it.


def is_told(case: dict[str, Any]) -> bool:
    found = {fault.path: fault.message for fault in validate(spoilt(case))}
    return list(found) == [case["path"]] and case["words"] in found[case["path"]]


VOCABULARY_CASES = [case for case in FAULTS if re.search(r"unknown (data|DPV)", case["words"])]


def test_the_cases_are_there_for_the_mutants() -> None:
    assert len(VOCABULARY_CASES) == 8
    assert all(is_told(case) for case in VOCABULARY_CASES)


def know_everything(self: Vocabulary, kind: TermKind, key: str) -> None:
    """The mutant: nothing is unknown."""


def confuse_kinds(self: Vocabulary, kind: TermKind, key: str) -> str | None:
    """The mutant: a key of one kind is known in another."""
    known = {one for _, one in self.terms}
    return None if key in known else f"unknown {kind.words} {key!r}"


def know_all_of_dpv(self: Vocabulary, address: str) -> None:
    """The mutant: DPV is checked by its form only."""


@pytest.mark.parametrize(
    ("name", "mutant", "least_failures"),
    [("explain", know_everything, 5), ("explain", confuse_kinds, 1), ("explain_dpv", know_all_of_dpv, 3)],
)
def test_a_vocabulary_that_knows_too_much_is_found_out(
    monkeypatch: pytest.MonkeyPatch, name: str, mutant: Any, least_failures: int
) -> None:
    monkeypatch.setattr(Vocabulary, name, mutant)

    assert sum(not is_told(case) for case in VOCABULARY_CASES) >= least_failures


@pytest.mark.parametrize("skipped", list(TermKind))
def test_a_check_that_skips_a_kind_is_found_out(monkeypatch: pytest.MonkeyPatch, skipped: TermKind) -> None:
    def skip(kind: TermKind, key: str) -> bool:
        return kind is not skipped and has_form(kind, key)

    monkeypatch.setattr(document_vocabulary, "has_form", skip)

    assert not all(is_told(case) for case in VOCABULARY_CASES)


def test_a_vocabulary_that_forgets_what_is_above_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    off = make_term(TermKind.DATA_USE, "essential", active=False)
    monkeypatch.setattr("consent.policies.taxonomy.vocabulary.ancestors_of", lambda _key: ())

    assert messages(make_document(), off) == []


@pytest.mark.parametrize("name", ["fideslang.json", "dpv_purposes.json"])
def test_what_is_shipped_says_where_it_comes_from(name: str) -> None:
    text = files("consent.policies").joinpath("data", name).read_text(encoding="utf-8")
    table = json.loads(text)

    assert table["version"]
    assert table["source"].startswith("https://")
    assert table["licence"]
