"""Closed lists and dates in the words of a language."""

from datetime import date
from pathlib import Path

from consent.requests.types import ExtensionGround, PauseGround, RefusalGround, RequestType
from consent.requests.wording.catalogue import Catalogue

WORDS = Catalogue("words", Path(__file__).parent / "words")


def name_type(type_: RequestType | str, language: str) -> str:
    """Return what a person calls a type of request, such as `access to your data`."""
    return WORDS.say(f"type.{RequestType(type_).value}", language)


def explain_refusal(ground: RefusalGround | str, language: str) -> str:
    """Return the ground of a refusal as a sentence to the person."""
    return WORDS.say(f"refusal.{RefusalGround(ground).value}", language)


def explain_pause(ground: PauseGround | str, language: str) -> str:
    """Return the ground of a pause as a sentence to the person."""
    return WORDS.say(f"pause.{PauseGround(ground).value}", language)


def explain_extension(ground: ExtensionGround | str, language: str) -> str:
    """Return the ground of an extension as a sentence to the person."""
    return WORDS.say(f"extension.{ExtensionGround(ground).value}", language)


def spell_date(day: date, language: str) -> str:
    """Return a date as it is written out: 5 March 2026, 5. März 2026, 1er mars 2026, 5 de marzo de 2026."""
    month = WORDS.say(f"month.{day.month}", language)
    pattern = "date.first" if day.day == 1 else "date.other"
    return WORDS.say(pattern, language, day=str(day.day), month=month, year=str(day.year))
