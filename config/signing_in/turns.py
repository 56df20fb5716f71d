"""Passwords for one name, and from one network, are tried one after the other.

Failures are counted after a password was looked at. Without turns, many that are sent at once would all be
looked at before the first of them counts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.db import connection, transaction
from django.http import HttpRequest

from config.signing_in.throttling import find_address, hash_name


@contextmanager
def taking_turns(request: HttpRequest, name: str) -> Iterator[None]:
    """Wait for others who try the same name, or from the same network; what is counted within, they see.

    Nobody waits for long: once one of the limits is reached, no password is looked at any more.
    """
    keys = sorted(_key(one) for one in (f"name {hash_name(name)}", f"network {find_address(request)}"))
    with transaction.atomic():
        with connection.cursor() as cursor:
            for key in keys:  # in one order, so that no two wait for each other
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        yield


def _key(text: str) -> int:
    digest = sha256(f"accordant/sign-in/{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
