"""Faults of notices."""

import re
from collections.abc import Iterator
from datetime import datetime

from consent.policies.document.notice_text import find_oddities
from consent.policies.document.paths import Finding, Parts, field_of, fields_of, texts_of
from consent.policies.document.references import undeclared
from consent.policies.document.schema import shown

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
"""Of a time. What departs from it is the schema's to report. Such texts sort as the times they name."""


def find_notice_faults(document: object) -> Iterator[Finding]:
    """Yield undeclared names, recipients that are no third party, texts that are not plain, and times
    that cannot be.
    """
    for slug, notice in fields_of(document, "notices").items():
        where = ("notices", slug, "versions")
        versions = sorted(fields_of(notice, "versions").items(), key=_by_number)
        for number, version in versions:
            parts = (*where, number)
            yield from undeclared(document, "purposes", version, "purposes", parts)
            yield from undeclared(document, "destinations", version, "recipients", parts)
            yield from _recipients(document, version, parts)
            yield from _texts(version, parts)
        yield from _moments(versions, where)


def _by_number(item: tuple[str, object]) -> tuple[int, str]:
    number = item[0]
    return (int(number) if number.isdecimal() else 0, number)


def _recipients(document: object, version: object, parts: Parts) -> Iterator[Finding]:
    destinations = fields_of(document, "destinations")
    for index, slug in texts_of(version, "recipients"):
        if field_of(destinations.get(slug), "role") == "processor":
            message = f"{slug!r} is a processor; a notice names third parties, who have ends of their own"
            yield Finding((*parts, "recipients", index), message)


def _texts(version: object, parts: Parts) -> Iterator[Finding]:
    """Yield what would make a text another one on a page than in the document."""
    for language, text in fields_of(version, "texts").items():
        if isinstance(text, str) and re.search(r"\S", text):  # a blank one is the schema's to report
            for oddity in find_oddities(text):
                yield Finding((*parts, "texts", language), oddity)


def _moments(versions: list[tuple[str, object]], where: Parts) -> Iterator[Finding]:
    """Yield times that no calendar holds, and versions that came out before an earlier number did."""
    earlier: tuple[str, str] | None = None
    for number, version in versions:
        published_at = field_of(version, "published_at")
        if not isinstance(published_at, str) or not _FORM.fullmatch(published_at):
            continue
        parts = (*where, number, "published_at")
        if _is_impossible(published_at):
            yield Finding(parts, f"found {shown(published_at)}, expected a moment that the calendar holds")
        elif earlier and published_at <= earlier[1]:
            message = (
                f"found {shown(published_at)}, expected a moment after version {earlier[0]} ({earlier[1]})"
            )
            yield Finding(parts, message)
        earlier = (number, published_at)


def _is_impossible(text: str) -> bool:
    """Return whether `text` names no moment, as 30 February does."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return True
    return False
