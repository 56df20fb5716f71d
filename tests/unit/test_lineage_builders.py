"""What the builders of run events put into them, and what they leave no room for."""

import dataclasses
import inspect
import json
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from types import NoneType, UnionType
from typing import Any
from uuid import UUID

import attrs
import pytest
from openlineage.client.constants import DEFAULT_PRODUCER

from lineage.events import builders
from lineage.events.builders import NaiveTime, abort, complete, fail, start
from lineage.events.producer import PRODUCER
from lineage.events.types import RunDescription
from lineage.facets.validation import check_event
from tests.lineage_runs import NOON, make_run

Builder = Callable[..., builders.Event]
BUILDERS: list[tuple[str, Builder, dict[str, str]]] = [
    ("START", start, {}),
    ("COMPLETE", complete, {}),
    ("FAIL", fail, {"message": "no column holds identifiers"}),
    ("ABORT", abort, {}),
]
EACH = pytest.mark.parametrize(("event_type", "build", "extra"), BUILDERS)
LEAVES = {str, int, UUID, NoneType, datetime}


@EACH
def test_each_event_is_valid_json_by_the_official_schema(
    event_type: str, build: Builder, extra: dict[str, str]
) -> None:
    event = build(make_run(), at=NOON, **extra)

    assert check_event(event) == []
    assert json.loads(json.dumps(event)) == event
    assert event["eventType"] == event_type
    assert event["job"]["namespace"] == "accordant"


def test_an_event_of_the_barest_run_is_valid() -> None:
    full = make_run()
    job = dataclasses.replace(full.job, processing=None, documentation=None, owners=())
    bare = RunDescription(run_id=full.run_id, job=job, engine=full.engine)

    event = start(bare, at=NOON)

    assert check_event(event) == []
    assert set(event["job"]["facets"]) == {"jobType"}
    assert set(event["run"]["facets"]) == {"accordant_event", "processing_engine"}
    assert event["inputs"] == event["outputs"] == []


@EACH
def test_every_facet_names_us_as_its_producer(event_type: str, build: Builder, extra: dict[str, str]) -> None:
    event = build(make_run(), at=NOON, **extra)

    producers = [facet["_producer"] for facet in facets_of(event)]

    assert len(producers) > 10
    assert {*producers, event["producer"]} == {PRODUCER}
    assert DEFAULT_PRODUCER not in json.dumps(event)


def test_the_same_event_built_twice_has_the_same_id_and_another_one_has_not() -> None:
    run = make_run()
    first = event_id(start(run, at=NOON))

    assert event_id(start(run, at=NOON)) == first
    assert event_id(complete(run, at=NOON)) != first
    assert event_id(start(run, at=NOON + timedelta(seconds=1))) != first
    assert event_id(start(make_run(), at=NOON)) != first


def test_times_are_sent_in_utc() -> None:
    local = datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))

    assert start(make_run(), at=local)["eventTime"] == NOON.astimezone(UTC).isoformat(timespec="microseconds")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(NaiveTime):
        start(make_run(), at=datetime(2026, 3, 1))  # noqa: DTZ001 - the naive time is the point


def test_column_lineage_says_which_columns_were_masked_dropped_or_passed_on() -> None:
    output = complete(make_run(), at=NOON)["outputs"][0]

    lineage = output["facets"]["columnLineage"]
    masking = {
        column: [step["masking"] for field in entry["inputFields"] for step in field["transformations"]]
        for column, entry in lineage["fields"].items()
    }
    assert masking == {"email": [True], "city": [False], "phone": [True], "ad_personalization": []}
    assert lineage["dataset"][0]["field"] == "email"
    assert lineage["dataset"][0]["transformations"][0]["subtype"] == "FILTER"


def test_the_decision_facet_tells_the_counts_and_the_policy() -> None:
    facet = complete(make_run(), at=NOON)["run"]["facets"]["accordant_decision"]

    assert facet["policyVersion"] == 3
    assert (facet["rowsIn"], facet["allowed"]) == (10, 7)
    assert facet["deniedByReason"] == {"no_record": 2, "withdrawn": 1}
    assert facet["obligations"][0] == {"kind": "drop", "field": "phone"}


def test_a_failure_is_told_without_a_stack_trace() -> None:
    facet = fail(make_run(), at=NOON, message="input_unreadable")["run"]["facets"]["errorMessage"]

    assert facet["message"] == "input_unreadable"
    assert "stackTrace" not in facet


def test_the_processing_facet_joins_the_legal_bases_of_the_job() -> None:
    facet = start(make_run(), at=NOON)["job"]["facets"]["processing"]

    assert (facet["purpose"], facet["legal_basis"]) == ("advertising.audience", "consent,opt_out")


@EACH
def test_a_builder_leaves_no_room_for_free_form_content(
    event_type: str, build: Builder, extra: dict[str, str]
) -> None:
    kinds = inspect.signature(build).parameters.values()
    assert not [kind for kind in kinds if kind.kind in {kind.VAR_KEYWORD, kind.VAR_POSITIONAL}]

    hints = typing.get_type_hints(build)
    del hints["return"]

    assert [leaf for hint in hints.values() for leaf in leaves_of(hint) if leaf not in LEAVES] == []


def test_the_check_for_free_form_content_finds_a_mapping() -> None:
    assert dict in set(leaves_of(tuple[dict[str, Any], ...]))


def facets_of(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in `value` that has the producer of a facet."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and "_producer" in value:
        yield value
    for member in members:
        yield from facets_of(member)


def event_id(event: builders.Event) -> str:
    """Return the event's own id."""
    return str(event["run"]["facets"]["accordant_event"]["eventId"])


def leaves_of(hint: Any) -> Iterator[Any]:
    """Yield the types that values of type `hint` are made of, down to what is no tuple, union or record."""
    origin = typing.get_origin(hint)
    if origin in {tuple, UnionType, typing.Union}:
        for part in typing.get_args(hint):
            yield from leaves_of(part) if part is not Ellipsis else ()
    elif dataclasses.is_dataclass(hint) or attrs.has(hint):
        for part in typing.get_type_hints(hint).values():
            yield from leaves_of(part)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        yield str
    else:
        yield origin or hint
