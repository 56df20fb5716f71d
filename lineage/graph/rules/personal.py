"""Which tags say that a dataset holds personal data, and of which categories. Pure."""

from collections.abc import Iterable

CATEGORY_KEYS = frozenset({"data_category", "data_categories", "fides_data_category"})
"""Keys of tags whose value names categories, separated by commas."""

PERSONAL_KEYS = frozenset(
    {"personal", "personal_data", "personal_information", "pii", "sensitive_data", "special_category"}
)
"""Keys of tags that say it by themselves."""

FIDES_ROOT = "user"
"""The root of fideslang's categories of data about people: `user.contact.email`, as a key or a category."""

_NO = frozenset({"false", "no", "0", "none", "n"})

Tag = tuple[str, str, str]
"""Key, value, and column, or "" for the whole dataset."""


def is_personal(tags: Iterable[Tag]) -> bool:
    """Return whether one of the tags, of the dataset or of a column, says that people are in it."""
    return any(_says_so(_spell(key), value) for key, value, _ in tags)


def categories_of(tags: Iterable[Tag]) -> tuple[str, ...]:
    """Return the categories of personal data that the tags name, sorted."""
    found: set[str] = set()
    for key, value, _ in tags:
        spelled = _spell(key)
        if spelled in CATEGORY_KEYS and not _denies(value):
            found.update(part.strip() for part in value.split(",") if part.strip())
        elif _is_fides(spelled) and not _denies(value):
            found.add(key.strip().casefold())
    return tuple(sorted(found))


def _says_so(key: str, value: str) -> bool:
    return (key in PERSONAL_KEYS or key in CATEGORY_KEYS or _is_fides(key)) and not _denies(value)


def _is_fides(key: str) -> bool:
    return key == FIDES_ROOT or key.startswith(f"{FIDES_ROOT}.")


def _denies(value: str) -> bool:
    return value.strip().casefold() in _NO


def _spell(key: str) -> str:
    return key.strip().casefold().replace("-", "_").replace(" ", "_")
