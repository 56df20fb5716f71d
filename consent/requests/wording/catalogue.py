"""Texts with places for values, one TOML file a language, and an installation's own wording in their stead.

A place is written `{name}`. What is put into one is never read again: a value that looks like a place stays
what it is. An own file holds only what it words otherwise; what it may not say is told by `list_faults`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from consent.kernel.errors import AccordantError
from consent.requests.wording.languages import LANGUAGES, get_language

PLACE = re.compile(r"\{([a-z_]+)\}")


class NoSuchText(AccordantError):
    """There is no text of that name: a defect of ours."""

    code = "no_such_text"
    status = 500


class ValueMissing(AccordantError):
    """A text has a place that nothing was given for: a defect of ours."""

    code = "value_missing"
    status = 500


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one room, by name and language."""

    name: str
    """What the folder of an installation's own wording is called."""
    folder: Path

    def texts(self, language: str) -> Mapping[str, str]:
        """Return every text of a language by its name, `section.name`."""
        return _read(self.name, self.folder, get_language(language), _own_folder())

    def say(self, name: str, language: str, **values: str) -> str:
        """Return a text with `values` in its places.

        :raises NoSuchText: if there is none; :raises ValueMissing: if a place stays empty.
        """
        return fill(self.read(name, language), values, name=name)

    def read(self, name: str, language: str) -> str:
        """Return a text as it stands, its places open.

        :raises NoSuchText: if there is none.
        """
        text = self.texts(language).get(name)
        if text is None:
            raise NoSuchText(f"{self.name}: there is no text {name}")
        return text

    def list_faults(self) -> list[str]:
        """Return what is wrong with the installation's own wording of this room."""
        own = _own_folder()
        return [] if own is None else [fault for one in LANGUAGES for fault in _compare(self, one, own)]


def fill(text: str, values: Mapping[str, str], *, name: str = "text") -> str:
    """Return `text` with `values` in its places.

    :raises ValueMissing: if there is none for a place.
    """
    if missing := list_places(text) - set(values):
        raise ValueMissing(f"{name}: nothing for {', '.join(sorted(missing))}")
    return PLACE.sub(lambda place: values[place[1]], text)


def list_places(text: str) -> set[str]:
    """Return the names of the places in `text`."""
    return set(PLACE.findall(text))


def _own_folder() -> Path | None:
    folder: Path | None = settings.WORDING_FOLDER
    return folder


@lru_cache(maxsize=64)
def _read(name: str, folder: Path, language: str, own: Path | None) -> Mapping[str, str]:
    shipped = _read_file(folder / f"{language}.toml")
    file = own / name / f"{language}.toml" if own else None
    if file is None or not file.is_file():
        return shipped
    return {**shipped, **_read_file(file)}


def _read_file(path: Path) -> dict[str, str]:
    return dict(_flatten(tomllib.loads(path.read_text(encoding="utf-8"))))


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, str(value).strip()


def _compare(catalogue: Catalogue, language: str, own: Path) -> Iterator[str]:
    file = own / catalogue.name / f"{language}.toml"
    if not file.is_file():
        return
    try:
        texts = _read_file(file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        yield f"{file}: is no TOML in UTF-8"
        return
    shipped = _read_file(catalogue.folder / f"{language}.toml")
    for name, text in texts.items():
        if name not in shipped:
            yield f"{file}: there is no text {name}"
        elif unknown := list_places(text) - list_places(shipped[name]):
            yield f"{file}: {name} has no place for {', '.join(sorted(unknown))}"
