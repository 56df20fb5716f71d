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
from openlineage.client.serde import Serde

from lineage.events import builders
from lineage.events.builders import NaiveTime, abort, complete, fail, start
from lineage.events.producer import PRODUCER
from lineage.events.types import JobDescription, MalformedTag, RunDescription, Tag
from lineage.facets.validation import check_event
from tests.lineage_classes import rebuild
from tests.lineage_runs import NOON, make_run

Builder = Callable[..., builders.Event]
BUILDERS: list[tuple[str, Builder, dict[str, str]]] = [
    ("START", start, {}),
    ("COMPLETE", complete, {}),
    ("FAIL", fail, {"message": "no column holds identifiers"}),
    ("ABORT", abort, {}),
]
EACH = pytest.mark.parametrize(("event_type", "build", "extra"), BUILDERS)
LEAVES = {str, int, bool, UUID, NoneType, datetime}
TEXTS = {
    "Assertion.column",
    "Assertion.name",
    "Column.name",
    "Column.type",
    "ColumnLineage.column",
    "ColumnRef.column",
    "DatasetName.name",
    "DatasetName.namespace",
    "DecisionSummary.controller",  # these of the decision have a form in its schema
    "DecisionSummary.destination",
    "DecisionSummary.legal_bases",
    "DecisionSummary.manifest_digest",
    "DecisionSummary.policy_digest",
    "DecisionSummary.purpose",
    "DeniedRows.reason",
    "Engine.name",
    "Engine.version",
    "Input.documentation",
    "JobDescription.documentation",
    "JobDescription.kind",
    "JobDescription.name",
    "Obligation.field",
    "Obligation.kind",
    "Obligation.value",
    "Output.documentation",
    "Output.version",
    "Owner.name",
    "Owner.type",
    "ParentRun.job_name",
    "ParentRun.job_namespace",
    "Processing.legal_bases",
    "Processing.purpose",
    "Sql.dialect",
    "Sql.text",  # without literals
    "Tag.column",
    "Tag.key",  # these two refuse what is no plain word
    "Tag.value",
    "Transformation.description",
    "Transformation.subtype",
    "Transformation.type",
}
"""Every place where words can get into an event. Before adding one: who writes it, can it name anybody?"""


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
    job = JobDescription(name=full.job.name, kind=full.job.kind)
    bare = RunDescription(run_id=full.run_id, job=job, engine=full.engine)

    event = start(bare, at=NOON)

    assert check_event(event) == []
    assert set(event["job"]["facets"]) == {"jobType"}
    assert set(event["run"]["facets"]) == {"accordant_event", "processing_engine"}
    assert event["inputs"] == event["outputs"] == []


def test_all_that_can_be_told_stands_in_the_facet_of_the_standard() -> None:
    event = complete(make_run(), at=NOON)
    source, target, job = event["inputs"][0], event["outputs"][0], event["job"]["facets"]

    assert source["facets"]["tags"]["tags"][1] == {
        "key": "category",
        "value": "email",
        "source": "ACCORDANT",
        "field": "email",
    }
    assert [one["type"] for one in source["facets"]["symlinks"]["identifiers"]] == ["LOCATION", "TABLE"]
    assert source["facets"]["ownership"]["owners"] == [{"name": "team:marketing", "type": "OWNER"}]
    assert source["inputFacets"]["dataQualityAssertions"]["assertions"] == [
        {"assertion": "canaries_denied", "success": True},
        {"assertion": "not_null", "success": False, "column": "email"},
    ]
    assert target["facets"]["documentation"]["description"] == "The audience at the platform."
    assert target["facets"]["version"]["datasetVersion"] == "2026-03-01"
    assert job["sql"]["dialect"] == "postgres"
    assert job["jobType"]["processingType"] == "BATCH"
    assert [tag["key"] for tag in job["tags"]["tags"]] == ["accordant/channel"]
    assert [tag["value"] for tag in event["run"]["facets"]["tags"]["tags"]] == ["schedule"]


def test_a_job_without_an_end_is_a_stream() -> None:
    run = make_run()
    streaming = dataclasses.replace(run, job=dataclasses.replace(run.job, is_stream=True))

    assert start(streaming, at=NOON)["job"]["facets"]["jobType"]["processingType"] == "STREAMING"


@EACH
def test_every_facet_is_what_the_clients_own_class_makes_where_that_class_may_stand(
    event_type: str, build: Builder, extra: dict[str, str]
) -> None:
    event = build(make_run(), at=NOON, **extra)

    rebuilt = rebuild(event)

    assert Serde.to_dict(rebuilt) == event


@pytest.mark.parametrize(
    "plant",
    [
        lambda event: event["outputs"][0]["outputFacets"].update(event["inputs"][0]["inputFacets"]),
        lambda event: event["inputs"][0]["facets"].update(event["inputs"][0]["inputFacets"]),
        lambda event: event["job"]["facets"]["sql"].update(rows=[]),
        lambda event: event["job"]["facets"]["sql"].pop("query"),
        lambda event: event["run"]["facets"]["tags"]["tags"][0].update(value=1),
    ],
)
def test_what_the_clients_classes_do_not_allow_is_seen(plant: Callable[[builders.Event], object]) -> None:
    event = complete(make_run(), at=NOON)
    plant(event)

    with pytest.raises(TypeError):
        rebuild(event)


@EACH
def test_the_same_event_built_twice_is_the_same_to_the_byte(
    event_type: str, build: Builder, extra: dict[str, str]
) -> None:
    run = make_run()

    assert json.dumps(build(run, at=NOON, **extra)) == json.dumps(build(run, at=NOON, **extra))


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


def test_every_place_for_words_in_an_event_is_one_that_was_thought_about() -> None:
    assert set(texts_of(RunDescription)) == TEXTS


@pytest.mark.parametrize("words", ["She said yes", "c00001@customers.example", "", "a" * 201, "a\n"])
def test_a_tag_has_room_for_plain_words_only(words: str) -> None:
    with pytest.raises(MalformedTag):
        Tag(key="note", value=words)
    with pytest.raises(MalformedTag):
        Tag(key=words, value="1")


def test_only_a_datasets_tag_names_a_column() -> None:
    tags = (Tag(key="category", value="email", column="email"),)

    with pytest.raises(MalformedTag):
        dataclasses.replace(make_run(), tags=tags)
    with pytest.raises(MalformedTag):
        dataclasses.replace(make_run().job, tags=tags)


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


def texts_of(record: type) -> Iterator[str]:
    """Yield `Class.field` for each field of `record`, and of the records in it, that holds text."""
    for name, hint in typing.get_type_hints(record).items():
        for part in parts_of(hint):
            if is_record(part):
                yield from texts_of(part)
            elif part is str:
                yield f"{record.__name__}.{name}"


def leaves_of(hint: Any) -> Iterator[Any]:
    """Yield the types that values of type `hint` are made of, down to what is no tuple, union or record."""
    for part in parts_of(hint):
        if is_record(part):
            for inner in typing.get_type_hints(part).values():
                yield from leaves_of(inner)
        else:
            yield part


def parts_of(hint: Any) -> Iterator[Any]:
    """Yield what tuples and unions in `hint` are made of; an enumeration's member is text that we wrote."""
    origin = typing.get_origin(hint)
    if origin in {tuple, UnionType, typing.Union}:
        for part in typing.get_args(hint):
            yield from parts_of(part) if part is not Ellipsis else ()
    elif isinstance(hint, type) and issubclass(hint, Enum):
        yield NoneType
    else:
        yield origin or hint


def is_record(part: Any) -> bool:
    """Whether `part` is a class of named fields."""
    return dataclasses.is_dataclass(part) or attrs.has(part)
