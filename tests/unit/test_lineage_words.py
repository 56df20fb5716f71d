"""No name that a policy, a destination or a run may have keeps lineage from being told."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activation.decisions.reasons import Reason
from activation.destinations.types import SLUG
from activation.enforcement.run_lineage.datasets import list_columns, tag_categories
from activation.enforcement.run_lineage.fitting import fit
from activation.enforcement.services import MalformedOrder, check_slugs
from activation.enforcement.suppression import run_events as suppressions
from activation.enforcement.suppression.types import Cause
from consent.policies.document.schema import load_schema
from consent.policies.models import PolicyVersion
from consent.policies.publishing import _describe as describe_publication
from consent.policies.taxonomy.terms import DOTTED_FORM, LONGEST_KEY
from lineage.events import builders
from lineage.events.naming import destination, job_name, local_file
from lineage.events.stores import kafka_topic
from lineage.events.types import (
    PASSED,
    Column,
    ColumnLineage,
    ColumnOrigin,
    ColumnRef,
    DecisionSummary,
    DeniedRows,
    Engine,
    Input,
    JobDescription,
    Output,
    Processing,
    RunDescription,
)
from lineage.facets.decision import Obligation
from lineage.outbox.rules import read_key
from tests.lineage_runs import DIGEST

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DEFINITIONS = load_schema()["$defs"]


def form(name: str) -> st.SearchStrategy[str]:
    """Return texts of a form that the policy's schema names, the longest included."""
    told = DEFINITIONS[name]
    return st.from_regex(told["pattern"], alphabet=st.characters(max_codepoint=127)).filter(
        lambda text: len(text) <= told["maxLength"]
    )


SLUGS, DOTTED = form("slug"), form("dotted")
LONGEST_SLUG, LONGEST_DOTTED = "a" * 64, "a" * 128
BASES = DEFINITIONS["rule"]["properties"]["basis"]["enum"]
COLUMNS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)

HOSTILE = ["a\0b", "\\u0000", "x" * 1025, "", " ", "$.run", '"', "\u202e", "e\u0301"]


def describe(*, purpose: str, slug: str, controller: str, category: str, column: str) -> RunDescription:
    """Return a run that holds the words wherever an event can hold them."""
    source = local_file("/audience.csv")
    origin = (ColumnOrigin(ColumnRef(source, column), (PASSED,)),)
    return RunDescription(
        run_id=uuid4(),
        job=JobDescription(
            name=job_name("enforce_audience", purpose, slug),
            kind="AUDIENCE",
            processing=Processing(purpose, tuple(sorted(BASES))),
        ),
        engine=Engine("Accordant", "0.1.0"),
        inputs=(Input(dataset=source, columns=(Column(column, "string"),)),),
        outputs=(
            Output(
                dataset=destination(slug),
                columns=(Column(column, "string"),),
                tags=tag_categories([category]),
                lineage=(ColumnLineage(column, origin),),
                shaped_by=origin,
            ),
        ),
        decision=DecisionSummary(
            policy_version=1,
            policy_digest=DIGEST,
            purpose=purpose,
            destination=slug,
            controller=controller,
            legal_bases=tuple(sorted(BASES)),
            denied=tuple(DeniedRows(reason.value, 1) for reason in Reason),
            obligations=tuple(Obligation(kind=kind, field=column, value=column) for kind in ("mask", "set")),
        ),
    )


@settings(max_examples=60, deadline=None)
@given(purpose=DOTTED, slug=SLUGS, controller=SLUGS, category=DOTTED, column=COLUMNS)
@example(
    purpose=LONGEST_DOTTED,
    slug=LONGEST_SLUG,
    controller=LONGEST_SLUG,
    category=LONGEST_DOTTED,
    column="\\u0000",
)
def test_whatever_a_policy_may_call_things_a_run_can_be_told(**words: str) -> None:
    run = describe(**words)

    for event in (builders.start(run, at=NOON), builders.complete(run, at=NOON)):
        assert read_key(event).run_id == run.run_id


@pytest.mark.parametrize("column", HOSTILE)
def test_whatever_a_file_calls_its_columns_a_run_can_be_told(column: str) -> None:
    words = {"purpose": "mail", "slug": "ads", "controller": "northwind", "category": "email"}
    run = describe(column="email", **words)
    lineage = (*run.outputs[0].lineage, ColumnLineage(column))
    columns = list_columns(pa.schema([("email", pa.string()), (column, pa.string())]))
    hostile = [
        replace(run, inputs=(replace(run.inputs[0], columns=columns),)),
        replace(run, outputs=(replace(run.outputs[0], columns=columns, lineage=lineage),)),
    ]

    for one in hostile:
        assert read_key(builders.complete(fit(one), at=NOON)).run_id == run.run_id
    assert fit(run) == run


def test_a_run_of_more_columns_than_an_event_can_hold_is_told_without_their_lineage() -> None:
    run = describe(purpose="mail", slug="ads", controller="northwind", category="email", column="email")
    [output] = run.outputs
    origins = tuple(
        ColumnOrigin(ColumnRef(output.dataset, f"c{number}"), (PASSED,)) for number in range(30_000)
    )
    wide = replace(run, outputs=(replace(output, lineage=(ColumnLineage("email", origins),)),))

    told = fit(wide)

    assert (told.outputs[0].lineage, told.outputs[0].columns) == ((), output.columns)
    assert read_key(builders.complete(told, at=NOON)).run_id == run.run_id


@settings(max_examples=60, deadline=None)
@given(st.text("abz09_-.", min_size=1, max_size=12), SLUGS)
@example("-x", "ads")
@example("a.-b", "ads")
@example("-", "ads")
def test_whatever_a_run_may_be_asked_for_it_can_be_told(purpose: str, slug: str) -> None:
    for words in ((purpose, slug, "northwind"), ("mail", purpose, "northwind"), ("mail", slug, purpose)):
        try:
            check_slugs(*words)
        except MalformedOrder:
            continue
        run = describe(purpose=words[0], slug=words[1], controller=words[2], category="email", column="email")
        assert read_key(builders.complete(run, at=NOON)).run_id == run.run_id


@settings(max_examples=60, deadline=None)
@given(DOTTED, SLUGS, SLUGS, st.sampled_from(list(Reason)), st.sampled_from(list(Cause)))
@example(LONGEST_DOTTED, LONGEST_SLUG, LONGEST_SLUG, max(Reason, key=len), max(Cause, key=len))
def test_whatever_a_suppression_may_say_its_parcel_can_be_told(
    purpose: str, slug: str, controller: str, reason: Reason, cause: Cause
) -> None:
    tags = suppressions._count([(cause.value, reason.value, purpose, controller)])
    run = suppressions._describe(uuid4(), slug, people=1, tags=tags)

    assert read_key(builders.start(run, at=NOON)).run_id == run.run_id


@settings(max_examples=30, deadline=None)
@given(SLUGS)
@example(LONGEST_SLUG)
def test_whatever_a_policy_is_called_its_publication_can_be_told(key: str) -> None:
    run = describe_publication(PolicyVersion(key=key, version=1, digest=DIGEST), NOON)

    assert read_key(builders.complete(run, at=NOON)).run_id == run.run_id


def test_the_forms_of_names_are_those_that_the_strategies_follow() -> None:
    """Names that come from elsewhere than a policy have forms of their own: none is wider."""
    assert DEFINITIONS["slug"]["maxLength"] == len(LONGEST_SLUG)
    assert LONGEST_KEY == DEFINITIONS["dotted"]["maxLength"] == len(LONGEST_DOTTED)
    assert SLUG == "[a-z][a-z0-9_-]{0,63}"
    assert DEFINITIONS["dotted"]["pattern"].startswith(DOTTED_FORM)


@pytest.mark.parametrize("servers", [",kafka:9092", " kafka:9092 , other:9092", "kafka", "PLAINTEXT://kafka"])
def test_whatever_brokers_may_be_called_a_topic_has_a_name(servers: str) -> None:
    assert kafka_topic(servers=servers, topic="t").namespace == "kafka://kafka:9092"
