"""`manage.py enforce_stream`: let those events of a Kafka topic pass that may."""

import signal
import socket
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from django.utils import timezone
from prometheus_client import CollectorRegistry, start_http_server

from activation.destinations.types import is_slug
from activation.enforcement import queries
from activation.enforcement.streaming.brokers import BrokerSettings
from activation.enforcement.streaming.figures import Figures, StreamCollector
from activation.enforcement.streaming.keeping import MembershipKeeper
from activation.enforcement.streaming.readiness import Clocks
from activation.enforcement.streaming.running import Surroundings, check_question, run_stream
from activation.enforcement.streaming.types import WINDOW, Guarantee, Pace, Path, StreamTerms
from activation.snapshots.freshness import SECOND
from activation.snapshots.local import LocalStore
from activation.snapshots.resolving import Resolver
from consent.kernel.errors import AccordantError
from consent.subjects.queries import fingerprint
from consent.subjects.types import IdentifierKind

_PLAIN, _LONGEST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-"), 64


def read_place(text: str) -> tuple[IdentifierKind, Path]:
    """Return the kind and the path that an option `KIND=FIELD.PATH` names.

    :raises ArgumentTypeError: if it is not of that form.
    """
    kind, _, dotted = text.partition("=")
    path = tuple(dotted.split("."))
    if kind not in set(IdentifierKind) or not all(path):
        raise ArgumentTypeError(f"write KIND=FIELD.PATH, the kind one of {', '.join(IdentifierKind)}")
    return IdentifierKind(kind), path


def read_slug(text: str) -> str:
    """Return the name of an audience.

    :raises ArgumentTypeError: if it is none.
    """
    if not is_slug(text):
        raise ArgumentTypeError("write lower-case letters, digits, hyphens and underscores; a letter first")
    return text


def name_audience(topic: str) -> str:
    """Return what the people of a topic are called, unless somebody names them.

    Two topics may come to one name: what is held is told apart by destination, purpose and controller too.
    """
    plain = "".join(one if one in _PLAIN else "_" for one in topic.lower()).lstrip("-_0123456789")[:_LONGEST]
    return plain if is_slug(plain) else "stream"


class Command(BaseCommand):
    """Works until SIGTERM or Ctrl-C. `run_tailer` must run beside it; several may share one group."""

    help = (
        "Read a Kafka topic of JSON events, decide each by the state as it is now, and write the allowed"
        " ones, obligations applied, to one topic and a line about each denied one to another. The brokers"
        " are named in the environment: ACCORDANT_KAFKA_BROKERS, …_SECURITY, …_USER, …_PASSWORD."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--purpose", required=True)
        parser.add_argument("--destination", required=True)
        parser.add_argument("--controller", help="may be left out if the policy has one controller only")
        parser.add_argument("--input", required=True, metavar="TOPIC")
        parser.add_argument("--allowed", required=True, metavar="TOPIC")
        parser.add_argument("--denied", required=True, metavar="TOPIC")
        parser.add_argument("--group", required=True, help="instances of one group share the partitions")
        parser.add_argument(
            "--identifier",
            action="append",
            required=True,
            type=read_place,
            metavar="KIND=FIELD.PATH",
            help="where an identifier lies in an event; may be repeated: all must lead to one person",
        )
        parser.add_argument(
            "--header",
            action="append",
            default=[],
            metavar="NAME",
            help="a header that allowed events keep; may be repeated (default: none)",
        )
        parser.add_argument(
            "--instance",
            default=socket.gethostname(),
            help="tells the processes of a group apart (default: this host's name)",
        )
        self._add_ways(parser)

    def _add_ways(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at-least-once", action="store_true", help="without transactions")
        parser.add_argument(
            "--audience",
            type=read_slug,
            help="what the destination holds by it is called so (default: made of the allowed topic's name)",
        )
        parser.add_argument(
            "--window-seconds",
            type=float,
            default=WINDOW,
            help="how long the windows are in which lineage hears of it (default: %(default)g)",
        )
        parser.add_argument("--begin-at", choices=["earliest", "latest"], default="earliest")
        parser.add_argument("--transaction-seconds", type=float, default=Pace().transaction_seconds)
        parser.add_argument(
            "--bound-seconds", type=float, help="how old the store may be (default: as check_server)"
        )
        parser.add_argument("--metrics-port", type=int, help="answer /metrics there")
        parser.add_argument("--metrics-host", default="127.0.0.1")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run until told to stop.

        :raises CommandError: if the stream is refused, or ends by itself.
        """
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        try:
            self._run(options, stop)
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError("PostgreSQL does not answer: see whether it is up") from error

    def _run(self, options: dict[str, Any], stop: threading.Event) -> None:
        terms, figures = _read_terms(options), Figures()
        check_question(terms, at=timezone.now())
        if options["metrics_port"]:
            registry = CollectorRegistry(auto_describe=False)
            registry.register(StreamCollector(terms, figures))
            start_http_server(options["metrics_port"], options["metrics_host"], registry)
        self.stdout.write(f"Reading {terms.input} as {terms.group}, instance {terms.instance}")
        pace = Pace(transaction_seconds=options["transaction_seconds"], begin_at=options["begin_at"])
        run_stream(terms, _find_surroundings(terms, options, stop), figures, pace)
        self.stdout.write(f"Stopped: {figures.allowed:,} events allowed, {figures.denied:,} denied")


def _read_terms(options: dict[str, Any]) -> StreamTerms:
    return StreamTerms(
        purpose=options["purpose"],
        destination=options["destination"],
        controller=options["controller"] or queries.get_only_controller(at=timezone.now()),
        input=options["input"],
        allowed=options["allowed"],
        denied=options["denied"],
        group=options["group"],
        identifiers=tuple(options["identifier"]),
        headers=frozenset(options["header"]),
        guarantee=Guarantee.AT_LEAST_ONCE if options["at_least_once"] else Guarantee.EXACTLY_ONCE,
        instance=options["instance"],
        window_seconds=options["window_seconds"],
    )


def _find_surroundings(terms: StreamTerms, options: dict[str, Any], stop: threading.Event) -> Surroundings:
    resolver = Resolver.from_masters(settings.IDENTIFIER_KEYS, settings.TOMBSTONE_KEY)
    bound = options["bound_seconds"] or settings.FRESHNESS_BOUND.total_seconds()
    return Surroundings(
        brokers=BrokerSettings.read(settings.KAFKA),
        store=LocalStore(
            settings.SNAPSHOTS, resolver=resolver, monotonic=time.monotonic_ns, identity=fingerprint()
        ),
        clocks=Clocks(monotonic=time.monotonic_ns, micros=lambda: time.time_ns() // 1000),
        bound=int(bound * SECOND),
        should_stop=stop.is_set,
        wait=stop.wait,
        keeper=MembershipKeeper(
            destination=terms.destination,
            audience=options["audience"] or name_audience(terms.allowed),
            purpose=terms.purpose,
            controller=terms.controller,
            columns={kind: ".".join(path) for kind, path in terms.identifiers},
        ),
    )
