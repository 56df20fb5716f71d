"""Reads of the graph. Each is a whole answer: what is read is as it was at one moment or a little apart."""

from django.db.models import Q

from lineage.graph.errors import NodeUnknown
from lineage.graph.following import list_columns_downstream, list_reached_destinations
from lineage.graph.models import Dataset, Job, Named, WaitingEvent
from lineage.graph.nodes import load_nodes, read_key
from lineage.graph.observing import list_observed
from lineage.graph.paths import count_ungated_paths, list_ungated_paths
from lineage.graph.picturing import get_picture, list_downstream, list_upstream
from lineage.graph.run_entries import get_run, list_runs, list_writing_runs
from lineage.graph.types import Node

__all__ = [
    "count_parked",
    "count_ungated_paths",
    "count_waiting",
    "find_nodes",
    "get_node",
    "get_picture",
    "get_run",
    "list_columns_downstream",
    "list_downstream",
    "list_observed",
    "list_reached_destinations",
    "list_runs",
    "list_ungated_paths",
    "list_upstream",
    "list_writing_runs",
]


def get_node(key: str) -> Node:
    """Return the node that `key` names.

    :raises NodeUnknown: if there is none.
    """
    number = read_key(key)
    found = load_nodes([number])
    if number not in found:
        raise NodeUnknown("there is no such node")
    return found[number]


def find_nodes(text: str, limit: int) -> tuple[Node, ...]:
    """Return up to `limit` nodes whose name, or namespace, has `text` in it, those seen last first."""
    text = text.replace("\0", "")  # which no name holds, and PostgreSQL takes no question about
    numbers: list[int] = []
    models: tuple[tuple[type[Named], int], ...] = ((Dataset, 1), (Job, -1))
    for model, sign in models:
        named = model._default_manager.filter(Q(name__icontains=text) | Q(namespace__icontains=text))
        newest = named.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)[:limit]
        numbers.extend(sign * number for number in newest)
    nodes = {node.key: node for node in load_nodes(numbers).values()}
    return tuple(sorted(nodes.values(), key=lambda node: node.last_seen_at, reverse=True)[:limit])


def count_waiting() -> int:
    """Return how many events wait to enter the graph."""
    return WaitingEvent.objects.filter(parked_at__isnull=True).count()


def count_parked() -> int:
    """Return how many events could not enter, and stay for somebody to look at."""
    return WaitingEvent.objects.filter(parked_at__isnull=False).count()
