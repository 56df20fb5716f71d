"""What the check server counts."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from activation.checks.server.http import problem_response, response
from activation.checks.server.metrics import Metrics
from activation.checks.server.shared_numbers import SharedNumbers

PATH = b"/access/v1/evaluation"
MICROSECOND = 1_000


def read(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return every number that Prometheus would read."""
    families = text_string_to_metric_families(metrics.render().decode())
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, frozenset(one.labels.items())): one.value for one in samples}


def label(**labels: str) -> frozenset[tuple[str, str]]:
    """Return labels as a key."""
    return frozenset(labels.items())


def test_requests_are_counted_by_path_and_status() -> None:
    metrics = Metrics(SharedNumbers([PATH]))
    metrics.count(metrics.places[PATH], response(200, b""), MICROSECOND, 100)
    metrics.count(metrics.places[PATH], response(200, b""), MICROSECOND, 100)
    metrics.count(0, problem_response(404, "not_found", ""), MICROSECOND, 100)
    metrics.count(0, b"HTTP/1.1 299 Odd\r\n", MICROSECOND, 100)
    metrics.count_refusal(431)

    numbers = read(metrics)

    name = "accordant_check_requests_total"
    assert numbers[name, label(path=PATH.decode(), status="200")] == 2
    assert numbers[name, label(path="other", status="404")] == 1
    assert numbers[name, label(path="other", status="other")] == 1
    assert numbers[name, label(path="other", status="431")] == 1
    assert numbers["accordant_check_duration_seconds_count", label()] == 4
    assert numbers["accordant_check_received_bytes_total", label()] == 400


@pytest.mark.parametrize("nanoseconds", [0, 1, 1_023, 1_024, 5_000, 10**9, 10**12])
def test_a_duration_is_in_the_first_bucket_that_holds_it(nanoseconds: int) -> None:
    metrics = Metrics(SharedNumbers())
    metrics.count(0, response(200, b""), nanoseconds, 0)

    buckets = {
        float(dict(labels)["le"]): number
        for (name, labels), number in read(metrics).items()
        if name == "accordant_check_duration_seconds_bucket"
    }

    assert {bound for bound, number in buckets.items() if number} == {
        bound for bound in buckets if nanoseconds / 1e9 < bound
    }


def test_any_worker_tells_the_sum_of_all() -> None:
    shared = SharedNumbers(workers=3)
    workers = [Metrics(shared, worker=number) for number in range(3)]
    for number, metrics in enumerate(workers):
        for _ in range(number + 1):
            metrics.add("opened")
        metrics.publish()

    for metrics in workers:
        assert read(metrics)["accordant_check_connections", label()] == 6


def test_a_worker_that_takes_a_dead_ones_place_goes_on_from_its_numbers() -> None:
    shared = SharedNumbers()
    dead = Metrics(shared)
    dead.add("opened")
    dead.count(0, response(200, b""), MICROSECOND, 0)
    dead.publish()

    numbers = read(Metrics(shared))

    assert numbers["accordant_check_requests_total", label(path="other", status="200")] == 1
    assert numbers["accordant_check_connections_opened_total", label()] == 1
    assert numbers["accordant_check_connections", label()] == 0
