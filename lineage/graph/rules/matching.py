"""Whether something is for a purpose, or of a category. What is below one, dotted, is of it too. Pure."""

from collections.abc import Iterable


def has_purpose(purposes: str, wanted: str) -> bool:
    """Return whether one of the comma-separated `purposes` is the wanted one, or below it."""
    return any(_is_of(one.strip(), wanted) for one in purposes.split(","))


def has_category(categories: Iterable[str], wanted: str) -> bool:
    """Return whether one of the categories is the wanted one, or below it."""
    return any(_is_of(one, wanted) for one in categories)


def _is_of(one: str, wanted: str) -> bool:
    return one == wanted or one.startswith(f"{wanted}.")
