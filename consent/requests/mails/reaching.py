"""Where a person is written to."""

from consent.requests import vault
from consent.requests.models import Request
from consent.requests.persons import read_person
from consent.subjects.types import IdentifierKind

REPLY_TO = "reply_to"


def find_address(request: Request) -> str | None:
    """Return the e-mail address to answer to: the one that was named for it, else the first on the request.

    :raises ContentDestroyed: if what the request held was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    details = vault.read_json(request, vault.open_key(request), vault.DETAILS)
    named = details.get(REPLY_TO)
    if isinstance(named, str) and named:
        return named
    return next(iter(read_person(request).identifiers.get(IdentifierKind.EMAIL, ())), None)
