"""The run facet `accordant_event`: the identity of an event, which OpenLineage's core does not give it."""

# ruff: noqa: N815 - the name is that of the facet's JSON Schema, in OpenLineage's spelling

import attrs
from openlineage.client.facet_v2 import RunFacet

from lineage.facets.sealing import schema_url, seal

EVENT_KEY = "accordant_event"


@attrs.frozen(kw_only=True)
class AccordantEventRunFacet(RunFacet):
    """The event's id (a UUID), the same in every copy: delivery is at least once, consumers keep one per id.

    :raises ProducerMissing: if made without `producer`.
    """

    eventId: str

    def __attrs_post_init__(self) -> None:
        """Finish the frozen instance."""
        seal(self)

    @staticmethod
    def _get_schema() -> str:
        return schema_url("1-0-0", "AccordantEventRunFacet")
