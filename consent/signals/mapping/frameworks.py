"""What the two frameworks whose strings can say yes have in common: terms, and where their yes is heard."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from consent.signals.intervals import IdSet
from consent.signals.mapping.types import (
    YES,
    Framework,
    FrameworkTerms,
    Mapping,
    Outcome,
    Unread,
    Where,
    Word,
    family,
)

_NONE = Framework()
_MIDNIGHT = time()
_REST_OF_DAY = timedelta(days=1, microseconds=-1)
NO_YES = "the mapping takes noes from this framework here, and no yes"


@dataclass(frozen=True, slots=True)
class Heard:
    """What one string or signal says."""

    said: tuple[Outcome, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Bits:
    """What a string says of purposes and features: which are granted, and which it does not speak of."""

    granted: IdSet
    special_features: IdSet
    unspoken: frozenset[int] = frozenset()
    """Purposes that nobody was asked for: neither yes nor no."""

    def refused(self, terms: FrameworkTerms) -> list[str]:
        """Return what of the terms is not granted, in words; what the string does not speak of left out."""
        purposes = [one for one in terms.purposes if one not in self.granted and one not in self.unspoken]
        features = [one for one in terms.special_features if one not in self.special_features]
        return [f"purpose {one}" for one in purposes] + [f"special feature {one}" for one in features]

    def unasked(self, terms: FrameworkTerms) -> list[int]:
        """Return the purposes of the terms that the string does not speak of."""
        return [one for one in terms.purposes if one in self.unspoken]


def when_said(word: Word, last_updated: datetime, at: datetime) -> datetime:
    """Return when a string's choice counts from, never later than `at`, when it was received.

    Since TCF 2.2 strings tell the day alone, as its first moment in UTC ("What happened to Created and
    LastUpdated?"). A yes counts from the day's beginning and a no from its end: whatever else was chosen on
    that day, the no is the later one.
    """
    is_day = last_updated.astimezone(UTC).time() == _MIDNIGHT
    is_no = word not in YES
    return min(last_updated + _REST_OF_DAY if is_day and is_no else last_updated, at)


def collect(
    verdicts: Iterable[tuple[str, Word | None, str]], source: str, *, last_updated: datetime, at: datetime
) -> Heard:
    """Return what a string says, of each purpose's word, or None, and the reason, told unless empty."""
    said: list[Outcome] = []
    unread: list[Unread] = []
    for slug, word, because in verdicts:
        if word is not None:
            when = when_said(word, last_updated, at)
            said.append(Outcome(purpose=slug, choice=word, source=source, effective_at=when, because=because))
        elif because:
            unread.append(Unread(source=source, reason=f"{slug}: {because}"))
    return Heard(tuple(said), tuple(unread))


def find_framework(mapping: Mapping, source: str) -> Framework:
    """Return the framework of a source; one that the mapping leaves out grants nowhere."""
    return mapping.frameworks.get(family(source), _NONE)


def find_deafness(mapping: Mapping, source: str, where: Where) -> str:
    """Return why the law that applies does not take the framework's yes for one; empty if it does."""
    framework = find_framework(mapping, source)
    if family(source) in where.barred:
        return "a yes of this framework is none by the law that applies to the person"
    if not where.jurisdictions:
        return "" if framework.grants_if_unknown else "nobody knows which law applies to the person"
    if not framework.grants_in.intersection(where.jurisdictions):
        return "the framework does not apply where the person is"
    return ""
