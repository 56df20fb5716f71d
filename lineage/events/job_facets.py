"""The facets of a job."""

from openlineage.client.event_v2 import Job
from openlineage.client.facet_v2 import JobFacet, documentation_job, job_type_job, ownership_job

from lineage.events.naming import JOB_NAMESPACE
from lineage.events.producer import PRODUCER
from lineage.events.types import JobDescription
from lineage.facets.processing import PROCESSING_KEY, AccordantProcessingJobFacet

_INTEGRATION = "ACCORDANT"


def build_job(job: JobDescription) -> Job:
    """Return the job with its type, and the facets that were described."""
    facets: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration=_INTEGRATION, jobType=job.kind, producer=PRODUCER
        )
    }
    if job.processing:
        facets[PROCESSING_KEY] = AccordantProcessingJobFacet(
            purpose=job.processing.purpose,
            legal_basis=",".join(job.processing.legal_bases),
            producer=PRODUCER,
        )
    if job.documentation:
        facets["documentation"] = documentation_job.DocumentationJobFacet(
            description=job.documentation, producer=PRODUCER
        )
    if job.owners:
        facets["ownership"] = ownership_job.OwnershipJobFacet(
            owners=[ownership_job.Owner(owner.name, owner.type) for owner in job.owners], producer=PRODUCER
        )
    return Job(namespace=JOB_NAMESPACE, name=job.name, facets=facets)
