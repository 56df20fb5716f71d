"""Whom a request is about, in its sealed part."""

from collections import defaultdict
from collections.abc import Iterable

from consent.requests import vault
from consent.requests.models import Request
from consent.requests.types import Person
from consent.subjects.types import Identifier, IdentifierKind


def keep_person(request: Request, key: bytes, identifiers: Iterable[Identifier]) -> None:
    """Seal the identifiers that the person is found by, in place of those before."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in identifiers:
        if one.value not in found[one.kind.value]:
            found[one.kind.value].append(one.value)
    vault.write_json(request, key, vault.PERSON, found)


def read_person(request: Request) -> Person:
    """Return whom the request is about.

    :raises ContentDestroyed: if what the request held was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    content = vault.read_json(request, vault.open_key(request), vault.PERSON)
    return Person(identifiers={IdentifierKind(kind): tuple(values) for kind, values in content.items()})
