"""Which of some targets each node reaches, for all nodes at once. Pure.

One walk a source would be fine for few; with thousands of sources and of targets it is not. Nodes on a cycle
reach the same, so the graph is folded into its cycles, and each one's targets, a set of bits, are those of
what comes after it: one pass, whatever the number of pairs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lineage.graph.rules.topology import Step, spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The targets that nodes reach; one reaches itself as well."""

    targets: list[int]
    bits: dict[int, int]

    def members(self, node: int) -> Iterator[int]:
        """Yield the targets that `node` reaches, by their ids."""
        bits = self.bits.get(node, 0)
        while bits:
            lowest = bits & -bits
            yield self.targets[lowest.bit_length() - 1]
            bits ^= lowest


def reach(sources: Iterable[int], targets: Iterable[int], *, after: Step, before: Step) -> Reach:
    """Return which of `targets` the sources reach."""
    forward = spread(sources, after)
    ends = sorted(target for target in targets if target in forward)
    between = spread(ends, before) & forward
    place = {target: 1 << index for index, target in enumerate(ends)}
    bits: dict[int, int] = {}
    for cycle in _Cycles(between, after).close():
        found = 0
        for node in cycle:
            found |= place.get(node, 0)
            for other in after(node):
                found |= bits.get(other, 0)
        bits.update(dict.fromkeys(cycle, found))
    return Reach(targets=ends, bits=bits)


class _Cycles:
    """The strongly connected parts of a graph (Tarjan's way, without recursion: paths may be long)."""

    def __init__(self, nodes: set[int], after: Step) -> None:
        self.nodes, self.after = nodes, after
        self.order: dict[int, int] = {}
        self.low: dict[int, int] = {}
        self.open: list[int] = []
        self.closed: set[int] = set()
        self.way: list[tuple[int, Iterator[int]]] = []

    def close(self) -> Iterator[list[int]]:
        """Yield each part after all that it leads to."""
        for first in self.nodes:
            if first not in self.order:
                self._enter(first)
            while self.way:
                node, others = self.way[-1]
                if not self._go_on(node, others) and self.low[node] == self.order[node]:
                    yield self._cut(node)

    def _enter(self, node: int) -> None:
        self.order[node] = self.low[node] = len(self.order)
        self.open.append(node)
        self.way.append((node, iter(self.after(node))))

    def _go_on(self, node: int, others: Iterator[int]) -> bool:
        """Enter the next node, and return whether there was one; if not, `node` is done with."""
        for other in others:
            if other in self.closed or other not in self.nodes:
                continue
            if other not in self.order:
                self._enter(other)
                return True
            self.low[node] = min(self.low[node], self.order[other])
        self.way.pop()
        if self.way:
            above = self.way[-1][0]
            self.low[above] = min(self.low[above], self.low[node])
        return False

    def _cut(self, node: int) -> list[int]:
        cycle = [self.open.pop()]
        while cycle[-1] != node:
            cycle.append(self.open.pop())
        self.closed.update(cycle)
        return cycle
