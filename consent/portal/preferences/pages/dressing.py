"""How a page is dressed: the controller's name and logo, and all its style in the page itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from consent.portal.models import Theme
from consent.portal.preferences.pages.themes import write_css

_FILES = (
    Path(__file__).parents[2] / "static" / "portal" / "portal.css",
    Path(__file__).parent / "preferences.css",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What a page wears."""

    title: str
    """The controller's own name for itself; empty if it has no theme."""
    has_logo: bool
    changed: str
    """Changes with the theme: the logo's address carries it, so that a browser keeps the logo until then."""
    css: SafeString


def read_dress(controller: str) -> Dress:
    """Return how the pages of a controller look; the pages' own look if it has no theme. One statement."""
    row = Theme.objects.filter(controller=controller).order_by("pk").first() if controller else None
    if row is None:
        return make_dress({})
    return make_dress(
        row.variables, title=row.title, has_logo=bool(row.logo), changed=f"{row.changed_at:%Y%m%d%H%M%S%f}"
    )


def make_dress(
    variables: Mapping[str, Any], *, title: str = "", has_logo: bool = False, changed: str = ""
) -> Dress:
    """Return a look with these variables. Values that the pages do not know are left out."""
    css = _read_style() + write_css(variables)
    return Dress(
        title=title,
        has_logo=has_logo,
        changed=changed,
        css=mark_safe(css),  # noqa: S308 - files of ours, and values of a closed list
    )


@lru_cache(maxsize=1)
def _read_style() -> str:
    return "".join(_shorten(path.read_text(encoding="utf-8")) for path in _FILES)


def _shorten(css: str) -> str:
    """Return CSS without comments and the blanks that say nothing."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", bare)).strip()
