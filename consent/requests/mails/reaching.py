"""Where a person is written to by mail."""

from consent.requests.models import Request
from consent.requests.verification import contacts


def find_address(request: Request) -> str | None:
    """Return the e-mail address to answer to: the one that was proven; before, the one that was named.

    None: there is none, or they are reached by text message only (`verification.contacts` tells).

    :raises ContentDestroyed: if what the request held was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    contact = contacts.find_address(request)
    return None if contact is None or contact.is_sms else contact.value
