"""Which category of personal data a column holds, as far as its name tells. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MASKED = " (masked)"
"""How an observed column ends whose values were replaced by digests."""

_DIGEST = "_sha256"
_FIDES: Mapping[str, str] = {
    "customer_id": "user.unique_id",
    "user_id": "user.unique_id",
    "email": "user.contact.email",
    "phone": "user.contact.phone_number",
    "device_id": "user.device.device_id",
    "advertising_id": "user.device.device_id",
    "cookie_id": "user.device.cookie_id",
}
"""What the kinds of identifier hold, in fideslang's words."""


def plain_name(column: str) -> str:
    """Return a column's name without what is added to say that it was masked, or that it is a digest.

    A digest of an address is personal data of the same category.
    """
    return column.removesuffix(MASKED).lower().removesuffix(_DIGEST)


class Categories:
    """The data categories of a policy document, found by the names of columns."""

    def __init__(self, declared: Mapping[str, Mapping[str, Any]]) -> None:
        self._by_name: dict[str, set[str]] = {}
        for slug, category in declared.items():
            for name in _names(slug, category["data_category"]):
                self._by_name.setdefault(name, set()).add(slug)

    def find(self, column: str) -> frozenset[str]:
        """Return the categories that `column` may hold; none if its name does not tell."""
        return frozenset(self._by_name.get(plain_name(column), ()))


def list_unset(columns: Iterable[str], set_by_rule: frozenset[str]) -> Iterator[str]:
    """Yield the columns that carry data: those that obligations fill carry none."""
    yield from (one for one in columns if one.removesuffix(MASKED) not in set_by_rule)


def _names(slug: str, fides: str) -> Iterator[str]:
    """Yield the names that speak of the category: its own, the last word of each, and the identifiers'."""
    yield slug
    yield slug.rpartition(".")[2]
    yield fides
    yield fides.rpartition(".")[2]
    yield from (name for name, key in _FIDES.items() if key == fides)
