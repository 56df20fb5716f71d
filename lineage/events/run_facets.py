"""The facets of a run."""

from uuid import UUID

from openlineage.client.event_v2 import Run
from openlineage.client.facet_v2 import (
    RunFacet,
    error_message_run,
    parent_run,
    processing_engine_run,
    tags_run,
)

from lineage.events.producer import PRODUCER, TAG_SOURCE
from lineage.events.types import DecisionSummary, Engine, ParentRun, RunDescription
from lineage.facets.decision import DECISION_KEY, AccordantDecisionRunFacet
from lineage.facets.event import EVENT_KEY, AccordantEventRunFacet


def build_run(run: RunDescription, *, event_id: UUID, error: str | None) -> Run:
    """Return the run with the event's id, its engine, and what else was described."""
    facets: dict[str, RunFacet] = {
        EVENT_KEY: AccordantEventRunFacet(eventId=str(event_id), producer=PRODUCER),
        "processing_engine": _engine_facet(run.engine),
    }
    if run.decision:
        facets[DECISION_KEY] = _decision_facet(run.decision)
    if run.parent:
        facets["parent"] = _parent_facet(run.parent)
    if run.tags:
        tags = [tags_run.TagsRunFacetFields(tag.key, tag.value, source=TAG_SOURCE) for tag in run.tags]
        facets["tags"] = tags_run.TagsRunFacet(tags=tags, producer=PRODUCER)
    if error is not None:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            message=error, programmingLanguage="Python", producer=PRODUCER
        )
    return Run(runId=str(run.run_id), facets=facets)


def _engine_facet(engine: Engine) -> RunFacet:
    return processing_engine_run.ProcessingEngineRunFacet(
        name=engine.name, version=engine.version, producer=PRODUCER
    )


def _parent_facet(parent: ParentRun) -> RunFacet:
    return parent_run.ParentRunFacet(
        run=parent_run.Run(runId=str(parent.run_id), facets=None),
        job=parent_run.Job(namespace=parent.job_namespace, name=parent.job_name, facets=None),
        producer=PRODUCER,
    )


def _decision_facet(decision: DecisionSummary) -> RunFacet:
    denied = decision.denied
    return AccordantDecisionRunFacet(
        policyVersion=decision.policy_version,
        policyDigest=decision.policy_digest,
        purpose=decision.purpose,
        destination=decision.destination,
        controller=decision.controller,
        legalBases=decision.legal_bases,
        watermark=decision.watermark,
        rowsIn=decision.rows_in,
        allowed=decision.allowed,
        deniedByReason=None if denied is None else {count.reason: count.rows for count in denied},
        obligations=decision.obligations,
        manifestDigest=decision.manifest_digest,
        producer=PRODUCER,
    )
