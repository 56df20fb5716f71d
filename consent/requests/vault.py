"""What is personal about a request, sealed under the request's own data key.

Parts by name: `person` (identifiers), `details` (what the person wrote), `note/<id>`, `message/<id>`,
`step/<id>` (rows that were collected, NDJSON), `package/<id>`. Destroying the key destroys them all.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models.functions import Now

from consent.keys import vault
from consent.keys.types import KeyUnreadable
from consent.keys.vault import PartWriter
from consent.requests.models import Request, RequestPerson, SealedPart, Verification
from consent.requests.types import ContentDestroyed

PERSON = "person"
DETAILS = "details"


def give_key(request: Request) -> bytes:
    """Give a new request its data key, and return it; the caller saves the row.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    key, sealed = vault.make_vault_key(name=request.key_name)
    request.kek_version, request.wrapped, request.sealed = sealed.version, sealed.wrapped, sealed.sealed
    return key


def open_key(request: Request) -> bytes:
    """Return the request's data key.

    :raises ContentDestroyed: if it was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be had.
    """
    if not request.kek_version:
        raise ContentDestroyed("what this request held was destroyed when its time was over")
    return vault.open_vault_key(request.as_sealed(), name=request.key_name)


def write_part(request: Request, key: bytes, name: str, content: bytes, *, number: int = 0) -> None:
    """Seal a part and keep it, in place of what stood there."""
    sealed = vault.seal_part(key, content, place=_place(request, name, number))
    SealedPart.objects.update_or_create(
        request_id=request.pk, name=name, number=number, defaults={"content": sealed}
    )


def make_writer(request: Request, key: bytes, name: str) -> PartWriter:
    """Return what writes lines as parts of `name`, numbered from 1, about a megabyte each."""
    return PartWriter(lambda number, content: write_part(request, key, name, content, number=number))


def read_part(request: Request, key: bytes, name: str, *, number: int = 0) -> bytes:
    """Return one part.

    :raises KeyUnreadable: if it is not there, or does not open.
    """
    row = SealedPart.objects.filter(request_id=request.pk, name=name, number=number).order_by("pk").first()
    if row is None:
        raise KeyUnreadable("a sealed part of this request is not there")
    return vault.open_part(key, bytes(row.content), place=_place(request, name, number))


def read_parts(request: Request, key: bytes, name: str, *, parts: int) -> Iterator[bytes]:
    """Yield the parts 1 to `parts` of `name`, one in memory at a time.

    :raises KeyUnreadable: if one is not there, or does not open.
    """
    for number in range(1, parts + 1):
        yield read_part(request, key, name, number=number)


def write_json(request: Request, key: bytes, name: str, content: Mapping[str, Any]) -> None:
    """Seal a part that holds an object."""
    write_part(request, key, name, json.dumps(content).encode())


def read_json(request: Request, key: bytes, name: str) -> dict[str, Any]:
    """Return a part that holds an object; empty if there is no such part.

    :raises KeyUnreadable: if it does not open.
    """
    if not SealedPart.objects.filter(request_id=request.pk, name=name).exists():
        return {}
    content: dict[str, Any] = json.loads(read_part(request, key, name))
    return content


def clear(request: Request, name: str) -> None:
    """Remove all parts of `name`."""
    SealedPart.objects.filter(request_id=request.pk, name=name).delete()


def destroy(request: Request) -> None:
    """Destroy the request's data key, all that is sealed under it, and what leads from its person to it.

    The request's row and timeline stay.
    """
    SealedPart.objects.filter(request_id=request.pk).delete()
    RequestPerson.objects.filter(request_id=request.pk).delete()
    Verification.objects.filter(request_id=request.pk).update(contact_index=b"", code_hash="")
    Request.objects.filter(pk=request.pk).update(
        content_destroyed_at=Now(), kek_version=0, wrapped=b"", sealed=b""
    )


def _place(request: Request, name: str, number: int) -> bytes:
    return f"accordant/request/1\n{request.pk}\n{name}\n{number}".encode()
