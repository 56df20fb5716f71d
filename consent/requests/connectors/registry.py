"""Which code asks each kind of system. A kind that is added is one line here."""

from collections.abc import Callable, Mapping

from consent.requests.connectors.data_deletion.connector import open_data_deletion
from consent.requests.connectors.files.connector import open_files
from consent.requests.connectors.http.connector import open_http
from consent.requests.connectors.human.connector import HumanConnector
from consent.requests.connectors.interface import Connector, DeclaredSystem
from consent.requests.connectors.opendsr.connector import open_opendsr
from consent.requests.connectors.sql.connector import SqlConnector
from consent.requests.connectors.webhook.connector import open_webhook
from consent.requests.types import SystemKind

Opener = Callable[[DeclaredSystem], Connector]

OPENERS: Mapping[SystemKind, Opener] = {
    SystemKind.SQL: SqlConnector,
    SystemKind.FILES: open_files,
    SystemKind.HTTP: open_http,
    SystemKind.HUMAN: HumanConnector,
    SystemKind.WEBHOOK: open_webhook,
    SystemKind.OPENDSR: open_opendsr,
    SystemKind.DATA_DELETION: open_data_deletion,
}
