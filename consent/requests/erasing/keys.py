"""The last step of an erasure: the keys of the ledger's private parts."""

from consent.requests.models import Request
from consent.requests.types import NotPossible, Outcome


def destroy(request: Request) -> Outcome:
    """Destroy the data keys of the request's subjects.

    :raises NotPossible: always, for now.
    """
    raise NotPossible(f"the keys of {request.reference} cannot be destroyed yet")
