"""The kind of destination whose code stands in the docs, as a module."""

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.registry import KINDS
from config.launch.arguments import ROOT

PAGE = ROOT / "docs" / "how-to" / "write-a-destination.md"
NAME = "documented_destination"


@cache
def load() -> ModuleType:
    """Return the module that the page's first block of Python makes."""
    code = read_code()
    spec = spec_from_loader(NAME, loader=None)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[NAME] = module
    exec(compile(code, str(PAGE), "exec"), module.__dict__)  # noqa: S102 - a page of our own
    return module


def read_code() -> str:
    """Return the page's first block of Python."""
    return PAGE.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]


def find_kind(slug: str) -> Kind:
    """Return the kind of that slug: one of the registry, or the one in the docs."""
    documented: Kind = load().KIND
    return documented if slug == documented.slug else KINDS[slug]
