"""Which harnesses show which kind: add a line for yours."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.conformance import (
    harness_braze,
    harness_documented,
    harness_file,
    harness_google_customer_match,
    harness_kafka,
    harness_meta_custom_audiences,
    harness_object_store,
    harness_postgresql,
    harness_webhook,
)
from tests.conformance.harness import Harness

Start = Callable[[Path], AbstractContextManager[Harness]]
"""Starts the recipient (it may use the folder, empty and its own) and gives the harness."""

HARNESSES: Mapping[str, Start] = {
    "file-parquet": partial(harness_file.start, form="parquet"),
    "file-csv": partial(harness_file.start, form="csv"),
    "file-ndjson": partial(harness_file.start, form="ndjson"),
    "kafka": harness_kafka.start,
    "sqlite": harness_documented.start,
    "webhook": harness_webhook.start,
    "meta_custom_audiences": harness_meta_custom_audiences.start,
    "google_customer_match": harness_google_customer_match.start,
    "braze-attributes": partial(harness_braze.start, by_group=False),
    "braze-groups": partial(harness_braze.start, by_group=True),
    "object_store": harness_object_store.start,
    "postgresql": harness_postgresql.start,
}
"""By name: the kind's slug, and if it has several, a hyphen and a word more."""


def kind_of(name: str) -> str:
    """Return the slug of the kind that the harness of that name shows."""
    return name.partition("-")[0]
