"""The languages that people are written to in."""

from collections.abc import Iterable, Mapping

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "pt": "Português",
    "es": "Español",
}
"""What a language is called by those who speak it, by its code."""
DEFAULT = "en"


def get_language(tag: str) -> str:
    """Return the language of `tag` (`de`, `de-AT`), or English if we do not write it."""
    return find_language([tag]) or DEFAULT


def find_language(tags: Iterable[str]) -> str | None:
    """Return the first language of `tags` that we write, None if there is none."""
    primary = (tag.strip().lower().replace("_", "-").partition("-")[0] for tag in tags)
    return next((one for one in primary if one in LANGUAGES), None)
