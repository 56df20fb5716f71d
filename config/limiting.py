"""What every answer tells of the caller's limits, and the thread that keeps what callers spent."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections, connections
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from activation.checks import services

logger = logging.getLogger(__name__)
Answer = Callable[[HttpRequest], HttpResponseBase]
_begins_once = threading.Lock()
_threads: list[threading.Thread] = []


class Middleware:
    """Adds the headers that whoever counted the request left on it: to refusals, too."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer with the caller's limits on it."""
        response = self.get_response(request)
        for name, value in getattr(request, "limit_headers", {}).items():
            response[name] = value
        return response


def keep_usage() -> None:
    """Have what callers spend kept from now on, by a thread of this process, unless one does so already."""
    every: timedelta | None = settings.USAGE_KEPT_EVERY
    if every is None or _threads:
        return
    with _begins_once:
        if not _threads:
            _threads.append(threading.Thread(target=_keep, args=(every,), name="usage", daemon=True))
            _threads[0].start()


def _keep(every: timedelta) -> None:
    pause = threading.Event()
    while True:
        keep_usage_once()
        pause.wait(every.total_seconds())


def keep_usage_once() -> None:
    """Keep what callers spent until now. What cannot be kept waits for the next time."""
    close_old_connections()
    try:
        services.flush_usage(at=timezone.now())
    except Exception:  # the database may be away: callers are answered all the same
        logger.warning("what callers spent is not kept for now", exc_info=True)
        connections.close_all()
