"""The graph of lineage: events a second into it, and questions to one of 100,000 runs."""

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.utils import timezone

from activation.checks import services as checks
from activation.checks.types import NO_LIMITS, Scope
from lineage.graph import queries, services
from lineage.graph.types import PictureQuery
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.graph_world import Event, column_lineage, dataset, facet, run_event

EVENTS, BATCH, SINGLE = 10_000, 1000, 1000
JOBS, DATASETS, RUNS = 30_000, 40_000, 100_000
_MAKE = """
    INSERT INTO lineage_graph_dataset
        (digest, namespace, name, first_seen_at, last_seen_at, told, owners, is_emitted, is_told_personal,
         told_categories)
    SELECT sha256(n::text::bytea), CASE WHEN n %% 400 = 0 THEN 's3://partner' ELSE 'warehouse' END,
           'table_' || n, now(), now(), '{{}}', '[]', false, n %% 200 = 1, '[]'
    FROM generate_series(1, {datasets}) AS n;
    INSERT INTO lineage_graph_job
        (digest, namespace, name, first_seen_at, last_seen_at, told, owners, origin, purpose, legal_basis,
         gate)
    SELECT sha256(n::text::bytea), 'airflow', 'job_' || n, now(), now() - n * interval '1 second', '{{}}',
           '[]', CASE WHEN n %% 100 = 0 THEN 'emitted' ELSE 'received' END, '', '',
           CASE WHEN n %% 100 = 0 THEN 'ads' ELSE '' END
    FROM generate_series(1, {jobs}) AS n;
    INSERT INTO lineage_graph_flow (job_id, dataset_id, direction, first_seen_at, last_seen_at, told)
    SELECT (SELECT min(id) FROM lineage_graph_job) + n - 1,
           (SELECT min(id) FROM lineage_graph_dataset) + (n * step + shift) %% {datasets}, side, now(), now(),
           '{{}}'
    FROM generate_series(1, {jobs}) AS n,
         (VALUES (1, 0, 'input'), (7, 3, 'input'), (1, 1, 'output'), (13, 5, 'output'))
             AS s(step, shift, side)
    ON CONFLICT DO NOTHING;
    INSERT INTO lineage_graph_run
        (job_id, run_id, origin, first_seen_at, last_seen_at, state, purpose, destination, controller, told)
    SELECT (SELECT min(id) FROM lineage_graph_job) + n %% {jobs}, gen_random_uuid(), 'received', now(),
           now() - n * interval '1 second', 'COMPLETE', '', '', '', '{{}}'
    FROM generate_series(1, {runs}) AS n;
    INSERT INTO lineage_graph_runflow (run_id, dataset_id, direction, told)
    SELECT run.id, flow.dataset_id, flow.direction, '{{}}'
    FROM lineage_graph_run AS run JOIN lineage_graph_flow AS flow USING (job_id);
    ANALYZE;
"""
_RECURSIVE = """
    WITH RECURSIVE reached(dataset_id) AS (
        SELECT %s::bigint
        UNION
        SELECT wrote.dataset_id
        FROM reached JOIN lineage_graph_flow AS read USING (dataset_id)
             JOIN lineage_graph_flow AS wrote ON wrote.job_id = read.job_id AND wrote.direction = 'output'
        WHERE read.direction = 'input'
    ) SELECT count(*) FROM reached
"""


def measure() -> Sequence[Figure]:
    """Return how many events a second come in and enter, and how long questions take."""
    with fresh_database():
        figures = [*_measure_batches(), *_measure_single_posts()]
    with fresh_database():
        return [*figures, *_measure_questions()]


def make_events(count: int) -> Iterator[Event]:
    """Yield events of runs as a warehouse's jobs send them: a start and an end each, with facets."""
    fields = [{"name": f"column_{number}", "type": "string"} for number in range(12)]
    for number in range(count // 2):
        job, run_id = f"job_{number % 500}", uuid4()
        source, target = f"table_{number % 700}", f"table_{(number * 7 + 1) % 700}"
        lineage = column_lineage({f"column_{one}": [(source, f"column_{one}", False)] for one in range(12)})
        outputs = [dataset(target, schema=facet(fields=fields), columnLineage=lineage)]
        inputs = [dataset(source, schema=facet(fields=fields))]
        yield run_event(job, state="START", run_id=run_id, minutes=number / 100, inputs=inputs)
        yield run_event(
            job, state="COMPLETE", run_id=run_id, minutes=number / 100 + 1, inputs=inputs, outputs=outputs
        )


def _measure_batches() -> list[Figure]:
    client, events = _client(), list(make_events(EVENTS))
    bodies = [json.dumps(events[begin : begin + BATCH]) for begin in range(0, EVENTS, BATCH)]
    taking = _time(lambda: _post_all(client, "/api/v1/lineage/batch", bodies, 200))
    loading = _time(lambda: services.load(limit=EVENTS))
    return [
        Figure("events taken in, in batches of 1,000", EVENTS / taking, "/s"),
        Figure("events into the graph, one worker", EVENTS / loading, "/s"),
        Figure("both, one after the other", EVENTS / (taking + loading), "/s"),
    ]


def _measure_single_posts() -> list[Figure]:
    client = _client()
    bodies = [json.dumps(event) for event in make_events(SINGLE)]
    taking = _time(lambda: _post_all(client, "/api/v1/lineage", bodies, 201))
    return [Figure("events taken in, one a request, one process", SINGLE / taking, "/s")]


def _measure_questions() -> list[Figure]:
    with connection.cursor() as cursor:
        cursor.execute(_MAKE.format(datasets=DATASETS, jobs=JOBS, runs=RUNS), [])
    services.set_boundary(namespace="s3://partner", is_outside=True, by="bench", at=timezone.now())
    [start] = [node for node in queries.find_nodes("table_1", DATASETS) if node.name == "table_1"]
    asked: dict[str, Callable[[], object]] = {
        "radar: how many": queries.count_ungated_paths,
        "radar: a page of 50": lambda: queries.list_ungated_paths(limit=50),
        "all that is downstream": lambda: queries.list_downstream(start.key),
        "destinations reached": lambda: queries.list_reached_destinations(start.key),
        "… datasets alone, by recursive SQL": lambda: _recursive(start.key),
        "a picture of 200 nodes": lambda: queries.get_picture(PictureQuery(focus=start.key)),
        "a picture without a focus": lambda: queries.get_picture(PictureQuery()),
        "a page of 50 runs": lambda: queries.list_runs(limit=50),
        "a name searched": lambda: queries.find_nodes("table_39", 20),
    }
    return [Figure(f"100,000 runs: {what}", _median(ask) * 1e3, "ms") for what, ask in asked.items()]


def _recursive(key: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(_RECURSIVE, [int(key[1:])])
        return cursor.fetchone()


def _client() -> Client:
    key = checks.create_key(
        name=f"bench {uuid4()}",
        scopes=[Scope.LINEAGE_WRITE],
        valid_for=timedelta(hours=1),
        at=timezone.now(),
        limits=NO_LIMITS,
    )
    return Client(headers={"Authorization": f"Bearer {key}", "Host": "127.0.0.1"})


def _post_all(client: Client, address: str, bodies: Sequence[str], status: int) -> None:
    for body in bodies:
        answer = client.post(address, data=body, content_type="application/json")
        if answer.status_code != status:
            raise RuntimeError(answer.content)


def _median(ask: Callable[[], object]) -> float:
    return statistics.median(_time(ask) for _ in range(5))


def _time(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin
