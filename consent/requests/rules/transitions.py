"""From which state which state may follow. The database holds it too."""

from collections.abc import Mapping

from consent.requests.types import CLOSED, RequestState

_ENDS = frozenset(CLOSED)

TRANSITIONS: Mapping[RequestState, frozenset[RequestState]] = {
    RequestState.RECEIVED: frozenset({RequestState.VERIFYING, RequestState.IN_PROGRESS}) | _ENDS,
    RequestState.VERIFYING: frozenset(
        {RequestState.IN_PROGRESS, RequestState.REFUSED, RequestState.EXPIRED, RequestState.CANCELLED}
    ),
    RequestState.IN_PROGRESS: frozenset({RequestState.IN_REVIEW, RequestState.VERIFYING}) | _ENDS,
    RequestState.IN_REVIEW: frozenset({RequestState.IN_PROGRESS}) | (_ENDS - {RequestState.EXPIRED}),
    **{state: frozenset() for state in _ENDS},
}
"""State -> states that may follow."""


def may_follow(before: RequestState, after: RequestState) -> bool:
    """Return whether a request may go from `before` to `after`."""
    return after in TRANSITIONS[before]
