"""Writes of the register: what officers add to it."""

import hashlib
from datetime import datetime

from django.db import transaction

from activation.desk.register.models import RegisterNote
from activation.desk.register.topics import TOPICS, Place
from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339


class TopicMisplaced(AccordantError):
    """A note of this topic is not written about such a thing."""

    code = "register_topic_misplaced"


@transaction.atomic
def write_note(*, place: Place, text: str, officer: str, at: datetime) -> int:
    """Write what the register says at `place` from now on, and return the note's id. Empty takes it back.

    The ledger keeps who did so when, and the text's digest, not the text.

    :raises TopicMisplaced: if the place has no such topic.
    """
    if place.topic not in TOPICS[place.about]:
        raise TopicMisplaced(f"a {place.about} has no {place.topic.words}")
    note = RegisterNote.objects.create(
        about=place.about.value,
        slug=place.slug,
        topic=place.topic.value,
        text=text.strip(),
        written_at=at,
        written_by=officer,
    )
    body = {
        "at": rfc3339(at),
        "about": note.about,
        "slug": note.slug,
        "topic": note.topic,
        "text_digest": f"sha256:{hashlib.sha256(note.text.encode()).hexdigest()}",
        "officer": officer,
    }
    ledger.append(stream=Stream.POLICY, entries=[NewEntry(kind="register_note_written", body=body)])
    return note.pk
