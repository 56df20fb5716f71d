"""The words of a package, in the language of the request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from consent.requests.packages.cells import plain
from consent.requests.packages.types import Gone, Withheld
from consent.requests.wording.catalogue import Catalogue
from consent.requests.wording.languages import get_language

TEXTS = Catalogue("packages", Path(__file__).parent / "texts")


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language."""

    language: str

    @classmethod
    def of(cls, language: str) -> "Words":
        """Return the words of `language`, or English if we do not write it."""
        return cls(get_language(language))

    def say(self, name: str, **values: object) -> str:
        """Return a text with `values` in its places."""
        return TEXTS.say(name, self.language, **{key: str(value) for key, value in values.items()})

    def section(self, name: str) -> Mapping[str, str]:
        """Return the texts of a section, by the rest of their names."""
        texts, prefix = TEXTS.texts(self.language), f"{name}."
        return {key.removeprefix(prefix): text for key, text in texts.items() if key.startswith(prefix)}

    def name(self, section: str, word: str) -> str:
        """Return the word of a closed list; the word itself, if it is a newer one than the texts."""
        return self.section(section).get(word, word.replace("_", " "))

    def value(self, value: Any) -> str:
        """Return a value of a row as it is read."""
        if isinstance(value, Gone):
            return self.say("page.withheld")
        return plain(value, yes=self.say("page.yes"), no=self.say("page.no"))

    def why(self, reason: Withheld, said: str) -> str:
        """Return why something was withheld, as a sentence; `said`: an officer's own words."""
        return self.say(f"withheld.{reason.value}", reason=said)


def moment(at: datetime | None) -> str:
    """Return a time as it is read in any language; empty if there is none."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
