"""The names of the transports."""

from django.conf import LazySettings

FILE = "file"
KAFKA = "kafka"
CONSOLE = "console"


def list_names(settings: LazySettings) -> tuple[str, ...]:
    """Return the names of the transports that events go to; that of the log if there is no other."""
    names = [*settings.LINEAGE_BACKENDS]
    if settings.LINEAGE_FILE:
        names.append(FILE)
    if settings.LINEAGE_KAFKA:
        names.append(KAFKA)
    if settings.LINEAGE_CONSOLE or not names:
        names.append(CONSOLE)
    return tuple(names)
