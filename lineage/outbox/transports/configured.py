"""The transports that the settings name, opened."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import LazySettings
from openlineage.client.transport import ConsoleTransport, Transport
from openlineage.client.transport.console import ConsoleConfig
from openlineage.client.transport.file import FileConfig

from lineage.outbox.transports import names
from lineage.outbox.transports.file import WholeLineFileTransport


@contextmanager
def opened(name: str, settings: LazySettings) -> Iterator[Transport]:
    """Give the transport of that name, one of `list_names`, and close it afterwards."""
    transport = _make(name, settings)
    try:
        yield transport
    finally:
        transport.close(timeout=0)


def _make(name: str, settings: LazySettings) -> Transport:
    if name == names.FILE:
        return WholeLineFileTransport(FileConfig(log_file_path=str(settings.LINEAGE_FILE), append=True))
    return ConsoleTransport(ConsoleConfig())
