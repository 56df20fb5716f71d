"""Probes: does the process live, and can it do its work?"""

import logging
from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu import Connection

from config.databases import KEYS

logger = logging.getLogger(__name__)
BROKER_TIMEOUT = 2  # seconds


@require_safe
def live(_: HttpRequest) -> JsonResponse:
    """Answer 200 while the process lives."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(_: HttpRequest) -> JsonResponse:
    """Answer 200 if each part that the service stands on works, else 503 and which does not."""
    parts = {name: _works(name, probe) for name, probe in PROBES.items()}
    status = 200 if all(parts.values()) else 503
    words = {name: "ok" if works else "failed" for name, works in parts.items()}
    return JsonResponse({"status": "ok" if status == 200 else "failed", "parts": words}, status=status)


def _works(name: str, probe: Callable[[], bool]) -> bool:
    try:
        return probe()
    except Exception:  # whatever goes wrong, the answer is "not ready"
        logger.warning("not ready: %s", name, exc_info=True)
        return False


def _answers(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations_are_applied() -> bool:
    return not any(_missing_migrations(alias) for alias in connections)


def _missing_migrations(alias: str) -> object:
    """Return the steps that the tables of this database lack; other databases' apps do not count."""
    executor = MigrationExecutor(connections[alias])
    nodes = executor.loader.graph.leaf_nodes()
    return executor.migration_plan([node for node in nodes if router.allow_migrate(alias, node[0])])


def _broker_answers() -> bool:
    options = {"socket_connect_timeout": BROKER_TIMEOUT, "socket_timeout": BROKER_TIMEOUT}
    with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
        broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT)
    return True


PROBES: dict[str, Callable[[], bool]] = {
    "database": partial(_answers, DEFAULT_DB_ALIAS),
    "keys": partial(_answers, KEYS),
    "migrations": _migrations_are_applied,
    "broker": _broker_answers,
}
