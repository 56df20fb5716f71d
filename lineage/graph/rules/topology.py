"""The graph without its words: which numbers flow into which. Pure.

A dataset is its id, a job is its id below zero. Names of the same data are one: the dataset with the least id
stands for all of them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Neighbours = Mapping[int, list[int]]
Step = Callable[[int], Iterable[int]]
_NOBODY: list[int] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """All flows, and what matters of the nodes."""

    downstream: dict[int, list[int]] = field(default_factory=dict)
    upstream: dict[int, list[int]] = field(default_factory=dict)
    roots: dict[int, int] = field(default_factory=dict)
    """Of datasets that have aliases: the one that stands for them."""
    aliases: dict[int, list[int]] = field(default_factory=dict)
    """What else others call a dataset, where their word alone does not make it one with that."""
    emitted: frozenset[int] = frozenset()
    """Jobs of ours."""
    gates: dict[int, str] = field(default_factory=dict)
    """Jobs that are enforcements of ours, and the destination that each decides for."""
    denied: frozenset[int] = frozenset()
    """Datasets that enforcements of ours write what they denied to."""
    personal: frozenset[int] = frozenset()
    """Datasets that tags or officers call personal, by the ids that stand for them."""
    outside: frozenset[int] = frozenset()
    slugs: dict[int, frozenset[str]] = field(default_factory=dict)
    """Of datasets that are a destination: which."""

    def root(self, dataset: int) -> int:
        """Return the id that stands for the dataset."""
        return self.roots.get(dataset, dataset)

    def after(self, node: int) -> list[int]:
        """Return what data goes to from `node`."""
        return self.downstream.get(node, _NOBODY)

    def before(self, node: int) -> list[int]:
        """Return what data comes from to `node`."""
        return self.upstream.get(node, _NOBODY)


def join_names(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return, for every dataset in `pairs` of aliases, the least id that it is joined to."""
    roots: dict[int, int] = {}

    def find(one: int) -> int:
        while (above := roots.setdefault(one, one)) != one:
            roots[one] = roots[above]
            one = above
        return one

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        roots[high] = low
    return {one: find(one) for one in list(roots)}


def pair_up(pairs: Iterable[tuple[int, int]], roots: Mapping[int, int]) -> dict[int, list[int]]:
    """Return, for each dataset in `pairs` of aliases that `roots` do not join, its others."""
    found: dict[int, list[int]] = {}
    for one, other in pairs:
        ends = roots.get(one, one), roots.get(other, other)
        if ends[0] != ends[1]:
            found.setdefault(ends[0], []).append(ends[1])
            found.setdefault(ends[1], []).append(ends[0])
    return {one: sorted(set(others)) for one, others in found.items()}


def link(
    flows: Iterable[tuple[int, int, bool]], roots: Mapping[int, int]
) -> tuple[dict[int, list[int]], ...]:
    """Return what comes after and before each node. A flow is a job, a dataset, and whether it is read."""
    downstream: dict[int, list[int]] = {}
    upstream: dict[int, list[int]] = {}
    for job, dataset, is_input in flows:
        root = roots.get(dataset, dataset)
        source, target = (root, -job) if is_input else (-job, root)
        downstream.setdefault(source, []).append(target)
        upstream.setdefault(target, []).append(source)
    if roots:
        downstream = {node: list(dict.fromkeys(targets)) for node, targets in downstream.items()}
        upstream = {node: list(dict.fromkeys(sources)) for node, sources in upstream.items()}
    return downstream, upstream


def walk(
    starts: Iterable[int],
    step: Step,
    *,
    depth: int | None = None,
    limit: int | None = None,
) -> dict[int, int]:
    """Return the nodes that are reached from `starts`, and how far each is; the nearest come first.

    At most `limit` nodes, and none further than `depth`.
    """
    reached = dict.fromkeys(starts, 0)
    waiting = deque(reached)
    while waiting:
        node = waiting.popleft()
        if reached[node] == depth:
            break
        for other in step(node):
            if other not in reached:
                if len(reached) == limit:
                    return reached
                reached[other] = reached[node] + 1
                waiting.append(other)
    return reached


def spread(starts: Iterable[int], step: Step) -> set[int]:
    """Return all nodes that are reached from `starts`, themselves included."""
    reached = set(starts)
    waiting = list(reached)
    while waiting:
        for other in step(waiting.pop()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


def find_way(start: int, end: int, *, after: Step, before: Step) -> list[int]:
    """Return the nodes of a shortest way from `start` to `end`, which there must be.

    It is sought from both ends, always where fewer nodes wait: far fewer are looked at than from one.
    """
    came_from: dict[int, int] = {start: start}
    goes_to: dict[int, int] = {end: end}
    ahead, behind, met = [start], [end], start == end
    while ahead and behind and not met:
        if len(ahead) <= len(behind):
            ahead = _advance(ahead, came_from, after)
            met = not goes_to.keys().isdisjoint(ahead)
        else:
            behind = _advance(behind, goes_to, before)
            met = not came_from.keys().isdisjoint(behind)
    middle = min(came_from.keys() & goes_to.keys())
    return [*_trace(middle, came_from)[::-1], *_trace(middle, goes_to)[1:]]


def _advance(nodes: list[int], known: dict[int, int], step: Step) -> list[int]:
    """Return what comes next, and note where each of it came from."""
    found: list[int] = []
    for node in nodes:
        for other in step(node):
            if other not in known:
                known[other] = node
                found.append(other)
    return found


def _trace(node: int, known: Mapping[int, int]) -> list[int]:
    way = [node]
    while known[way[-1]] != way[-1]:
        way.append(known[way[-1]])
    return way
