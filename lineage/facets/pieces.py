"""An event of the core's kinds taken apart, so that a check of it can stop early.

The validator collects all that is wrong with a value before it tells any of it. Whoever sends a list of a
hundred thousand wrong datasets would keep us busy for a minute. Each piece can be wrong in a few ways only.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lineage.facets.kinds import kind_of
from lineage.facets.paths import Path
from lineage.facets.schemas import CORE_URL

_PARTS = {"RunEvent": ("run", "job"), "JobEvent": ("job",), "DatasetEvent": ("dataset",)}
_DATASETS = {"inputs": "InputDataset", "outputs": "OutputDataset"}
_FACETS = {
    "run": {"facets": "RunFacet"},
    "job": {"facets": "JobFacet"},
    "dataset": {"facets": "DatasetFacet"},
    "inputs": {"facets": "DatasetFacet", "inputFacets": "InputDatasetFacet"},
    "outputs": {"facets": "DatasetFacet", "outputFacets": "OutputDatasetFacet"},
}


class Piece(NamedTuple):
    """A part of an event, what it must be by the core, and where it stands."""

    definition: str
    path: Path
    value: object

    @property
    def schema_url(self) -> str:
        """The URL of the official definition."""
        return f"{CORE_URL}#/$defs/{self.definition}"

    def named(self) -> Iterator[tuple[Path, dict[str, object]]]:
        """Yield each job and dataset that the piece is, or holds, and where it stands."""
        if not isinstance(self.value, dict):
            return
        if self.definition in _DATASETS.values():
            yield self.path, self.value
        for key in _PARTS.get(self.definition, ()):
            if isinstance(one := self.value.get(key), dict):
                yield (*self.path, key), one


def take_apart(event: Mapping[str, object]) -> Iterator[Piece]:
    """Yield the event without datasets and facets, then those: all together hold what the core rules on."""
    kind = kind_of(event)
    parts = {key: event[key] for key in _PARTS[kind] if key in event}
    lists = dict(_lists(event)) if kind != "DatasetEvent" else {}
    bare = {key: _without_facets(key, part) for key, part in parts.items()}
    yield Piece(kind, (), {**event, **bare, **{key: [] for key in lists}})
    for key, part in parts.items():
        yield from _facets_of(key, (key,), part)
    for key, datasets in lists.items():
        for index, dataset in enumerate(datasets):
            yield Piece(_DATASETS[key], (key, index), _without_facets(key, dataset))
            yield from _facets_of(key, (key, index), dataset)


def _lists(event: Mapping[str, object]) -> Iterator[tuple[str, list[object]]]:
    for key in _DATASETS:
        datasets = event.get(key)
        if isinstance(datasets, list):
            yield key, datasets


def _without_facets(key: str, part: object) -> object:
    """Return `part` with its facets left out, but not what should hold them and is no object: it is told."""
    if not isinstance(part, dict):
        return part
    return {name: {} if name in _FACETS[key] and isinstance(one, dict) else one for name, one in part.items()}


def _facets_of(key: str, path: Path, part: object) -> Iterator[Piece]:
    for container, definition in _FACETS[key].items():
        facets = part.get(container) if isinstance(part, dict) else None
        for name, facet in facets.items() if isinstance(facets, dict) else ():
            yield Piece(definition, (*path, container, name), facet)
