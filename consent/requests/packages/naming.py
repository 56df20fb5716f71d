"""Names of files in a package: numbers, and slugs of what the data map says. Nothing from data. Pure."""

import re
import unicodedata

_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST = 40


def slug(text: str) -> str:
    """Return `text` in lower-case letters, digits and hyphens; `data` if nothing is left."""
    plain = unicodedata.normalize("NFKD", text[: 4 * _LONGEST]).encode("ascii", "ignore").decode().lower()
    return _OTHER.sub("-", plain).strip("-")[:_LONGEST].strip("-") or "data"


def name_dataset(number: int, system: str, place: int, dataset: str | None) -> str:
    """Return the stem of the files of a dataset. `dataset`: None if the data map does not know it."""
    return f"{number:02d}-{slug(system)}-{place:03d}-{slug(dataset or '')}"


def name_page(stem: str, page: int) -> str:
    """Return the name of a page."""
    return f"pages/{stem}-{page:04d}.html"
