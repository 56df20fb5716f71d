"""What a session knows of how it began: kept in the session itself, so that no page asks the database."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

_KEY = "signing_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """When the officer signed in, was last seen, and last proved who they are; and whether by a factor.

    Times are seconds since 1970. `listed_as` is the key under which the list of sessions has this one.
    """

    began: float
    seen: float
    proved: float
    has_factor: bool
    listed_as: str = ""

    def is_over(self, at: datetime) -> bool:
        """Return whether the session has lasted, or lain idle, for too long."""
        now = at.timestamp()
        lasts, idle = settings.SESSION_LASTS.total_seconds(), settings.SESSION_IDLE.total_seconds()
        return now - self.began >= lasts or now - self.seen >= idle

    def is_fresh(self, at: datetime) -> bool:
        """Return whether who uses the session proved lately who they are."""
        return 0 <= at.timestamp() - self.proved < settings.FRESH_SIGN_IN.total_seconds()


def read(session: SessionBase) -> Mark | None:
    """Return the session's mark, None if nobody signed in by us."""
    kept = session.get(_KEY)
    return Mark(**kept) if kept else None


def begin(session: SessionBase, *, has_factor: bool, proved_at: datetime | None, at: datetime) -> None:
    """Mark that somebody signed in; `proved_at` is None where an identity provider did not say when."""
    now = at.timestamp()
    proved = proved_at.timestamp() if proved_at else 0.0
    session[_KEY] = asdict(Mark(began=now, seen=now, proved=proved, has_factor=has_factor))


def note_proof(session: SessionBase, *, at: datetime) -> None:
    """Mark that the officer proved again who they are."""
    _change(session, proved=at.timestamp(), seen=at.timestamp())


def note_factor(session: SessionBase) -> None:
    """Mark that the officer has a factor, and holds it now."""
    _change(session, has_factor=True)


def note_seen(session: SessionBase, *, at: datetime, listed_as: str) -> None:
    """Mark that the session is in use, and under which key it is listed."""
    _change(session, seen=at.timestamp(), listed_as=listed_as)


def _change(session: SessionBase, **changes: float | bool | str) -> None:
    mark = read(session)
    if mark is not None:
        session[_KEY] = asdict(replace(mark, **changes))  # type: ignore[arg-type]  # by name
