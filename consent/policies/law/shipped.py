"""The law table that comes with the project: `data/law.json`."""

from functools import cache
from importlib.resources import files

from consent.policies.law.reading import read_law
from consent.policies.law.types import LawTable


def read_shipped_text() -> str:
    """Return the shipped table as JSON text."""
    return files("consent.policies").joinpath("data", "law.json").read_text(encoding="utf-8")


@cache
def load_shipped_law() -> LawTable:
    """Return the shipped table, every row of it, whenever it holds."""
    return read_law(read_shipped_text())
