"""Names that others chose, as they can be shown: whole lines, in one direction, and not too long.

What makes markup harmless is that pages escape, and that the picture's script writes texts only. This is
about characters that nobody sees: they could turn a name around, or make it look like another.
"""

from collections.abc import Iterable
from unicodedata import category

from lineage.graph.types import Node, NodeKind, PathKind

LONGEST = 80
IN_PICTURE = 25
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINS_EMOJI = "\u200d"

KINDS: dict[NodeKind, str] = {
    NodeKind.DATASET: "dataset",
    NodeKind.JOB: "job",
    NodeKind.DESTINATION: "destination",
}
PATH_KINDS: dict[PathKind, str] = {
    PathKind.UNGATED: "no gate on the way",
    PathKind.OTHER_DESTINATION: "let go to another destination",
}
STATES: dict[str, str] = {
    "START": "started",
    "RUNNING": "running",
    "COMPLETE": "completed",
    "FAIL": "failed",
    "ABORT": "stopped",
    "OTHER": "told of, state not known",
}


def show(text: str) -> str:
    """Return `text` with every character that nobody would see written out, as `<U+202E>`."""
    return "".join(_show(character) for character in text)


def _show(character: str) -> str:
    is_unseen = category(character) in _UNSEEN and character != _JOINS_EMOJI
    return f"<U+{ord(character):04X}>" if is_unseen else character


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return `text` as `show` does, without its middle if it is too long: ends tell names apart."""
    shown = show(text[: 4 * longest] + text[-longest:] if len(text) > 5 * longest else text)
    if len(shown) <= longest:
        return shown
    tail = longest // 2
    return f"{shown[: longest - tail - 1]}…{shown[-tail:]}"


def describe_kind(node: Node) -> str:
    """Return what the node is, in a word."""
    return "gate" if node.is_gate else KINDS[node.kind]


def describe_marks(node: Node) -> str:
    """Return what stands out about the node, in words; empty if nothing does."""
    holds = ", ".join(map(shorten, node.categories))
    if node.is_personal:
        return f"personal data: {holds}" if holds else "personal data"
    return holds


def describe_path(nodes: Iterable[Node]) -> str:
    """Return the path as one line of names."""
    return " → ".join(shorten(node.name) for node in nodes)
