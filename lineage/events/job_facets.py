"""The facets of a job."""

from openlineage.client.event_v2 import Job
from openlineage.client.facet_v2 import (
    JobFacet,
    documentation_job,
    job_type_job,
    ownership_job,
    sql_job,
    tags_job,
)

from lineage.events.naming import JOB_NAMESPACE
from lineage.events.producer import PRODUCER, TAG_SOURCE
from lineage.events.types import JobDescription, Processing
from lineage.facets.processing import PROCESSING_KEY, AccordantProcessingJobFacet

_INTEGRATION = "ACCORDANT"


def build_job(job: JobDescription) -> Job:
    """Return the job with its type, and the facets that were described."""
    facets = {"jobType": _job_type(job)} | _described(job)
    if job.processing:
        facets[PROCESSING_KEY] = _processing(job.processing)
    if job.sql:
        facets["sql"] = sql_job.SQLJobFacet(query=job.sql.text, dialect=job.sql.dialect, producer=PRODUCER)
    return Job(namespace=JOB_NAMESPACE, name=job.name, facets=facets)


def _job_type(job: JobDescription) -> JobFacet:
    return job_type_job.JobTypeJobFacet(
        processingType="STREAMING" if job.is_stream else "BATCH",
        integration=_INTEGRATION,
        jobType=job.kind,
        producer=PRODUCER,
    )


def _processing(processing: Processing) -> JobFacet:
    return AccordantProcessingJobFacet(
        purpose=processing.purpose, legal_basis=",".join(processing.legal_bases), producer=PRODUCER
    )


def _described(job: JobDescription) -> dict[str, JobFacet]:
    facets: dict[str, JobFacet] = {}
    if job.documentation:
        facets["documentation"] = documentation_job.DocumentationJobFacet(
            description=job.documentation, producer=PRODUCER
        )
    if job.owners:
        owners = [ownership_job.Owner(owner.name, owner.type) for owner in job.owners]
        facets["ownership"] = ownership_job.OwnershipJobFacet(owners=owners, producer=PRODUCER)
    if job.tags:
        tags = [tags_job.TagsJobFacetFields(tag.key, tag.value, source=TAG_SOURCE) for tag in job.tags]
        facets["tags"] = tags_job.TagsJobFacet(tags=tags, producer=PRODUCER)
    return facets
