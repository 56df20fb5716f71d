"""Telling a worker that a row waits. One that is not told finds it by itself, by the schedule: rows count."""

import re

from celery import current_app
from kombu.exceptions import OperationalError

_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_EXPIRES = 60  # seconds; the schedule tells again, so a worker that was away finds no pile


class NoId(ValueError):
    """A message was to carry something else than ids. What it was is not told."""


def wake(task: str, **ids: str | int | None) -> None:
    """Have a worker run `task`, with `ids`: slugs, UUIDs, numbers. A broker that is away is no error.

    :raises NoId: if one of them may be more: a broker keeps no secrets, and forgets nobody.
    """
    if not all(_PLAIN.fullmatch(str(value)) for value in ids.values()):
        raise NoId(f"{task}: a message carries ids, and nothing else")
    try:
        current_app.send_task(task, kwargs=ids, retry=False, expires=_EXPIRES)
    except OperationalError:
        return
