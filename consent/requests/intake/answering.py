"""What a person answers when they were asked something: a sealed note on their request, for officers."""

from uuid import UUID, uuid4

from django.db import transaction

from consent.requests import vault
from consent.requests.handling.noting import MAX_NOTE, part_of
from consent.requests.moving import lock_request, save
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, NotPossible


@transaction.atomic
def answer(request_id: UUID | str, *, text: str) -> None:
    """Keep what the person writes with their request. Whether the clock goes on, an officer decides.

    :raises RequestNotFound: if there is no such request.
    :raises NotPossible: if it is closed, or the text is empty or too long.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if it cannot be sealed.
    """
    request = lock_request(request_id)
    if request.is_closed or not 0 < len(text.strip()) <= MAX_NOTE:
        raise NotPossible("an answer belongs to a request that goes on, and says something")
    note_id = uuid4()
    content = {"text": text.strip(), "officer": None}
    vault.write_json(request, vault.open_key(request), part_of(note_id), content)
    tell(request, EventKind.NOTED, actor=Actor.PERSON, detail={"note": str(note_id)})
    save(request)
