"""The transports that the settings name, opened."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import LazySettings
from openlineage.client.transport import ConsoleTransport, Transport
from openlineage.client.transport.console import ConsoleConfig
from openlineage.client.transport.file import FileConfig

from lineage.outbox.transports import names
from lineage.outbox.transports.file import WholeLineFileTransport
from lineage.outbox.transports.http import OneEventHttpTransport
from lineage.outbox.transports.verdicts import EmissionFailed


@contextmanager
def opened(name: str, settings: LazySettings) -> Iterator[Transport]:
    """Give the transport of that name, one of `list_names`, and close it afterwards.

    :raises EmissionFailed: if it cannot be made of what the settings say.
    """
    try:
        transport = _make(name, settings)
    except Exception as error:
        raise EmissionFailed(f"{type(error).__name__}: its settings are not understood") from error
    try:
        yield transport
    finally:
        transport.close(timeout=0)


def _make(name: str, settings: LazySettings) -> Transport:
    if name == names.FILE:
        return WholeLineFileTransport(FileConfig(log_file_path=str(settings.LINEAGE_FILE), append=True))
    if name == names.KAFKA and settings.LINEAGE_KAFKA:
        from lineage.outbox.transports.kafka import AcknowledgedKafkaTransport  # noqa: PLC0415 - heavy

        return AcknowledgedKafkaTransport(settings.LINEAGE_KAFKA)
    if name in settings.LINEAGE_BACKENDS:
        return OneEventHttpTransport(settings.LINEAGE_BACKENDS[name])
    return ConsoleTransport(ConsoleConfig())
