"""Ways from personal data to the outside on which none of our enforcements stands. Pure.

Followed are the jobs of others only: what an enforcement of ours wrote begins a way of its own, which may
lead to that enforcement's destination and to no other.

Another name that others alone tell of a dataset is a step to it and back, and no more: data may go that way,
but neither name becomes what the other is. So what they tell adds paths, and never takes one away.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lineage.graph.rules.reaching import Reach, reach
from lineage.graph.rules.topology import Neighbours, Topology, find_way, spread
from lineage.graph.types import PathKind

Pair = tuple[PathKind, int, int]
"""What is wrong, the dataset it begins with, and the dataset outside."""

_NONE: frozenset[str] = frozenset()
_NOBODY: list[int] = []


@dataclass(frozen=True)
class Radar:
    """Everything that leads outside ungated."""

    topology: Topology

    def pairs(self) -> Iterator[Pair]:
        """Yield each pair of ends, in order: ungated ones first, then by the datasets' ids."""
        for source in sorted(self.ungated_sources):
            for target in self._targets(source):
                yield PathKind.UNGATED, source, target
        for source in sorted(self.gated.keys() - self.ungated_sources):
            for target in self._targets(source):
                if not self.gated[source] <= self.topology.slugs.get(target, _NONE):
                    yield PathKind.OTHER_DESTINATION, source, target

    def route(self, source: int, target: int) -> list[int]:
        """Return the nodes of a shortest way from `source` to `target`, which `pairs` named."""
        return find_way(source, target, after=self.after, before=self.before)

    @cached_property
    def gated(self) -> Mapping[int, frozenset[str]]:
        """The datasets that our enforcements let data into, and the destinations that they decided for."""
        found: dict[int, set[str]] = {}
        for job, destination in self.topology.gates.items():
            for dataset in self.topology.after(-job):
                if dataset not in self.topology.denied:
                    found.setdefault(dataset, set()).add(destination)
        return {dataset: frozenset(slugs) for dataset, slugs in found.items()}

    @cached_property
    def ungated_sources(self) -> frozenset[int]:
        """The datasets that hold personal data which passed no enforcement, or not only such as did."""
        read = {dataset for job in self.topology.gates for dataset in self.topology.before(-job)}
        personal = self.topology.personal | self.topology.denied | read
        bare = personal - self.gated.keys()
        touched = spread(bare, self.after)
        return frozenset(bare | {one for one in personal & self.gated.keys() if one in touched})

    def after(self, node: int) -> list[int]:
        """Return what data goes to from `node` by the jobs of others."""
        return self._downstream.get(node, _NOBODY)

    def before(self, node: int) -> list[int]:
        """Return what data comes from to `node` by the jobs of others."""
        return self._upstream.get(node, _NOBODY)

    @cached_property
    def _downstream(self) -> Mapping[int, list[int]]:
        return self._by_others(self.topology.downstream, self.topology.upstream)

    @cached_property
    def _upstream(self) -> Mapping[int, list[int]]:
        return self._by_others(self.topology.upstream, self.topology.downstream)

    def _by_others(self, near: Neighbours, back: Neighbours) -> Mapping[int, list[int]]:
        touched = {one for job in self.topology.emitted for one in back.get(-job, _NOBODY)}
        by_others = {**near, **{one: self._without_ours(near[one]) for one in touched}}
        for one, others in self.topology.aliases.items():
            by_others[one] = [*by_others.get(one, _NOBODY), *others]
        return by_others

    def _without_ours(self, nodes: list[int]) -> list[int]:
        emitted = self.topology.emitted
        return [one for one in nodes if -one not in emitted]

    def _targets(self, source: int) -> list[int]:
        return [target for target in self._reached.members(source) if target != source]

    @cached_property
    def _reached(self) -> Reach:
        sources = self.ungated_sources | self.gated.keys()
        return reach(sources, self.topology.outside, after=self.after, before=self.before)
