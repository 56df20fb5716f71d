"""What a service answered: strictly read, and nothing of it repeated in an error. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consent.network.client import Answer
from consent.requests.connectors.http.pointers import NotThere, read_at
from consent.requests.connectors.http.settings import AnswerTemplate
from consent.requests.connectors.interface import SystemFailed, SystemRefused

_LONGEST_GROUND = 300
_MOST_DEPTH_ERRORS = (ValueError, RecursionError)


@dataclass(slots=True)
class Counts:
    """What the answers to one step add up to."""

    found: int = 0
    done: int = 0
    kept: int = 0
    ground: str = ""
    rows: int = 0
    answers: int = 0
    """How many answers said that there is something."""
    are_told: bool = False
    """Whether the service said any of it."""


def read_json(answer: Answer) -> Any:
    """Return the document; an empty answer is an empty object.

    :raises SystemRefused: if it is not JSON.
    """
    return parse(answer.content) if answer.content.strip() else {}


def parse(content: bytes) -> Any:
    """Return the JSON in `content`.

    :raises SystemRefused: if it is none.
    """
    try:
        return json.loads(content)
    except _MOST_DEPTH_ERRORS:
        raise SystemRefused("the service answered what is not JSON") from None


def list_rows(document: Any, template: AnswerTemplate) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of one answer.

    :raises SystemRefused: if there are none where they should be, or one is not an object.
    """
    try:
        rows = read_at(document, template.rows or "")
    except NotThere:
        raise SystemRefused("the service's answer has no rows where its declaration says") from None
    if not isinstance(rows, list):
        raise SystemRefused("the service's answer has something else than a list of rows")
    for row in rows:
        if not isinstance(row, dict):
            raise SystemRefused("the service answered a row that is not an object")
        yield row


def read_line(line: Any, template: AnswerTemplate) -> Any:
    """Return the row that a line holds.

    :raises SystemRefused: if there is none where its declaration says.
    """
    try:
        return read_at(line, template.rows or "")
    except NotThere:
        raise SystemRefused("a line of the service's answer has no row where its declaration says") from None


def add_counts(counts: Counts, document: Any, template: AnswerTemplate) -> None:
    """Add what the answer says to `counts`.

    :raises SystemRefused: if a count is not where it should be, or is none.
    """
    for name in ("found", "done", "kept"):
        pointer = getattr(template, name)
        if pointer is not None:
            setattr(counts, name, getattr(counts, name) + _read_count(document, pointer))
            counts.are_told = True
    if template.ground is not None and counts.kept:
        counts.ground = _read_text(document, template.ground)[:_LONGEST_GROUND]


def read_reference(document: Any, pointer: str) -> str:
    """Return what the service calls the job, which goes into a path.

    :raises SystemRefused: if it says nothing that can.
    """
    text = _read_text(document, pointer)
    if not 1 <= len(text) <= 200 or not all(
        one.isascii() and (one.isalnum() or one in "._~-") for one in text
    ):
        raise SystemRefused("the service's reference is none that can be asked by")
    if set(text) <= {"."}:
        raise SystemRefused("the service's reference is none that can be asked by")
    return text


def read_state(document: Any, pointer: str) -> str:
    """Return the state that a polled job is in.

    :raises SystemFailed: if the answer does not say.
    """
    try:
        return str(read_at(document, pointer))
    except NotThere:
        raise SystemFailed("the service did not say how far it is") from None


def read_next(document: Any, pointer: str) -> str | int | None:
    """Return what leads to the next page; None at the last.

    :raises SystemRefused: if it is neither text nor a number.
    """
    try:
        found = read_at(document, pointer)
    except NotThere:
        return None
    if found is None or found == "" or found is False:
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise SystemRefused("what leads to the next page is neither text nor a number")
    return found


def _read_count(document: Any, pointer: str) -> int:
    try:
        found = read_at(document, pointer)
    except NotThere:
        raise SystemRefused("the service's answer has no count where its declaration says") from None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 2**53:
        raise SystemRefused("the service answered a count that is none")
    return found


def _read_text(document: Any, pointer: str) -> str:
    try:
        found = read_at(document, pointer)
    except NotThere:
        raise SystemRefused("the service's answer has no text where its declaration says") from None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise SystemRefused("the service answered something else than text")
    return str(found)
