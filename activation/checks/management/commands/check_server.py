"""`check_server`: answer consent checks from this machine's decision store."""

import asyncio
import time
from argparse import ArgumentTypeError
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone

from activation.checks import metering, queries
from activation.checks.answering.application import CheckApplication
from activation.checks.answering.callers import KnownCaller, known_caller
from activation.checks.answering.decision_log import DecisionLog
from activation.checks.answering.denials import CHECKS, EVALUATION, EVALUATIONS
from activation.checks.answering.quick_lane import QuickLane
from activation.checks.answering.reference import Reference
from activation.checks.answering.verifying import KeyVerifier
from activation.checks.server.serving import serve
from activation.snapshots.freshness import SECOND
from activation.snapshots.local import LocalStore
from activation.snapshots.resolving import Resolver
from consent.subjects.queries import fingerprint

USAGE_KEPT_EVERY = 1.0
"""Seconds."""


class Command(BaseCommand):
    """Works until SIGTERM or Ctrl-C. `run_tailer` must run beside it, else PostgreSQL is asked each time."""

    help = "Answer consent checks over HTTP, from the store that run_tailer keeps."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--workers", type=_positive, default=1, help="processes that share the port")
        parser.add_argument(
            "--grace", type=float, default=10, help="seconds for what is under way at the end"
        )
        parser.add_argument("--decision-log", type=Path, help="a file that gets a line for each answer")

    def handle(self, *, host: str, port: int, workers: int, grace: float, **options: Any) -> None:
        """Serve."""
        make = application_maker(options["decision_log"])
        self.stdout.write(f"Answering consent checks at http://{host}:{port}")
        code = serve(
            make,
            host=host,
            port=port,
            workers=workers,
            grace=grace,
            paths=(EVALUATION, EVALUATIONS, CHECKS),
        )
        if code:
            raise SystemExit(code)


def application_maker(decision_log: Path | None) -> Callable[[], CheckApplication]:
    """Return what makes a worker's application, in the worker."""
    views = get_wsgi_application()

    def make() -> CheckApplication:
        resolver = Resolver.from_masters(settings.IDENTIFIER_KEYS, settings.TOMBSTONE_KEY)
        store = LocalStore(
            settings.SNAPSHOTS, resolver=resolver, monotonic=time.monotonic_ns, identity=fingerprint()
        )
        return CheckApplication(
            store=store,
            lane=QuickLane(store=store, meter=metering.METER, log=DecisionLog(decision_log)),
            reference=Reference(views),
            verifier=KeyVerifier(find_caller, monotonic=time.monotonic_ns),
            bound=int(settings.FRESHNESS_BOUND.total_seconds() * SECOND),
            micros=lambda: time.time_ns() // 1000,
            housekeeping=keep_usage,
        )

    return make


def find_caller(key_hash: bytes) -> KnownCaller | None:
    """Return the caller of a key as PostgreSQL knows it now; None if the key does not work."""
    close_old_connections()
    return known_caller(queries.find_live_key(key_hash=key_hash, at=timezone.now()))


async def keep_usage() -> None:
    """Have what callers spend kept once a second, beside the answers."""
    while True:
        await asyncio.to_thread(_keep_usage_once)
        await asyncio.sleep(USAGE_KEPT_EVERY)


def _keep_usage_once() -> None:
    with suppress(Exception):  # the database may be away: what was spent is kept the next time
        close_old_connections()
        metering.flush_usage(at=timezone.now())


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("must be at least 1")
    return number
