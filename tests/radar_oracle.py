"""The radar by brute force, every simple path of a small graph looked at; and radars with bugs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from lineage.graph.rules.radar import Pair, Radar
from lineage.graph.rules.topology import Neighbours, Topology, join_names, link, pair_up
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
    denied: set[int] | None = None,
    aliases: Iterable[tuple[int, int]] = (),
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
        aliases=pair_up(aliases, roots),
        emitted=frozenset(emitted or {}),
        gates={job: slug for job, slug in (emitted or {}).items() if slug},
        denied=frozenset(roots.get(one, one) for one in denied or ()),
        personal=frozenset(roots.get(one, one) for one in personal or ()),
        outside=frozenset(roots.get(one, one) for one in outside or ()),
        slugs={one: frozenset(found) for one, found in slugs.items()},
    )


def all_paths(graph: Topology, source: int) -> Iterator[list[int]]:
    """Yield every path without a node twice from `source` along jobs of others."""

    def go_on(path: list[int]) -> Iterator[list[int]]:
        yield path
        for other in (*graph.downstream.get(path[-1], []), *graph.aliases.get(path[-1], [])):
            if other not in path and not (other < 0 and -other in graph.emitted):
                yield from go_on([*path, other])

    yield from go_on([source])


def expected(graph: Topology) -> dict[Pair, int]:
    """Return the pairs that the definition asks for, and how many nodes the shortest path has."""
    gated: dict[int, set[str]] = {}
    personal = set(graph.personal) | graph.denied
    for job, slug in graph.gates.items():
        for one in set(graph.downstream.get(-job, [])) - graph.denied:
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


class TrustsTheDenied(Radar):
    """Takes what an enforcement denied for something that it let go."""

    def __init__(self, graph: Topology) -> None:
        super().__init__(replace(graph, denied=frozenset()))


class ForgetsAliases(Radar):
    """Sees each name of a dataset as a dataset of its own."""

    def __init__(self, graph: Topology) -> None:
        super().__init__(replace(graph, outside=frozenset(graph.outside - set(graph.roots.values()))))


class BelievesOthers(Radar):
    """Takes for one what others call the same data."""

    def __init__(self, graph: Topology) -> None:
        pairs = ((one, other) for one, others in graph.aliases.items() for other in others)
        super().__init__(_merged(graph, join_names(pairs)))


def _merged(graph: Topology, roots: Mapping[int, int]) -> Topology:
    def near(neighbours: Neighbours) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for node, others in neighbours.items():
            found.setdefault(roots.get(node, node), []).extend(roots.get(one, one) for one in others)
        return found

    slugs: dict[int, frozenset[str]] = {}
    for one, of_it in graph.slugs.items():
        slugs[roots.get(one, one)] = slugs.get(roots.get(one, one), frozenset()) | of_it

    def rooted(datasets: frozenset[int]) -> frozenset[int]:
        return frozenset(roots.get(one, one) for one in datasets)

    return replace(
        graph,
        downstream=near(graph.downstream),
        upstream=near(graph.upstream),
        aliases={},
        slugs=slugs,
        denied=rooted(graph.denied),
        personal=rooted(graph.personal),
        outside=rooted(graph.outside),
    )


MUTANTS: list[type[Radar]] = [
    BelievesOthers,
    FollowsGates,
    Backwards,
    ForgetsMixed,
    AnyDestination,
    OneGateIsEnough,
    ForgetsWhatGatesRead,
    ForgetsAliases,
    TrustsTheDenied,
]
