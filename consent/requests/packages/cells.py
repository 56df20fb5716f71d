"""How a value is shown: as plain text, in a page, in a table for a spreadsheet, in JSON. Pure.

Whatever a person, or somebody else, once wrote into a system ends up here: it is text, and stays text.
"""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from consent.requests.packages.types import Gone

LONGEST_SHOWN = 5000
"""Characters of one value in a page; the whole of it is in the JSON file."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Controls, marks of direction, half pairs: what moves, hides or breaks the text around it."""
_FORMULA = (
    "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63"  # the wide and small forms count as the plain ones
)
_AT_START = re.compile(f"^[\\s\"'\u00a0\u3000]*[{_FORMULA}]|^[\t\r\n]")
_AFTER_BREAK = re.compile(f"([;|\t\r\n][\\s\"'\u00a0\u3000]*)(?=[{_FORMULA}])")


def plain(value: Any, *, yes: str = "true", no: str = "false") -> str:
    """Return a value as text; lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return yes if value else no
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=_write_gone)


def visible(text: str) -> str:
    """Return text in which every unseen character is named, such as <U+202E>; line breaks and tabs stay."""
    return _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text.replace("\r\n", "\n"))


def for_page(text: str) -> str:
    """Return text as it stands in a page, in an element or between double quotes."""
    return html.escape(visible(text), quote=True)


def for_spreadsheet(value: Any, *, withheld: str) -> str:
    """Return a value as a field of a CSV file, in quotes. Nothing in it is taken for a formula.

    An apostrophe goes before what could begin one, at the start and after what some spreadsheets take for
    the end of a field: they split at semicolons where the comma is the decimal mark. Numbers stay numbers.
    """
    if isinstance(value, Gone):
        value = withheld
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'"{value!r}"'
    text = visible(plain(value))
    text = _AFTER_BREAK.sub(r"\1'", text)
    if _AT_START.match(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'


def for_services(values: Mapping[str, Any]) -> str:
    """Return a row as one line of JSON, each value as it is."""
    line = json.dumps(values, ensure_ascii=False, default=_write_gone, separators=(", ", ": "))
    try:
        line.encode()
    except UnicodeEncodeError:  # half of a pair, which UTF-8 has no form for
        return json.dumps(values, default=_write_gone, separators=(", ", ": "))
    return line


def _write_gone(value: Any) -> dict[str, str]:
    if isinstance(value, Gone):
        return {"$withheld": value.reason}
    raise TypeError(type(value).__name__)
