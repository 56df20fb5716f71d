"""What each kind of system asks for, and whether a declaration gives it. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from consent.requests.connectors.files import settings as files
from consent.requests.connectors.http import settings as http
from consent.requests.connectors.sql import settings as sql
from consent.requests.connectors.webhook import settings as webhook
from consent.requests.types import SystemKind

SETTINGS: Mapping[SystemKind, type[msgspec.Struct]] = {
    SystemKind.SQL: sql.SqlSettings,
    SystemKind.HTTP: http.HttpSettings,
    SystemKind.FILES: files.FilesSettings,
    SystemKind.WEBHOOK: webhook.WebhookSettings,
}
"""Of the kinds that have any."""


CONNECTED = frozenset({SystemKind.SQL, SystemKind.FILES})
"""Kinds whose place the operator names, in ACCORDANT_SYSTEMS."""


def check_settings(
    kind: SystemKind, settings: Mapping[str, Any], *, allow_local: bool = True
) -> tuple[str, ...]:
    """Return what an officer should know about settings that can be used; nothing, as a rule.

    Whether a local address may be asked, is looked at again whenever it is.

    :raises SystemRefused: if they cannot be used; the message says where and why, and repeats no value.
    """
    if kind is SystemKind.HTTP:
        return tuple(http.list_warnings(http.read_settings(settings, allow_local=allow_local)))
    checks: Mapping[SystemKind, Callable[[], object]] = {
        SystemKind.SQL: lambda: sql.read_settings(settings),
        SystemKind.FILES: lambda: files.read_settings(settings),
        SystemKind.WEBHOOK: lambda: webhook.read_settings(settings, allow_local=allow_local),
    }
    checks.get(kind, lambda: None)()
    return ()
