"""Writes that a caller may send again: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

The answer is kept in the transaction of the write it answers, so there is never one without the other. A
write that failed leaves nothing, and may be sent again under its key.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.records.models import IdempotentAnswer

_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)


class MalformedIdempotencyKey(AccordantError):
    """The key is no key."""

    code = "malformed_idempotency_key"


class IdempotencyKeyReused(AccordantError):
    """The key came before with another body: sending it again cannot mean the same write."""

    code = "idempotency_key_reused"
    status = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """What a write is answered with, and whether an earlier write was answered so already."""

    body: dict[str, Any]
    repeated: bool = False


@transaction.atomic
def answer_once(*, caller: str, key: str, body: object, write: Callable[[], dict[str, Any]]) -> Answer:
    """Return what `write` answers; if `caller` sent `body` under `key` before, what it answered then.

    Two requests under one key at a time take turns: the second is answered as the first was.

    :raises MalformedIdempotencyKey: if the key is not 1 to 255 printable ASCII characters.
    :raises IdempotencyKeyReused: if the caller sent another body under it.
    """
    if not _KEY.fullmatch(key):
        raise MalformedIdempotencyKey(
            "Idempotency-Key must be 1 to 255 printable ASCII characters, no blanks"
        )
    digest = hashlib.sha256(canonical.dumps(body)).digest()
    _take_turns(caller, key)
    earlier = IdempotentAnswer.objects.filter(caller=caller, key=key).order_by("pk").first()
    if earlier is None:
        answered = write()
        IdempotentAnswer.objects.create(caller=caller, key=key, body_digest=digest, answer=answered)
        return Answer(answered)
    if bytes(earlier.body_digest) != digest:
        raise IdempotencyKeyReused(
            "this Idempotency-Key came with another body: use a new key for a new write"
        )
    return Answer(earlier.answer, repeated=True)


def forget_answers(*, at: datetime, limit: int = 10_000) -> int:
    """Delete the oldest answers past their time (`IDEMPOTENT_ANSWERS_KEPT`), and return how many.

    A request sent again later than that counts as a new one. Call it until it returns 0.
    """
    old = IdempotentAnswer.objects.filter(answered_at__lt=at - settings.IDEMPOTENT_ANSWERS_KEPT)
    ids = list(old.order_by("answered_at", "pk").values_list("pk", flat=True)[:limit])
    deleted, _ = IdempotentAnswer.objects.filter(pk__in=ids).delete()
    return deleted


def _take_turns(caller: str, key: str) -> None:
    """Hold a lock on the key until the transaction ends. It comes before all other locks of a write."""
    name = hashlib.sha256(f"{caller}\n{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(name[:8], "big", signed=True)])
