"""Officers' notes on a request: sealed, for those alone who may read content."""

from uuid import UUID, uuid4

from django.db import transaction

from consent.requests import vault
from consent.requests.moving import lock_request, save
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind

MAX_NOTE = 10_000


def part_of(note_id: object) -> str:
    """Return the name of the sealed part that holds a note."""
    return f"note/{note_id}"


@transaction.atomic
def add_note(*, request_id: UUID, text: str, officer_id: int, version: int) -> UUID:
    """Seal a note with the request, and return its id.

    :raises ContentDestroyed: if what the request held was destroyed.
    :raises RequestNotFound, ChangedMeanwhile: if it is not there, or not at `version` any more.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be sealed now.
    """
    request = lock_request(request_id, version=version)
    note_id = uuid4()
    content = {"text": text, "officer": officer_id}
    vault.write_json(request, vault.open_key(request), part_of(note_id), content)
    tell(
        request,
        EventKind.NOTED,
        actor=Actor.OFFICER,
        officer_id=officer_id,
        detail={"note": str(note_id)},
    )
    save(request)
    return note_id
