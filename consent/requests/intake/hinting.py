"""What officers should know before they decide: which law speaks, and how often the person asks."""

from dataclasses import dataclass
from datetime import timedelta

from consent.requests.intake.contents import read_proven
from consent.requests.intake.suggesting import suggest_for
from consent.requests.models import Request
from consent.requests.people import find_requests
from consent.requests.rules.suggesting import Suggestion

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What speaks for or against a request. Nothing of it decides."""

    suggestion: Suggestion
    earlier: int
    """Requests of the same type that were proven to be the same person's, in the year before; joined ones
    left out. 0 if nothing was proven."""

    @property
    def is_above_free(self) -> bool:
        """Whether the law names a number of free requests a year, and this one is beyond it."""
        free = self.suggestion.free_requests
        return free is not None and self.earlier >= free


def get_hints(request: Request) -> Hints:
    """Return what an officer should know before they decide.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable, SubjectStateUnreadable: if it cannot be read.
    """
    return Hints(suggestion=suggest_for(request), earlier=_count_earlier(request))


def _count_earlier(request: Request) -> int:
    proven = read_proven(request)
    if not proven:
        return 0
    before = Request.objects.filter(
        pk__in=find_requests(proven),
        type=request.type,
        controller=request.controller,
        joined_to__isnull=True,
        verified_at__isnull=False,
        received_at__lt=request.received_at,
        received_at__gte=request.received_at - _YEAR,
    )
    return before.exclude(pk=request.pk).count()
