"""Every text of the pages is there in each language, is used, and every page finds what it says."""

import re
from pathlib import Path

import pytest

from consent.portal.asking.fields import OFFERED, WITHOUT_DETAILS
from consent.portal.following.story import _TOLD
from consent.portal.wording import PAGES, list_places, name_place
from consent.requests.types import RequestState, RequestType
from consent.requests.wording.catalogue import list_places as list_values
from consent.requests.wording.languages import LANGUAGES

ROOM = Path("consent/portal")
TEMPLATES = sorted((ROOM / "templates" / "portal").rglob("*.html"))
SAID = re.compile(r"""\{% say ["']([a-z_.0-9]+)["']""")
NAMED = re.compile(
    r"""["'](?:f?)((?:error|code|sorry|link|confirm|status|package|recipients)\.[a-z_0-9]+)["']"""
)
BUILT = {
    *(f"type.{one}" for one in RequestType),
    *(f"about.{one}" for one in OFFERED),
    *(f"ask.details_{one}" for one in OFFERED - WITHOUT_DETAILS),
    *(f"state.{one}" for one in (*RequestState, "joined", "paused", "recorded")),
    *(f"next.{one}" for one in (*RequestState, "paused", "recorded")),
    *(f"event.{one}" for one in _TOLD),
    *("event.verified", "event.answered"),
    *(f"start.{one}" for one in ("about_you", "change", "say_no", "disagree")),
    *(f"error.{one}" for one in ("required", "contact", "one_of", "email", "phone", "customer", "long")),
    *(f"error.{one}" for one in ("choice", "correction")),
    *(f"code.{one}" for one in ("wrong", "locked")),
    *(
        f"sorry.{one}{end}"
        for one in ("not_found", "too_many", "form", "away", "not_now", "not_taken")
        for end in ("", "_title")
    ),
}


def list_used() -> set[str]:
    """Return the names of the texts that templates and views say."""
    sources = [*TEMPLATES, *sorted((ROOM / "views").glob("*.py"))]
    texts = [path.read_text() for path in sources]
    return {name for text in texts for pattern in (SAID, NAMED) for name in pattern.findall(text)} | BUILT


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_values(language: str) -> None:
    english = {name: list_values(text) for name, text in PAGES.texts("en").items()}
    other = {name: list_values(text) for name, text in PAGES.texts(language).items()}

    assert other == english
    assert all(PAGES.texts(language).values())


def test_every_text_that_a_page_says_is_there_and_no_other() -> None:
    assert list_used() == set(PAGES.texts("en"))


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_what_is_the_same_as_in_english_is_so_on_purpose(language: str) -> None:
    english, other = PAGES.texts("en"), PAGES.texts(language)

    same = {name for name, text in english.items() if other[name] == text}
    assert same <= {"code.label", "page.problem", "status.reference", "link.reference"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_itself_runs_scripts_or_trusts_a_value(path: Path) -> None:
    text = path.read_text()
    if path.name == "broken.html":
        return
    bare = re.sub(r"<[^>]*>|\{%.*?%\}|\{\{.*?\}\}", "", re.sub(r"\{%.*?%\}", "", text))

    assert re.findall(r"[A-Za-z]{2,}", bare) == []
    for forbidden in ("<script", "style=", "|safe", "autoescape off", "onclick", "javascript:", "mark_safe"):
        assert forbidden not in text


@pytest.mark.parametrize(
    ("language", "germany", "california"),
    [
        ("en", "Germany", "United States: California"),
        ("de", "Deutschland", "Vereinigte Staaten von Amerika: California"),
        ("fr", "Allemagne", "États-Unis: California"),
        ("es", "Alemania", "Estados Unidos: California"),
        ("pt", "Alemanha", "Estados Unidos: California"),
    ],
)
def test_places_are_named_in_each_language_and_in_its_order(
    language: str, germany: str, california: str
) -> None:
    names = [name for _, name in list_places(language)]

    assert name_place("DE", language) == germany
    assert name_place("US-CA", language) == california
    assert not any(name.startswith("*") or name == code for code, name in list_places(language))
    assert len(names) == len(set(names))
    assert (
        names.index(name_place("AT", language)) < names.index(name_place("ZA", language))
        or language in {"es", "fr", "pt"}  # there, South Africa begins with Af
    )
