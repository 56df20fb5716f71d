"""What the pages say, in each language, and how places are called in it."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error
from phonenumbers.geodata.locale import LOCALE_DATA

from consent.policies.document.codes import load_codes
from consent.portal.preferences.wording import TEXTS
from consent.requests.wording.catalogue import Catalogue

_FOLDER = Path(__file__).parent / "texts"
_BETTER = {("US", "fr"): "États-Unis"}
"""Where the table of names that we have writes one in another way than people do."""
PAGES = Catalogue("portal", _FOLDER)


def check_wording(app_configs: Any = None, **_: object) -> list[CheckMessage]:  # noqa: ARG001 - as called
    """Return each fault of the own wording of the request portal and of the preference centre."""
    faults = [*PAGES.list_faults(), *TEXTS.list_faults()]
    return [Error(fault, id="consent_portal.E001") for fault in faults]


@lru_cache(maxsize=8)
def list_places(language: str) -> tuple[tuple[str, str], ...]:
    """Return the codes and names of all countries, and of states with a law of their own, in their order."""
    codes = load_codes()
    named = {code: _name_country(code, language) for code in codes.countries}
    of_parts = {
        code: f"{named[code.partition('-')[0]]}: {name}"
        for code, name in _read_parts().items()
        if code in codes.subdivisions
    }
    return tuple(sorted({**named, **of_parts}.items(), key=lambda one: _sorting(one[1])))


def name_place(code: str, language: str) -> str:
    """Return how a place is called; its code if it is none of the list."""
    return dict(list_places(language)).get(code, code)


def _name_country(code: str, language: str) -> str:
    """Return a country's name. An entry that begins with a star says whose name is the same."""
    names: Mapping[str, str] = LOCALE_DATA.get(code, {})
    name = _BETTER.get((code, language)) or names.get(language, code)
    return names.get(name[1:], code) if name.startswith("*") else name


@lru_cache(maxsize=1)
def _read_parts() -> Mapping[str, str]:
    return tomllib.loads((_FOLDER / "parts.toml").read_text(encoding="utf-8"))


def _sorting(name: str) -> str:
    """Return what a name is sorted by: without marks, so that Österreich stands by O."""
    return "".join(
        one for one in unicodedata.normalize("NFKD", name) if not unicodedata.combining(one)
    ).lower()
