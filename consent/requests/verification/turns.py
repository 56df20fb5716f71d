"""Guesses at one contact, taken one after the other."""

import hashlib

from django.db import connection

from consent.requests.people import newest_index
from consent.requests.verification.contacts import Contact


def take_turns(contact: Contact) -> None:
    """Let guesses at one contact, made for whatever, wait for each other until the transaction ends."""
    name = hashlib.sha256(b"accordant/requests/contact\n" + newest_index(contact.as_identifier())).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(name[:8], "big", signed=True)])
