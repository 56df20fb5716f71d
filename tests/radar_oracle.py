"""The radar by brute force, every simple path of a small graph looked at; and radars with bugs."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from lineage.graph.rules.radar import Pair, Radar
from lineage.graph.rules.topology import Topology, link
from lineage.graph.types import PathKind

Flow = tuple[int, int, bool]
"""A job, a dataset, and whether it is read."""


def topology(
    flows: list[Flow],
    *,
    emitted: Mapping[int, str] | None = None,
    personal: set[int] | None = None,
    outside: Mapping[int, str] | None = None,
    roots: dict[int, int] | None = None,
) -> Topology:
    """Return the topology. `emitted`: job -> destination, or ""; `outside`: dataset -> slug, or ""."""
    roots = roots or {}
    downstream, upstream = link(flows, roots)
    slugs: dict[int, set[str]] = {}
    for one, slug in (outside or {}).items():
        if slug:
            slugs.setdefault(roots.get(one, one), set()).add(slug)
    return Topology(
        downstream=downstream,
        upstream=upstream,
        roots=roots,
        emitted=frozenset(emitted or {}),
        gates={job: slug for job, slug in (emitted or {}).items() if slug},
        personal=frozenset(roots.get(one, one) for one in personal or ()),
        outside=frozenset(roots.get(one, one) for one in outside or ()),
        slugs={one: frozenset(found) for one, found in slugs.items()},
    )


def all_paths(graph: Topology, source: int) -> Iterator[list[int]]:
    """Yield every path without a node twice from `source` along jobs of others."""

    def go_on(path: list[int]) -> Iterator[list[int]]:
        yield path
        for other in graph.downstream.get(path[-1], []):
            if other not in path and not (other < 0 and -other in graph.emitted):
                yield from go_on([*path, other])

    yield from go_on([source])


def expected(graph: Topology) -> dict[Pair, int]:
    """Return the pairs that the definition asks for, and how many nodes the shortest path has."""
    gated: dict[int, set[str]] = {}
    personal = set(graph.personal)
    for job, slug in graph.gates.items():
        for one in graph.downstream.get(-job, []):
            gated.setdefault(one, set()).add(slug)
        personal |= set(graph.upstream.get(-job, []))
    bare = personal - set(gated)
    written_by_others = {path[-1] for one in bare for path in all_paths(graph, one) if len(path) > 1}
    sources = bare | (personal & set(gated) & written_by_others)
    found: dict[Pair, int] = {}
    for one in sources | set(gated):
        for path in all_paths(graph, one):
            target = path[-1]
            if target == one or target not in graph.outside:
                continue
            if one in sources:
                kind = PathKind.UNGATED
            elif all(slug in graph.slugs.get(target, ()) for slug in gated[one]):
                continue
            else:
                kind = PathKind.OTHER_DESTINATION
            found[kind, one, target] = min(len(path), found.get((kind, one, target), len(path)))
    return found


class FollowsGates(Radar):
    """Takes what passes an enforcement for something that passes none."""

    def _without_ours(self, nodes: list[int]) -> list[int]:
        return nodes


class Backwards(Radar):
    """Follows data to where it came from."""

    def after(self, node: int) -> list[int]:
        return super().before(node)

    def before(self, node: int) -> list[int]:
        return super().after(node)


class ForgetsMixed(Radar):
    """Believes a gate that an ungated job writes beside."""

    @cached_property
    def ungated_sources(self) -> frozenset[int]:
        return frozenset(one for one in super().ungated_sources if one not in self.gated)


class AnyDestination(Radar):
    """Lets gated data go to whichever destination."""

    def pairs(self) -> Iterator[Pair]:
        return (pair for pair in super().pairs() if pair[0] is PathKind.UNGATED)


class OneGateIsEnough(Radar):
    """Lets what two gates wrote go to the destination of either."""

    def pairs(self) -> Iterator[Pair]:
        for kind, source, target in super().pairs():
            slugs = self.topology.slugs.get(target, frozenset())
            if kind is PathKind.UNGATED or not self.gated[source] & slugs:
                yield kind, source, target


class ForgetsWhatGatesRead(Radar):
    """Takes only what is said to be personal for personal."""

    @cached_property
    def ungated_sources(self) -> frozenset[int]:
        return frozenset(one for one in super().ungated_sources if one in self.topology.personal)


class ForgetsAliases(Radar):
    """Sees each name of a dataset as a dataset of its own."""

    def __init__(self, graph: Topology) -> None:
        super().__init__(replace(graph, outside=frozenset(graph.outside - set(graph.roots.values()))))


MUTANTS: list[type[Radar]] = [
    FollowsGates,
    Backwards,
    ForgetsMixed,
    AnyDestination,
    OneGateIsEnough,
    ForgetsWhatGatesRead,
    ForgetsAliases,
]
