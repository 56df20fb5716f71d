"""Until when somebody who said no is left alone, where the law or its regulator says so. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.kernel.periods import Period
from consent.policies.law.topics import topics_of
from consent.policies.law.types import LawTable, Practice
from consent.policies.law.words import PracticeKind, Topic
from consent.records.types import ANY_PURPOSE, NO, ChoiceInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietTime:
    """A no, and from when on its person may be asked again."""

    purpose: str
    """What the no is to. It covers all below it."""
    controller: str | None
    """None: every one."""
    ask_again_from: datetime
    citation: str


def find_quiet_times(
    choices: Iterable[ChoiceInForce],
    *,
    law: LawTable,
    document: Mapping[str, Any] | None,
    places: Collection[str],
    at: datetime,
) -> Iterator[QuietTime]:
    """Yield each no whose quiet time is not over at `at`: one that ends is none any more.

    `places` are where the person lives, as is on record. Nowhere: the longest time of any place counts, as
    nobody knows that it does not hold.
    """
    for choice in choices:
        if choice.choice not in NO:
            continue
        for row in _speaking(choice.purpose, law=law, document=document, places=places):
            until = Period(months=row.months or 0, days=0).after(choice.effective_at)
            if until > at:
                yield QuietTime(
                    purpose=choice.purpose,
                    controller=choice.controller,
                    ask_again_from=until,
                    citation=row.citation,
                )


def covers(quiet: QuietTime, purpose: str, controller: str | None = None) -> bool:
    """Return whether asking for `purpose` would ask again what the no was to."""
    is_covered = quiet.purpose in {ANY_PURPOSE, purpose} or purpose.startswith(f"{quiet.purpose}.")
    return is_covered and (None in {quiet.controller, controller} or quiet.controller == controller)


def _speaking(
    purpose: str, *, law: LawTable, document: Mapping[str, Any] | None, places: Collection[str]
) -> Iterator[Practice]:
    """Yield the row that leaves the person alone for the longest, if any does."""
    named = places or {row.jurisdiction for row in law.provisions if isinstance(row, Practice)}
    rows = [
        row
        for place in sorted(named)
        for topic in sorted(_topics(purpose, document))
        for row in _rows(law, place, topic)
        if row.months
    ]
    yield from sorted(rows, key=lambda row: (row.months or 0, row.citation))[-1:]


def _rows(law: LawTable, place: str, topic: Topic) -> tuple[Practice, ...]:
    wanted = {"kind": PracticeKind.ASK_AGAIN}
    return law.find(Practice, place, topic=topic, **wanted) or law.find(
        Practice, place, topic=Topic.ANY, **wanted
    )


def _topics(purpose: str, document: Mapping[str, Any] | None) -> frozenset[Topic]:
    """Return what the purpose, and what is below it, does; of one that no policy knows, anything."""
    if document is None:
        return frozenset(Topic)
    below = [
        slug
        for slug in document["purposes"]
        if purpose in {ANY_PURPOSE, slug} or slug.startswith(f"{purpose}.")
    ]
    found = {topic for slug in below for topic in _topics_of(slug, document)}
    return frozenset(found or {Topic.ANY}) if below else frozenset(Topic)


def _topics_of(slug: str, document: Mapping[str, Any]) -> Iterator[Topic]:
    for rule in document["rules"]:
        if slug in rule["purposes"]:
            yield from topics_of(document, slug, rule)
