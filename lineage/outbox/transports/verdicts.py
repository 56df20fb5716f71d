"""What became of one emission, as an error. Its text is ours: nothing that a backend said, no key."""

from datetime import timedelta

from lineage.errors import LineageError


class EmissionFailed(LineageError):
    """The backend did not take the event now: it is sent again, for as long as it takes.

    `is_of_event`: the event itself may be why, so another one is tried first. `rest`: what the backend asked
    for.
    """

    code = "emission_failed"

    def __init__(self, message: str, *, is_of_event: bool = False, rest: timedelta | None = None) -> None:
        super().__init__(message)
        self.is_of_event = is_of_event
        self.rest = rest


class EmissionRefused(LineageError):
    """The backend will not take this event as it is, however often it is sent: it is parked."""

    code = "emission_refused"


def read_verdict(error: Exception) -> EmissionFailed | EmissionRefused:
    """Return what `error`, raised by a transport, means. Of one that is not ours only the name is told."""
    if isinstance(error, EmissionFailed | EmissionRefused):
        return error
    told = getattr(error, "strerror", None)
    return EmissionFailed(
        f"{type(error).__name__}: {told}" if told else type(error).__name__, is_of_event=True
    )
