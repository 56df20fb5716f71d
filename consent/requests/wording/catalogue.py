"""Texts with places for values, one TOML file a language. A place is written `{name}`."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from consent.kernel.errors import AccordantError
from consent.requests.wording.languages import get_language

PLACE = re.compile(r"\{([a-z_]+)\}")


class NoSuchText(AccordantError):
    """There is no text of that name: a defect of ours."""

    code = "no_such_text"
    status = 500


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one room, by name and language."""

    name: str
    folder: Path

    def texts(self, language: str) -> Mapping[str, str]:
        """Return every text of a language by its name, `section.name`."""
        return _read(self.folder, get_language(language))

    def say(self, name: str, language: str, **values: str) -> str:
        """Return a text with `values` in its places.

        :raises NoSuchText: if there is none.
        """
        text = self.texts(language).get(name)
        if text is None:
            raise NoSuchText(f"{self.name}: there is no text {name}")
        return PLACE.sub(lambda place: values[place[1]], text)


@lru_cache(maxsize=64)
def _read(folder: Path, language: str) -> Mapping[str, str]:
    return dict(_flatten(tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, str(value).strip()
