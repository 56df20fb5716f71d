"""Starter packs: example policies that an officer can begin from. Pure: files in, values out.

Each is one YAML file in this folder. Its first paragraph of comments says what it is.
"""

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import takewhile
from typing import Any

from consent.kernel.errors import AccordantError
from consent.policies.document.reading import read_yaml

_ENDING = ".yaml"


class PackNotFound(AccordantError):
    """There is no such pack; the message names those there are."""

    code = "policy_pack_not_found"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What an officer chooses a pack by."""

    name: str
    title: str
    summary: str
    """What kind of organisation it is for, in one sentence."""
    languages: tuple[str, ...]
    """In which every notice of it has a text, in the order of their tags."""


def list_packs() -> tuple[Pack, ...]:
    """Return the packs that are shipped, by name."""
    return tuple(_describe(name, read_pack(name)) for name in sorted(_find()))


def read_pack(name: str) -> str:
    """Return the YAML text of the pack `name`, comments included.

    :raises PackNotFound: if none has that name.
    """
    packs = _find()
    if name not in packs:
        raise PackNotFound(f"there is no pack {name!r}; expected one of {', '.join(sorted(packs))}")
    return packs[name].read_text(encoding="utf-8")


def _find() -> dict[str, Traversable]:
    return {
        entry.name.removesuffix(_ENDING): entry
        for entry in files(__name__).iterdir()
        if entry.name.endswith(_ENDING)
    }


def _describe(name: str, text: str) -> Pack:
    document = read_yaml(text)
    return Pack(name=name, title=document["title"], summary=_summary(text), languages=_languages(document))


def _summary(text: str) -> str:
    paragraph = takewhile(lambda line: line.startswith("# "), text.splitlines())
    return " ".join(line.removeprefix("# ") for line in paragraph)


def _languages(document: dict[str, Any]) -> tuple[str, ...]:
    versions = [version for notice in document["notices"].values() for version in notice["versions"].values()]
    return tuple(sorted(set.intersection(*(set(version["texts"]) for version in versions))))
