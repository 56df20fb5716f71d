"""Holding callers to their limits, and telling them what is left."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from activation.checks import metering
from activation.checks.limits import headers_of, refusal_of
from activation.checks.types import Caller

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module


class ClientThrottle(BaseThrottle):
    """Holds each client to its questions a minute."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Return True: one question too many is an error. A view that counts for itself costs nothing here.

        :raises RateLimited: if the caller may not ask now.
        """
        caller = cast("Caller | None", request.user)
        if caller is not None:
            spend(request, caller, 0 if getattr(view, "counts_questions", False) else 1)
        return True


def spend(request: Request, caller: Caller, questions: int) -> None:
    """Spend questions of the caller's limit, and have it told what is left.

    :raises RateLimited: if it may not ask that many now.
    """
    spent = metering.spend_questions(caller, questions, now=time.monotonic())
    tell_limits(request, headers_of(spent))
    if not spent.is_allowed:
        raise refusal_of(spent, questions)


def tell_limits(request: Request, headers: Mapping[str, str]) -> None:
    """Have these headers go with the answer, whatever it will be; a middleware of `config` adds them."""
    under: Any = request._request
    under.limit_headers = {**getattr(under, "limit_headers", {}), **headers}
