"""Views that count what they are asked, and about whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from activation.checks import metering
from activation.checks.api.throttling import spend, tell_limits
from activation.checks.limits import IdentifierBudgetSpent
from activation.checks.types import Caller
from activation.checks.wire.refusals import read_normalised
from activation.checks.wire.types import Asked, ItemError
from consent.subjects.types import Identifier


class MeteredView(APIView):
    """A view that counts what it is asked; every other one costs its caller one question."""

    counts_questions = True

    def count(self, request: Request, asked: Sequence[Asked | ItemError]) -> None:
        """Count the questions of a request, and whom they are about. Call it before anything is decided.

        :raises RateLimited: if the caller may not ask that many now.
        :raises IdentifierBudgetSpent: if it may ask about no more people today.
        """
        caller = cast("Caller", request.user)
        spend(request, caller, max(1, len(asked)))
        read = (read_normalised(one.identifier) for one in asked if isinstance(one, Asked))
        identifiers = [one for one in read if isinstance(one, Identifier)]
        try:
            metering.note_identifiers(caller, identifiers)
        except IdentifierBudgetSpent:
            tell_limits(request, {"Retry-After": str(_seconds_left(timezone.now()))})
            raise


def _seconds_left(at: datetime) -> int:
    """Return how long the day, UTC, still lasts."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((midnight - at).total_seconds()) + 1
