"""The run facet `accordant_decision`: under which policy a run decided, and what came of it."""

# ruff: noqa: N815 - the names are those of the facet's JSON Schema, in OpenLineage's spelling

import attrs
from openlineage.client.facet_v2 import RunFacet

from lineage.facets.sealing import schema_url, seal

DECISION_KEY = "accordant_decision"


@attrs.frozen(kw_only=True)
class Obligation:
    """One thing done to the allowed rows: its kind, the column, and how (not for `drop`)."""

    kind: str
    field: str
    value: str | None = None


@attrs.frozen(kw_only=True)
class AccordantDecisionRunFacet(RunFacet):
    """What a run decided, in counts. It never speaks of one person.

    A field is None, and left out of the event, while it is not known: counts before the run ends, the
    manifest's digest if it fails. Digests are `sha256:` and 64 hexadecimal digits.

    :raises ProducerMissing: if made without `producer`.
    """

    policyVersion: int
    policyDigest: str
    purpose: str
    destination: str
    controller: str
    legalBases: tuple[str, ...] | None = None
    watermark: int | None = None
    rowsIn: int | None = None
    allowed: int | None = None
    deniedByReason: dict[str, int] | None = None
    obligations: tuple[Obligation, ...] | None = None
    manifestDigest: str | None = None

    def __attrs_post_init__(self) -> None:
        """Finish the frozen instance."""
        seal(self)

    @staticmethod
    def _get_schema() -> str:
        return schema_url("1-1-0", "AccordantDecisionRunFacet")
