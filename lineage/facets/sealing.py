"""What our frozen facets share.

`BASE_URL` is a name, not a location: it makes the `_schemaURL` of our facets unique and immutable, and is
never fetched. The schemas lie in the folder `accordant` beside this file, one folder for each version. A
published schema is never edited: a change is a new version in a new folder, by the rules of OpenLineage's
`spec/Versioning.md`.
"""

from openlineage.client.facet_v2 import BaseFacet

from lineage.errors import LineageError

BASE_URL = "https://accordant.example/spec/facets"


class ProducerMissing(LineageError):
    """A facet was made without naming its producer."""

    code = "producer_missing"


def schema_url(version: str, name: str) -> str:
    """Return the `_schemaURL` of our facet `name` in `version` (such as `1-0-0`)."""
    return f"{BASE_URL}/{version}/{name}.json#/$defs/{name}"


def seal(facet: BaseFacet) -> None:
    """Set the schema URL of a frozen facet; to be called from its `__attrs_post_init__`.

    It stands in for the client's own step, which assigns to attributes, as a frozen class forbids, and which
    fills a missing producer with the client's URL.

    :raises ProducerMissing: if the facet names no producer.
    """
    if not facet._producer:
        raise ProducerMissing(f"pass producer= to {type(facet).__name__}")
    object.__setattr__(facet, "_schemaURL", facet._get_schema())
