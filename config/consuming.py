"""What a worker does with a message that is none: drops it and goes on.

Celery's own consumer ends the worker, and gives some such messages back to the broker, to end the next one.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery.worker import loops
from celery.worker.consumer import Consumer as CelerysConsumer

_MALFORMED = (AttributeError, LookupError, TypeError, ValueError)
_logger = logging.getLogger(__name__)


class Consumer(CelerysConsumer):
    """Celery's consumer, which no garbage ends. What it was is not told."""

    hub: Any
    connection_errors: tuple[type[Exception], ...]

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], None]:
        """Return what takes a message: it rejects one that cannot be read, which takes it off the broker."""
        take = super().create_task_handler(*arguments, **options)

        def take_or_drop(message: Any) -> None:
            try:
                take(message)
            except _MALFORMED as error:
                _logger.error("A message was dropped: it cannot be read (%s)", type(error).__name__)  # noqa: TRY400
                message.reject_log_error(_logger, self.connection_errors)

        return take_or_drop

    def loop(self, *arguments: Any) -> None:
        """Take messages until the worker stops.

        :raises ConnectionResetError: if one was so malformed that it never came to be a message. It is off
            the broker; the consumer begins again on a new connection.
        """
        run = loops.asynloop if self.hub else loops.synloop
        try:
            run(*arguments)
        except _MALFORMED as error:
            raise ConnectionResetError(f"what came is no message ({type(error).__name__})") from None
