"""Writing a request's no, or its restriction, into the records."""

from consent.requests.models import Request
from consent.requests.types import NotPossible, Outcome


def record(request: Request) -> Outcome:
    """Write what the request says into the records.

    :raises NotPossible: always, for now.
    """
    raise NotPossible(f"what {request.reference} says cannot be recorded yet")
