"""Faults planted in a valid event, each of which the check must report with its path."""

import copy
import socket
from collections.abc import Callable
from typing import Any

import pytest

from lineage.events.builders import complete
from lineage.facets.validation import check_event
from tests.lineage_runs import NOON, make_run

Event = dict[str, Any]


def make_event() -> Event:
    return copy.deepcopy(complete(make_run(), at=NOON))


def decision(event: Event) -> Event:
    facet: Event = event["run"]["facets"]["accordant_decision"]
    return facet


FAULTS: dict[str, tuple[Callable[[Event], object], str]] = {
    "a run id that is no UUID": (lambda event: event["run"].update(runId="run-1"), "$.run.runId:"),
    "a parent's run id that is no UUID": (
        lambda event: event["run"]["facets"]["parent"]["run"].update(runId="run-1"),
        "$.run.facets.parent.run.runId:",
    ),
    "no event time": (lambda event: event.pop("eventTime"), "$: eventTime is missing"),
    "an event time without offset": (
        lambda event: event.update(eventTime="2026-03-01T12:00:00"),
        "$.eventTime:",
    ),
    "a producer that is no URI": (lambda event: event.update(producer="us"), "$.producer:"),
    "an unknown transition": (lambda event: event.update(eventType="DONE"), "$.eventType:"),
    "no run": (lambda event: event.pop("run"), "$: run is missing"),
    "a job without a name": (lambda event: event["job"].pop("name"), "$.job: name is missing"),
    "another core schema": (
        lambda event: event.update(schemaURL="https://openlineage.io/spec/1-0-0/OpenLineage.json"),
        "$.schemaURL:",
    ),
    "a count that is a word": (
        lambda event: decision(event).update(rowsIn="ten"),
        "$.run.facets.accordant_decision.rowsIn:",
    ),
    "a negative count of denials": (
        lambda event: decision(event)["deniedByReason"].update(withdrawn=-1),
        "$.run.facets.accordant_decision.deniedByReason.withdrawn:",
    ),
    "a digest that is none": (
        lambda event: decision(event).update(policyDigest="ab"),
        "$.run.facets.accordant_decision.policyDigest:",
    ),
    "an e-mail address for a controller": (
        lambda event: decision(event).update(controller="c00001@customers.example"),
        "$.run.facets.accordant_decision.controller:",
    ),
    "a field of ours that does not exist": (
        lambda event: decision(event).update(subjectRef="s_1"),
        "$.run.facets.accordant_decision:",
    ),
    "an unknown facet schema": (
        lambda event: decision(event).update(_schemaURL="https://accordant.example/spec/facets/9-0-0/X.json"),
        "$.run.facets.accordant_decision._schemaURL:",
    ),
    "a schema URL that points past the facet's definition": (
        lambda event: decision(event).update(
            _schemaURL="https://accordant.example/spec/facets/1-1-0/AccordantDecisionRunFacet.json#/properties"
        ),
        "$.run.facets.accordant_decision._schemaURL:",
    ),
    "another facet's schema": (
        lambda event: decision(event).update(
            _schemaURL=event["run"]["facets"]["accordant_event"]["_schemaURL"]
        ),
        "$.run.facets.accordant_decision: its schema is for the key accordant_event",
    ),
    "an input's facet on what an output is": (
        lambda event: event["outputs"][0]["facets"].update(event["inputs"][0]["inputFacets"]),
        "$.outputs[0].facets.dataQualityAssertions: a facet of this kind may not stand here",
    ),
    "a job's facet on a run": (
        lambda event: event["run"]["facets"].update(sql=event["job"]["facets"]["sql"]),
        "$.run.facets.sql: a facet of this kind may not stand here",
    ),
    "a facet outside of facets": (
        lambda event: event.update(sql=event["job"]["facets"]["sql"]),
        "$.sql: a facet of this kind may not stand here",
    ),
    "a schema URL that is no text": (
        lambda event: decision(event).update(_schemaURL=7),
        "$.run.facets.accordant_decision._schemaURL:",
    ),
    "a facet without a producer": (
        lambda event: decision(event).pop("_producer"),
        "$.run.facets.accordant_decision: _producer is missing",
    ),
    "a legal basis in words": (
        lambda event: event["job"]["facets"]["processing"].update(legal_basis="She said yes"),
        "$.job.facets.processing.legal_basis:",
    ),
    "an input's row count that is text": (
        lambda event: event["inputs"][0]["inputFacets"]["inputStatistics"].update(rowCount="10"),
        "$.inputs[0].inputFacets.inputStatistics.rowCount:",
    ),
    "a masking mark that is text": (
        lambda event: event["outputs"][0]["facets"]["columnLineage"]["dataset"][0]["transformations"][
            0
        ].update(masking="yes"),
        "$.outputs[0].facets.columnLineage.dataset[0].transformations[0].masking:",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_reported_with_its_path(fault: str) -> None:
    plant, expected = FAULTS[fault]
    event = make_event()
    assert check_event(event) == []

    plant(event)

    assert [violation for violation in check_event(event) if violation.startswith(expected)]


def test_every_fault_is_reported_at_once_and_each_once() -> None:
    event = make_event()
    event["run"]["runId"] = "run-1"
    event.pop("eventTime")
    decision(event)["rowsIn"] = "ten"

    violations = check_event(event)

    assert len(violations) == len(set(violations)) == 3


def test_an_empty_object_is_not_an_event() -> None:
    assert check_event({})


def test_deep_nesting_is_walked_without_exhausting_the_stack() -> None:
    event = make_event()
    nested: Any = {"_schemaURL": "https://example.org/unknown"}
    for _ in range(5_000):
        nested = [nested]
    event["outputs"][0]["extra"] = nested

    assert len(check_event(event)) == 1


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the check went to the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    event = make_event()
    decision(event)["_schemaURL"] = "https://example.org/facet.json#/$defs/Facet"

    assert len(check_event(event)) == 1
