"""Finding requests by their person: a blind index over identifiers, as subjects have one."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from consent.requests.models import Request, RequestPerson
from consent.subjects.index import index_of, place_of
from consent.subjects.types import Identifier

Index = tuple[str, bytes]
"""An identifier's kind, and what stands for it."""


def index_person(request: Request, identifiers: Iterable[Identifier], *, is_proven: bool = False) -> None:
    """Have the request be found by `identifiers`, under the newest key; what is proven stays so."""
    newest = max(settings.IDENTIFIER_KEYS)
    for identifier in identifiers:
        place = place_of(identifier)
        row, made = RequestPerson.objects.get_or_create(
            request=request,
            kind=place[0].value,
            blind_index=index_of(place, version=newest),
            defaults={"key_version": newest, "is_proven": is_proven},
        )
        if is_proven and not made and not row.is_proven:
            RequestPerson.objects.filter(pk=row.pk).update(is_proven=True)


def list_indexes(identifier: Identifier) -> frozenset[Index]:
    """Return what stands for an identifier under each configured version of the key."""
    place = place_of(identifier)
    return frozenset(
        (place[0].value, index_of(place, version=version)) for version in settings.IDENTIFIER_KEYS
    )


def newest_index(identifier: Identifier) -> bytes:
    """Return what stands for an identifier under the newest key."""
    return index_of(place_of(identifier), version=max(settings.IDENTIFIER_KEYS))


def same_place(one: Identifier, other: Identifier) -> bool:
    """Return whether two identifiers are one, be one of them the other's SHA-256 form."""
    return place_of(one) == place_of(other)


def list_proven(request_ids: Iterable[UUID]) -> dict[UUID, frozenset[Index]]:
    """Return what each request's person was proven by."""
    found: dict[UUID, set[Index]] = {}
    rows = RequestPerson.objects.filter(request_id__in=list(request_ids), is_proven=True).order_by("pk")
    for request_id, kind, index in rows.values_list("request_id", "kind", "blind_index"):
        found.setdefault(request_id, set()).add((kind, bytes(index)))
    return {request_id: frozenset(indexes) for request_id, indexes in found.items()}


def find_requests(identifiers: Iterable[Identifier], *, is_proven: bool = True) -> list[UUID]:
    """Return the ids of the requests that any of `identifiers` leads to."""
    indexes = [index for identifier in identifiers for index in list_indexes(identifier)]
    rows = RequestPerson.objects.filter(blind_index__in=[index for _, index in indexes])
    if is_proven:
        rows = rows.filter(is_proven=True)
    wanted = set(indexes)
    return sorted(
        {
            request_id
            for request_id, kind, index in rows.order_by("pk").values_list(
                "request_id", "kind", "blind_index"
            )
            if (kind, bytes(index)) in wanted
        },
        key=str,
    )


def find_shown(identifiers: Iterable[Identifier]) -> dict[UUID, bool]:
    """Return the requests that any of `identifiers` leads to, each with whether one was proven.

    A request that merely names an identifier need not be its person's. One statement.
    """
    indexes = {index for identifier in identifiers for index in list_indexes(identifier)}
    rows = RequestPerson.objects.filter(
        kind__in=sorted({kind for kind, _ in indexes}), blind_index__in=[index for _, index in indexes]
    )
    found: dict[UUID, bool] = {}
    columns = ("request_id", "kind", "blind_index", "is_proven")
    for request_id, kind, index, is_proven in rows.order_by("pk").values_list(*columns):
        if (kind, bytes(index)) in indexes:
            found[request_id] = found.get(request_id, False) or is_proven
    return found
