"""The job facet `processing`: what a record of processing activities (GDPR Art. 30) asks of a job."""

import attrs
from openlineage.client.facet_v2 import JobFacet

from lineage.facets.sealing import schema_url, seal

PROCESSING_KEY = "processing"


@attrs.frozen(kw_only=True)
class AccordantProcessingJobFacet(JobFacet):
    """The purpose's slug and the legal basis; several bases are separated by a comma.

    Key and field names are those that readers of Art. 30 facets look for, hence not in camel case.

    :raises ProducerMissing: if made without `producer`.
    """

    purpose: str
    legal_basis: str

    def __attrs_post_init__(self) -> None:
        """Finish the frozen instance."""
        seal(self)

    @staticmethod
    def _get_schema() -> str:
        return schema_url("1-0-0", "AccordantProcessingJobFacet")
