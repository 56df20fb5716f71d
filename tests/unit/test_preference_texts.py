"""Every text of the preference centre is there in each language, with the same places."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from consent.portal.preferences.pages.offers import Way
from consent.portal.preferences.pages.opening import CHANNELS
from consent.portal.preferences.pages.saving import Outcome
from consent.portal.preferences.pages.states import Says
from consent.portal.preferences.wording import TEXTS
from consent.records.types import Choice
from consent.requests.wording.catalogue import list_places

FOLDER = Path("consent/portal/preferences/texts")
TEMPLATES = sorted(Path("consent/portal/templates/portal/preferences").glob("*.html"))
LANGUAGES = ("en", "de", "fr", "es", "pt")
SAID = re.compile(r"""\{% tell ["']([a-z_.0-9]+)["']""")


def read(language: str) -> dict[str, str]:
    tables: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / f"{language}.toml").read_text())
    return {f"{section}.{name}": text for section, texts in tables.items() for name, text in texts.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_values(language: str) -> None:
    english, other = read("en"), read(language)

    assert {name: list_places(text) for name, text in other.items()} == {
        name: list_places(text) for name, text in english.items()
    }
    assert all(other.values())


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_what_is_the_same_as_in_english_is_so_on_purpose(language: str) -> None:
    english, other = read("en"), read(language)

    same = {name for name, text in english.items() if other[name] == text}
    assert same <= {"page.moment", "notice.version", "choices.no"}


def test_every_text_that_a_page_says_is_there() -> None:
    named = {name for path in TEMPLATES for name in SAID.findall(path.read_text()) if "." in name}
    built = {
        *(f"channel.{one}" for one in CHANNELS),
        *(f"told.{one}" for one in Outcome if one is not Outcome.SAVED),
        *(f"way.{one}" for one in Way if one is not Way.ALWAYS),
        *(f"state.nothing_{one}" for one in Way if one is not Way.ALWAYS),
        *(f"state.{one}" for one in Says if one not in {Says.NOTHING}),
        *(f"said.{one}" for one in Choice),
        *(f"always.{one}" for one in ("contract", "legal_obligation", "vital_interest")),
        *(f"always.{one}" for one in ("strictly_necessary", "public_task")),
    }

    assert {name for name in named | built if not name.endswith((".", "_"))} <= set(TEXTS.texts("en"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_trusts_a_value_or_styles_an_element(path: Path) -> None:
    text = path.read_text()

    for forbidden in ("<script", "style=", "|safe", "autoescape off", "onclick", "javascript:", "mark_safe"):
        assert forbidden not in text
