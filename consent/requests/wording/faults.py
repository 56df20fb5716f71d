"""What is wrong with an own text of a mail. Pure."""

import re
from collections.abc import Iterator

from consent.requests.wording.catalogue import list_places

CONDITION = re.compile(r"\[([a-z_! ]+)\] ")
_NEVER_LEFT_OUT = frozenset({"code", "link", "portal", "ground"})
_LONGEST = {"subject": 150, "sms": 250, "body": 8000}
_OTHER = 500


def find_faults(name: str, text: str, *, shipped: str) -> list[str]:
    """Return, in words, why `text` cannot stand where `shipped` stands; nothing if it can."""
    return list(_find(name.rpartition(".")[2], text, shipped))


def list_conditions(text: str) -> set[str]:
    """Return what paragraphs of `text` are made to depend on, such as `gdpr` or `!due_on`."""
    found = (CONDITION.match(paragraph) for paragraph in text.split("\n\n"))
    return {word for one in found if one for word in one[1].split()}


def _find(part: str, text: str, shipped: str) -> Iterator[str]:
    if not text.strip():
        yield "Please write something. To have our words again, use the button for that."
        return
    if len(text) > (most := _LONGEST.get(part, _OTHER)):
        yield f"This is {len(text)} characters long. Please write at most {most}."
    if part != "body" and "\n" not in shipped.strip() and "\n" in text.strip():
        yield "Please write one line."
    if any(ord(one) < 32 and one != "\n" for one in text):
        yield "There are control characters in it. Please remove them."
    yield from _find_places(text, shipped)


def _find_places(text: str, shipped: str) -> Iterator[str]:
    known, used = list_places(shipped), list_places(text)
    if unknown := used - known:
        yield f"There is no place {_braced(unknown)}. There are: {_braced(known) or 'none'}."
    if missing := (known & _NEVER_LEFT_OUT) - used:
        yield f"The mail is of no use without {_braced(missing)}. Please put it back."
    conditions = {word.lstrip("!") for word in list_conditions(shipped)}
    if strange := {word for word in list_conditions(text) if word.lstrip("!") not in conditions | known}:
        known_words = ", ".join(f"[{word}]" for word in sorted(conditions)) or "none"
        named = ", ".join(f"[{word}]" for word in sorted(strange))
        yield f"A paragraph cannot depend on {named}. There are: {known_words}."
    if re.search(r"[{}]", re.sub(r"\{[a-z_]+\}", "", text)):
        yield "A brace stands alone. Places are written like {reference}."


def _braced(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
