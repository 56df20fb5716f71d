"""The notices of the starter packs: four languages that say the same, each in its own words."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from consent.kernel.periods import Period
from tests.pack_people import NAMES, read_document
from tests.policy_documents import Document

LANGUAGES = ("en", "de", "fr", "pt")
DOCUMENTS = {name: read_document(name) for name in NAMES}
WORDS: dict[str, dict[str, dict[str, list[str]]]] = yaml.safe_load(
    Path(__file__).with_name("pack_words.yaml").read_text(encoding="utf-8")
)

OWN_WORDS = {
    "en": {"the", "and", "your", "you", "with", "we", "our", "of", "is", "it", "this", "that", "to", "which"},
    "de": {"und", "sie", "wir", "der", "nicht", "einwilligung", "ihre", "für"},
    "fr": {"et", "vous", "nous", "votre", "les", "aux", "consentement"},
    "pt": {"os", "seus", "para", "uma", "não", "consentimento", "seu"},
}
"""Words that every text of a language has some of, and no text of another language any."""

PROPER = re.compile(r"Global Privacy Control|Attorney General|opt-out|Opt-out|\S+@\S+")
"""What is the same in each language."""

MUST_SAY = {
    "withdraw": {"en": r"withdraw", "de": r"widerrufen", "fr": r"retirer", "pt": r"retirar"},
    "complain": {"en": r"complain", "de": r"beschweren", "fr": r"réclamation", "pt": r"reclamação"},
    "write to": dict.fromkeys(LANGUAGES, r"privacy@\w+\.example"),
}


def list_versions(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for slug, notice in document["notices"].items():
        for version in notice["versions"].values():
            yield slug, version


def find_missing(name: str, document: Document) -> Iterator[str]:
    """Yield what a text leaves out: a language, a purpose, a recipient, how to withdraw or to complain."""
    for slug, version in list_versions(document):
        if set(version["texts"]) != set(LANGUAGES):
            yield f"{slug}: languages"
        for language, text in version["texts"].items():
            where, plain = f"{slug} {language}", " ".join(text.split())
            for purpose in version["purposes"]:
                if WORDS[name][slug][purpose][LANGUAGES.index(language)] not in text:
                    yield f"{where}: {purpose}"
            for recipient in version.get("recipients", ()):
                if document["destinations"][recipient]["title"] not in plain:
                    yield f"{where}: {recipient}"
            yield from (
                f"{where}: {what}" for what, form in MUST_SAY.items() if not re.search(form[language], text)
            )


def find_unlike(document: Document) -> Iterator[str]:
    """Yield each text that tells other numbers than the English one, or has other paragraphs or lengths."""
    for slug, version in list_versions(document):
        english = version["texts"]["en"]
        for language in version["texts"].keys() - {"en"}:
            text = version["texts"][language]
            if numbers_in(text) != numbers_in(english):
                yield f"{slug} {language}: numbers"
            if not _are_alike(text.splitlines(), english.splitlines()):
                yield f"{slug} {language}: paragraphs"


def numbers_in(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))


def _are_alike(paragraphs: list[str], english: list[str]) -> bool:
    pairs = list(zip(paragraphs, english, strict=False))
    return len(paragraphs) == len(english) and all(0.7 < len(one) / len(other) < 1.7 for one, other in pairs)


def find_foreign(document: Document) -> Iterator[str]:
    """Yield each text without words of its language, or with those of another."""
    titles = [entry["title"] for part in ("controllers", "destinations") for entry in document[part].values()]
    for slug, version in list_versions(document):
        for language, text in version["texts"].items():
            for title in sorted(titles, key=len, reverse=True):
                text = text.replace(title, "")  # noqa: PLW2901
            words = set(re.findall(r"\w+", PROPER.sub("", text).casefold()))
            if len(words & OWN_WORDS[language]) < 5:
                yield f"{slug} {language}: too few words of its own"
            for other in set(LANGUAGES) - {language}:
                yield from (f"{slug} {language}: {word!r} is {other}" for word in words & OWN_WORDS[other])


def find_misprints(document: Document) -> Iterator[str]:
    """Yield what breaks the conventions of a language, and what is no plain text."""
    for slug, version in list_versions(document):
        for language, text in version["texts"].items():
            for what, form in {**MISPRINTS["all"], **MISPRINTS.get(language, {})}.items():
                yield from (f"{slug} {language}: {what} at {found[0]!r}" for found in re.finditer(form, text))


MISPRINTS = {
    "all": {"markup": r"[<>&*_\[\]{}]", "spaces": r"  | $|^ ", "a straight quotation mark": r'"'},
    "en": {"accents": r"[À-ÿ]"},
    "de": {
        "a space before a sign": r"[ \u00a0][:;?!]",
        "ss for ß": r"(?i)\b(gemäss|ausserdem|regelmässig|rechtmässig)",
    },
    "fr": {
        "an ordinary space before a sign": r" [:;?!]|\w[:;?!]",
        "a straight apostrophe": r"'",
        "a capital without its accent": r"\bE(tat|tats)\b|\bA l\u2019",
    },
    "pt": {
        "a space before a sign": r"[ \u00a0][:;?!]",
        "an ending without its tilde": r"\w(cao|coes|nao)\b|\bnao\b",
        "spelling before the reform": r"\b(protecç|acção|objecç|direcç)",
    },
}


def find_unsaid_terms(document: Document) -> Iterator[str]:
    """Yield each rule whose months of validity, or whose ages, its notice does not tell."""
    for rule in document["rules"]:
        if "notice" not in rule:
            continue
        notice = document["notices"][rule["notice"]["key"]]
        told = set(numbers_in(notice["versions"][str(rule["notice"]["oldest_version"])]["texts"]["en"]))
        ages = {str(band["under"]) for band in rule.get("age", {}).get("bands", ())}
        months = {str(Period.parse(rule["validity"]).months)}
        yield from (f"{rule['id']}: {number}" for number in sorted((ages | months) - told))


def find_untold(document: Document) -> Iterator[str]:
    """Yield each rule whose notice does not speak of its purposes, or of a third party that gets them."""
    for rule in document["rules"]:
        if "notice" not in rule:
            continue
        version = document["notices"][rule["notice"]["key"]]["versions"][
            str(rule["notice"]["oldest_version"])
        ]
        if not set(rule["purposes"]) <= set(version["purposes"]):
            yield f"{rule['id']}: purposes"
        for slug, destination in document["destinations"].items():
            receives = destination["role"] == "third_party" and set(rule["purposes"]) & set(
                destination["purposes"]
            )
            if receives and slug not in version.get("recipients", ()):
                yield f"{rule['id']}: {slug}"


@pytest.mark.parametrize("name", NAMES)
def test_every_text_speaks_of_every_purpose_and_recipient(name: str) -> None:
    assert list(find_missing(name, DOCUMENTS[name])) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", [find_unlike, find_foreign, find_misprints, find_unsaid_terms, find_untold])
def test_the_texts_are_free_of(check: Any, name: str) -> None:
    assert list(check(DOCUMENTS[name])) == []


def respell(language: str, old: str, new: str) -> Document:
    """Return the pack of the shop with `new` in place of `old` in one language."""
    spoilt = deepcopy(DOCUMENTS["retailer"])
    texts = spoilt["notices"]["privacy"]["versions"]["1"]["texts"]
    assert old in texts[language]
    texts[language] = texts[language].replace(old, new)
    return spoilt


@pytest.mark.parametrize(
    ("language", "old", "new", "fault"),
    [
        ("fr", "Halvard Ads", "un partenaire", "privacy fr: halvard_ads"),
        ("de", "Angebote per SMS", "Angebote", "privacy de: marketing.sms"),
        ("pt", "retirar", "rever", "privacy pt: withdraw"),
        ("en", "complain", "talk", "privacy en: complain"),
    ],
)
def test_what_a_text_leaves_out_is_found(language: str, old: str, new: str, fault: str) -> None:
    assert list(find_missing("retailer", respell(language, old, new))) == [fault]


def test_a_language_that_is_missing_is_found() -> None:
    spoilt = deepcopy(DOCUMENTS["retailer"])
    del spoilt["notices"]["privacy"]["versions"]["1"]["texts"]["pt"]

    assert list(find_missing("retailer", spoilt)) == ["privacy: languages"]


@pytest.mark.parametrize(
    ("check", "language", "old", "new", "fault"),
    [
        (find_unlike, "fr", "13 mois", "12 mois", "privacy fr: numbers"),
        (find_unlike, "de", "\nDienstleister", " Dienstleister", "privacy de: paragraphs"),
        (find_foreign, "pt", "os seus pedidos", "your pedidos", "privacy pt: 'your' is en"),
        (find_foreign, "fr", "vos commandes", "seus pedidos", "privacy fr: 'seus' is pt"),
        (find_misprints, "de", "Vertrag", "<b>Vertrag</b>", "markup"),
        (find_misprints, "fr", "l\u2019exige", "l'exige", "a straight apostrophe"),
        (find_misprints, "fr", "\u00a0:", " :", "an ordinary space before a sign"),
        (find_misprints, "pt", "proteção", "protecao", "an ending without its tilde"),
        (find_misprints, "de", "rechtmäßig", "rechtmässig", "ss for ß"),
        (find_unsaid_terms, "en", "24 months", "two years", "newsletter-consent: 24"),
    ],
)
def test_a_text_that_is_wrong_is_found(check: Any, language: str, old: str, new: str, fault: str) -> None:
    found = list(check(respell(language, old, new)))

    assert found
    assert fault in found[0]


def test_a_recipient_that_the_notice_does_not_declare_is_found() -> None:
    spoilt = deepcopy(DOCUMENTS["retailer"])
    spoilt["notices"]["privacy"]["versions"]["1"]["recipients"] = []

    assert list(find_untold(spoilt)) == ["ads-consent: halvard_ads"]
