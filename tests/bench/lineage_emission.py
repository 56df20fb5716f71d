"""Part `emission`: what enqueueing adds to a run of a million rows, and how fast a backlog gets out."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from django.db import connection, transaction
from django.test.utils import override_settings

from lineage.events.builders import complete, start
from lineage.leases.claiming import claim, end
from lineage.outbox.models import Delivery
from lineage.outbox.queries import count_pending
from lineage.outbox.services import emit_pending, enqueue
from lineage.outbox.types import HttpSettings, KafkaSettings
from tests.bench.database import fresh_database
from tests.bench.enforce.files import write_audience, write_people
from tests.bench.enforce.measuring import run
from tests.bench.report import Figure
from tests.conformance.harness_kafka import Broker
from tests.lineage_runs import NOON, make_run

ROWS = int(os.environ.get("ACCORDANT_BENCH_ROWS", "1000000"))
PEOPLE = 200_000
RUNS = 300
TIMED = 30
FEW, MANY = 500, 100_000
_FILL = """
    WITH runs AS (SELECT gen_random_uuid() AS run_id FROM generate_series(1, %s)),
    events AS (
        INSERT INTO lineage_outbox_outboxevent (event_id, run_id, sequence, event_type, payload)
        SELECT gen_random_uuid(), run_id, place, CASE place WHEN 1 THEN 'START' ELSE 'COMPLETE' END, '{}'
        FROM runs, generate_series(1, 2) AS place
        RETURNING id, run_id, sequence
    )
    INSERT INTO lineage_outbox_delivery
        (event_id, transport, run_id, sequence, failures, attempts, last_error)
    SELECT id, 'http', run_id, sequence, 0, 0, '' FROM events
"""
_WAIT = timedelta(seconds=10)
_SERVER = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def measure() -> Sequence[Figure]:
    """Return enqueueing's share of a run, and how fast a backlog drains, by transport."""
    return [*_share(), *_drains(), *_claims()]


def _share() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_people(folder / "snapshots" / "people", PEOPLE)
        write_audience(folder / "audience.parquet", ROWS, PEOPLE)
        whole = run("whole", folder)["cpu"]
    with fresh_database(), _going_to("http://127.0.0.1:1"):
        enqueued = _time_runs()
    told = f"the whole run of {ROWS:,} rows, {whole:.1f} CPU s; aim: 0.03"
    yield Figure(
        "START and COMPLETE built, enqueued, committed", enqueued * 1e3, "ms", told, enqueued / whole
    )


def _time_runs() -> float:
    """Return how long both events of a run take, from their description to the second commit."""
    begins_at = time.perf_counter()
    for _ in range(TIMED):
        _enqueue_run()
    return (time.perf_counter() - begins_at) / TIMED


def _enqueue_run() -> None:
    one = make_run()
    for event in (start(one, at=NOON), complete(one, at=NOON)):
        with transaction.atomic():
            enqueue(event=event)


def _drains() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name, _http_server() as url, _kafka_topic(Path(name)) as kafka:
        yield from _drain("a file", LINEAGE_FILE=str(Path(name) / "events.ndjson"))
        yield from _drain(
            "a server of HTTP", LINEAGE_BACKENDS={"http": HttpSettings(url=url, endpoint="lineage")}
        )
        yield from _drain("Kafka, acknowledged one by one", LINEAGE_KAFKA=kafka)


def _drain(to: str, **settings: object) -> Iterator[Figure]:
    with fresh_database(), override_settings(**settings):
        for _ in range(RUNS):
            _enqueue_run()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        begins_at = time.perf_counter()
        report = emit_pending(limit=10 * RUNS)
        took = time.perf_counter() - begins_at
        if report.emitted != 2 * RUNS or count_pending():
            raise RuntimeError(f"{report.emitted} events were emitted, and not {2 * RUNS}")
        yield Figure(f"events to {to}, one emitter", report.emitted / took, "events/s")


def _claims() -> Iterator[Figure]:
    """Yield what a claim of a batch takes, by how many events wait."""
    with fresh_database():
        few = _claim_with(FEW)
        many = _claim_with(MANY - FEW)
    yield Figure(f"claim of 50, {2 * MANY:,} waiting", many * 1e3, "ms", f"{2 * FEW:,} waiting", many / few)


def _claim_with(more_runs: int) -> float:
    """Return the median time of a claim once so many more runs wait; what is claimed is given back."""
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [more_runs])
        cursor.execute("VACUUM ANALYZE lineage_outbox_delivery")
    times = []
    for _ in range(TIMED):
        begins_at = time.perf_counter()
        taken = claim(Delivery.objects.at("http").in_turn(), limit=50, lease=timedelta(hours=1))
        times.append(time.perf_counter() - begins_at)
        for delivery in taken:
            end(delivery)
    return statistics.median(times)


@contextmanager
def _going_to(url: str) -> Iterator[None]:
    """Have events wait for two backends, a topic and a file, as at an installation that uses all."""
    backends = {name: HttpSettings(url=url, endpoint="lineage") for name in ("http", "datahub")}
    kafka = KafkaSettings(servers="127.0.0.1:1", topic="lineage")
    with override_settings(LINEAGE_BACKENDS=backends, LINEAGE_KAFKA=kafka, LINEAGE_FILE="/events"):
        yield


@contextmanager
def _http_server() -> Iterator[str]:
    server = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/"
    finally:
        server.kill()
        server.wait()


@contextmanager
def _kafka_topic(folder: Path) -> Iterator[KafkaSettings]:
    broker = Broker(folder / "kafka")
    try:
        servers, topic = f"127.0.0.1:{broker.port}", f"lineage.{uuid4().hex}"
        admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
        for made in admin.create_topics([NewTopic(topic, 3, 1)]).values():
            made.result(10)
        yield KafkaSettings(servers=servers, topic=topic, timeout=_WAIT)
    finally:
        broker.stop()
