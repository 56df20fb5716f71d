"""The check of events that others send: lenient where the standard is open, and safe against hostile ones."""

import copy
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.events.builders import complete
from lineage.facets.compiled import find_violations
from lineage.facets.kinds import core_url
from lineage.facets.pieces import take_apart
from lineage.facets.receiving import LONGEST_NAME, MOST_TOLD, check_received, read_time
from tests.lineage_runs import NOON, make_run
from tests.lineage_spoiling import holders, spoil

Event = dict[str, Any]
SECRET = "c00001@customers.example"
SCHEMA_FACET = "https://openlineage.io/spec/facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet"
PARENT_FACET = "https://openlineage.io/spec/facets/1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet"
CORE = "https://openlineage.io/spec/{}/OpenLineage.json"


def make_received() -> Event:
    """Return an event as an integration of version 1 sends it, with a facet that only its sender knows."""
    return {
        "eventType": "COMPLETE",
        "eventTime": "2023-04-04T13:21:16.098Z",
        "run": {
            "runId": "ea445b5c-22eb-457a-8007-01c7c52b6e54",
            "facets": {
                "spark_properties": {
                    "_producer": "https://github.com/OpenLineage/OpenLineage/tree/1.0.0/integration/spark",
                    "_schemaURL": CORE.format("1-0-5") + "#/$defs/RunFacet",
                    "properties": {"spark.master": "yarn"},
                }
            },
        },
        "job": {"namespace": "default", "name": "nightly.orders"},
        "inputs": [{"namespace": "s3://orders", "name": "raw", "facets": {}, "inputFacets": {}}],
        "outputs": [{"namespace": "bigquery", "name": "p.d.orders"}],
        "producer": "https://github.com/OpenLineage/OpenLineage/tree/1.0.0/integration/spark",
        "schemaURL": CORE.format("1-0-5") + "#/$defs/RunEvent",
    }


def sql_facet(event: Event) -> Event:
    """Return a facet of the official schema that stands in the event from now on."""
    facet = {
        "_producer": "https://example.org",
        "_schemaURL": "https://openlineage.io/spec/facets/1-1-0/SQLJobFacet.json#/$defs/SQLJobFacet",
        "query": "SELECT 1",
    }
    event["job"]["facets"] = {"sql": facet}
    return facet


def nested(depth: int) -> Any:
    """Return lists in lists."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


LENIENT: dict[str, Callable[[Event], object]] = {
    "nothing": lambda event: event.items(),
    "an older definition of the core": lambda event: event.update(
        schemaURL=CORE.format("1-0-0") + "#/definitions/RunEvent"
    ),
    "a later version of the core": lambda event: event.update(schemaURL=CORE.format("2-1-0")),
    "no event type": lambda event: event.pop("eventType"),
    "no inputs": lambda event: event.pop("inputs"),
    "a field of the sender's own": lambda event: event.update(environment="production"),
    "an official facet": sql_facet,
    "an official facet of a version we do not have": lambda event: sql_facet(event).update(
        _schemaURL="https://openlineage.io/spec/facets/9-0-0/SQLJobFacet.json#/$defs/SQLJobFacet", query=7
    ),
    "an official facet under a key of the sender's own": lambda event: event["job"].update(
        facets={"my_sql": sql_facet(event)}
    ),
    "an official facet that takes itself back": lambda event: (
        sql_facet(event).update(_deleted=True),
        event["job"]["facets"]["sql"].pop("query"),
    ),
    "nanoseconds": lambda event: event.update(eventTime="2023-04-04T13:21:16.098123456+02:00"),
    "a name as long as may be": lambda event: event["job"].update(name="n" * LONGEST_NAME),
    "markup in a name": lambda event: event["job"].update(name="<script>alert(1)</script>"),
}

REFUSED: dict[str, tuple[Callable[[Event], object], str]] = {
    "a run id that is no UUID": (lambda event: event["run"].update(runId=SECRET), "$.run.runId: is no uuid"),
    "no job": (lambda event: event.pop("job"), "$: job is missing"),
    "a job without a name": (lambda event: event["job"].pop("name"), "$.job: name is missing"),
    "a transition that does not exist": (
        lambda event: event.update(eventType=SECRET),
        "$.eventType: is none",
    ),
    "a time without offset": (
        lambda event: event.update(eventTime="2023-04-04T13:21:16"),
        "$.eventTime: is no date-time",
    ),
    "a leap second": (
        lambda event: event.update(eventTime="2016-12-31T23:59:60Z"),
        "$.eventTime: is no date-time",
    ),
    "the year nought": (
        lambda event: event.update(eventTime="0000-01-01T00:00:00Z"),
        "$.eventTime: is no date-time",
    ),
    "a time before the calendar's first": (
        lambda event: event.update(eventTime="0001-01-01T00:00:00+14:00"),
        "$.eventTime: is no date-time",
    ),
    "a producer that is no URI": (lambda event: event.update(producer=SECRET), "$.producer: is no uri"),
    "another schema": (
        lambda event: event.update(schemaURL="https://example.org/OpenLineage.json"),
        "$.schemaURL: is no core schema of version 1 or 2",
    ),
    "a core that is not there yet": (
        lambda event: event.update(schemaURL=CORE.format("3-0-0")),
        "$.schemaURL: is no core schema of version 1 or 2",
    ),
    "inputs that are no list": (lambda event: event.update(inputs={}), "$.inputs: is not of type array"),
    "a facet that does not say its schema": (
        lambda event: event["run"]["facets"]["spark_properties"].pop("_schemaURL"),
        "$.run.facets.spark_properties: _schemaURL is missing",
    ),
    "a facet that is a text": (
        lambda event: event["outputs"][0].update(facets={"schema": SECRET}),
        "$.outputs[0].facets.schema: is not of type object",
    ),
    "an official facet with a field of another type": (
        lambda event: sql_facet(event).update(query=7),
        "$.job.facets.sql.query: is not of type string",
    ),
    "a job and a dataset at once": (
        lambda event: (event.pop("run"), event.update(dataset=event["inputs"][0])),
        "$: tells of a job and of a dataset at once",
    ),
    "a name that is too long": (
        lambda event: event["outputs"][0].update(namespace="n" * (LONGEST_NAME + 1)),
        "$.outputs[0].namespace: is longer than",
    ),
    "a field's name that is too long": (
        lambda event: event["run"].update({"f" * (LONGEST_NAME + 1): 1}),
        "$.run: has a field whose name is longer than",
    ),
    "half a character": (
        lambda event: event["job"].update(name="\ud800"),
        "$.job.name: holds text that cannot",
    ),
    "a character that no database keeps": (
        lambda event: event["job"].update(name="a\x00"),
        "$.job.name: holds text that cannot",
    ),
    "half a character in a field's name": (
        lambda event: event["job"].update({"\udfff": 1}),
        "$.job: has a field whose name",
    ),
    "no number": (lambda event: event["job"].update(size=float("nan")), "$.job.size: is no JSON number"),
    "depth without end": (lambda event: event.update(extra=nested(10_000)), "$.extra["),
    "more values than may be": (lambda event: event.update(extra=[0] * 300_000), "$: holds more than"),
}


MANY = 100_000
FLOODS: dict[str, Callable[[Event], object]] = {
    "datasets": lambda event: event.update(inputs=[{}] * MANY),
    "facets": lambda event: event["run"].update(facets={f"k{one}": 1 for one in range(MANY)}),
    "facets with names that are not told": lambda event: event["run"].update(
        facets={f"@{one}": {} for one in range(MANY)}
    ),
    "fields of one facet": lambda event: event["inputs"][0]["facets"].update(
        schema={**sql_facet(event), "_schemaURL": SCHEMA_FACET, "fields": [1] * MANY}
    ),
    "facets of a parent": lambda event: event["run"]["facets"].update(
        parent={
            **sql_facet(event),
            "_schemaURL": PARENT_FACET,
            "job": {"namespace": "a", "name": "b"},
            "run": {**event["run"], "facets": {f"k{one}": 1 for one in range(MANY)}},
        }
    ),
}


def fields() -> st.SearchStrategy[Any]:
    """Return a strategy for what a parser of JSON, or a careless caller, may hand over."""
    texts = st.text(st.characters(codec=None), max_size=20)
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(max_size=3)
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
    )


@pytest.mark.parametrize("case", LENIENT)
def test_what_the_standard_leaves_open_passes(case: str) -> None:
    event = make_received()
    LENIENT[case](event)

    assert check_received(event) == []


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_core_or_a_bound_excludes_is_told_by_its_place_and_no_value_is_repeated(case: str) -> None:
    plant, expected = REFUSED[case]
    event = make_received()
    plant(event)

    told = check_received(event)

    assert [one for one in told if one.startswith(expected)]
    assert SECRET not in str(told)
    assert all(len(one) < 600 for one in told)


@pytest.mark.parametrize("event", [None, 7, "event", [], {}, [{}], {"job": None}, {"run": []}])
def test_what_is_no_event_is_refused(event: object) -> None:
    assert check_received(event)


def test_job_and_dataset_events_pass() -> None:
    run_event = make_received()
    base = {key: run_event[key] for key in ("eventTime", "producer", "schemaURL")}

    assert check_received(base | {"job": run_event["job"], "inputs": run_event["inputs"]}) == []
    assert check_received(base | {"dataset": run_event["inputs"][0]}) == []


def test_what_we_emit_ourselves_passes() -> None:
    assert check_received(complete(make_run(), at=NOON)) == []


def test_a_place_is_not_told_by_names_that_may_be_about_somebody() -> None:
    event = make_received()
    event["run"]["facets"] = {SECRET: 1, "+441632960001": 1, "<b>": 1, "f" * 101: 1, "mine": 1}
    event["run"]["facets"]["+49301234567"] = {"0": 7}

    assert check_received(event) == [
        "$.run.facets.*: is not of type object",
        "$.run.facets.mine: is not of type object",
        "$.run.facets.*: _producer is missing",
        "$.run.facets.*: _schemaURL is missing",
    ]


def test_many_faults_are_told_up_to_a_bound() -> None:
    event = make_received()
    event["inputs"] = [{"namespace": 1, "name": 2}] * 100

    assert len(check_received(event)) == MOST_TOLD


def test_times_are_read_in_utc() -> None:
    assert read_time("2023-04-04t13:21:16.5+02:00") == datetime(2023, 4, 4, 11, 21, 16, 500_000, tzinfo=UTC)
    assert read_time("2023-04-04t13:21:16z") == datetime(2023, 4, 4, 13, 21, 16, tzinfo=UTC)
    assert read_time("2016-12-31T23:59:60Z") is None


def test_an_event_is_not_changed_by_looking_at_it() -> None:
    event = make_received()
    before = copy.deepcopy(event)

    check_received(event)

    assert json.dumps(event) == json.dumps(before)


def test_the_pieces_of_an_event_say_what_the_whole_does() -> None:
    chance = random.Random(7)  # noqa: S311 - spoils, guards nothing
    for _ in range(400):
        event = spoil(chance)
        whole = set(find_violations(core_url(event), event))
        pieces = [find_violations(one.schema_url, one.value, one.path) for one in take_apart(event)]

        assert {told for one in pieces for told in one} == whole


@pytest.mark.parametrize("case", FLOODS)
def test_what_is_wrong_in_a_hundred_thousand_places_is_told_within_a_few_seconds(case: str) -> None:
    event = make_received()
    FLOODS[case](event)
    begun = time.process_time()

    told = check_received(event)

    assert 0 < len(told) <= MOST_TOLD
    assert time.process_time() - begun < 10


@given(fields(), st.randoms(use_true_random=False))
def test_whatever_is_sent_gets_an_answer(value: Any, chance: random.Random) -> None:
    event = make_received()
    sql_facet(event)
    holder = chance.choice(list(holders(event)))
    name = chance.choice([*holder] if isinstance(holder, dict) else range(len(holder)))
    holder[name] = value

    assert all(len(told) < 600 for told in check_received(event))
