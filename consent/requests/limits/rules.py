"""Which limits there are. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consent.kernel.errors import AccordantError


class TooMany(AccordantError):
    """The visitor, or somebody near them, did this too often. Later they may."""

    code = "too_many_requests"
    status = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How often something may be done within a span of time."""

    name: str
    most: int
    span: timedelta

    def span_of(self, at: datetime) -> datetime:
        """Return when the span that `at` lies in began."""
        seconds = int(self.span.total_seconds())
        return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, tz=UTC)


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASK_BY_VISITOR = Limit(name="ask-visitor", most=20, span=HOUR)
ASK_BY_CONTACT = Limit(name="ask-contact", most=8, span=DAY)
CODE_BY_VISITOR = Limit(name="code-visitor", most=60, span=HOUR)
LINK_BY_VISITOR = Limit(name="link-visitor", most=20, span=HOUR)
LINK_BY_CONTACT = Limit(name="link-contact", most=5, span=DAY)
