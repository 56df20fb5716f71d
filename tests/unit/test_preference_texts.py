"""Every text of the ways into the preference centre is there in each language, with the same values."""

import re
from pathlib import Path

import pytest

from consent.portal.preferences.wording import TEXTS
from consent.requests.wording.catalogue import _read_file, list_places

FOLDER = Path("consent/portal/preferences/texts")
ENGLISH = _read_file(FOLDER / "en.toml")
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.toml"))
TOLD = re.compile(r"""\{% tell ["']([a-z_.0-9]+)["']""")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_values(language: str) -> None:
    other = _read_file(FOLDER / f"{language}.toml")

    assert {name: list_places(text) for name, text in other.items()} == {
        name: list_places(text) for name, text in ENGLISH.items()
    }
    assert all(other.values())


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_what_is_the_same_as_in_english_is_so_on_purpose(language: str) -> None:
    other = _read_file(FOLDER / f"{language}.toml")

    assert {name for name, text in ENGLISH.items() if other[name] == text} == set()


def test_every_text_that_a_page_tells_is_there() -> None:
    templates = Path("consent/portal/templates/portal/preferences").rglob("*.html")
    told = {name for path in templates for name in TOLD.findall(path.read_text())}

    assert LANGUAGES == ["de", "en", "es", "fr", "pt"]
    assert told
    assert told - TEXTS.texts("en").keys() == set()
