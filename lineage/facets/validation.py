"""The strict check, of events that we make: by the official schema, and each facet by the schema it names."""

from collections.abc import Iterator, Mapping

from lineage.facets.compiled import find_violations
from lineage.facets.kinds import core_url
from lineage.facets.paths import Path, write_path
from lineage.facets.schemas import get_facet_bases, get_facet_keys
from lineage.facets.walking import Bounds, Facet, walk

_BOUNDS = Bounds()


def check_event(event: Mapping[str, object]) -> list[str]:
    """Return every violation in `event` as `path: what is wrong`; an empty list means that it is valid.

    Paths start at the event: `$.run.facets.accordant_decision.rowsIn`. A facet whose `_schemaURL` is none of
    those in this package, or stands elsewhere or under another key than the standard says, is a violation
    too. No value is ever repeated.
    """
    met = walk(event, _BOUNDS)
    found = met.faults or [*_check_core(event)]
    for path, facet in () if met.faults else met.facets:
        found.extend(_check_facet(path, facet))
    return list(dict.fromkeys(found))


def _check_core(event: Mapping[str, object]) -> Iterator[str]:
    url = core_url(event)
    if "schemaURL" in event and event["schemaURL"] != url:
        yield f"$.schemaURL: expected {url}"
    yield from find_violations(url, event)


def _check_facet(path: Path, facet: Facet) -> Iterator[str]:
    url = str(facet["_schemaURL"])
    expected = get_facet_keys().get(url)
    if expected is None:
        yield f"{write_path(path)}._schemaURL: no facet schema of this name is known"
    elif path[-1:] != (expected,):
        yield f"{write_path(path)}: its schema is for the key {expected}"
    elif get_facet_bases()[url] != _base_at(path):
        yield f"{write_path(path)}: a facet of this kind may not stand here"
    else:
        yield from find_violations(url, facet, path)


def _base_at(path: Path) -> str | None:
    """Return what kind of facet may stand at `path`."""
    match path:
        case ("run", "facets", _):
            return "RunFacet"
        case ("job", "facets", _):
            return "JobFacet"
        case ("dataset", "facets", _) | ("inputs" | "outputs", _, "facets", _):
            return "DatasetFacet"
        case ("inputs", _, "inputFacets", _):
            return "InputDatasetFacet"
        case ("outputs", _, "outputFacets", _):
            return "OutputDatasetFacet"
    return None
