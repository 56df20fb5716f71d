"""Reads YAML as a policy document, strictly: what two readers could take differently is refused.

The scalars are those of the YAML 1.2 core schema, so `NO` is Norway and not false, and a time stays the
text it was written as. Refused are duplicate keys, tags, keys that are not text (whole numbers are taken
as text: versions of a notice), and texts that canonical JSON or the database cannot hold.
"""

import re
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from consent.kernel.errors import AccordantError

LARGEST_TEXT = 2_000_000
"""Characters. More than a policy of 500 purposes in 60 jurisdictions needs."""
_MOST_NODES = 200_000
"""Counted with aliases expanded, so that a small text cannot stand for a huge document."""
_DEEPEST = 16
_LONGEST_INTEGER = 15
"""Digits. Below 2**53, so that every JSON parser reads the same number."""

_TAG = "tag:yaml.org,2002:"
UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no text of a policy holds: control characters but tab and line feed, halves of surrogate pairs."""
STRANGE_BREAK = re.compile(r"[\x85\u2028\u2029]")
"""Ends a line in YAML 1.1 and not in YAML 1.2."""

CORE_SCALARS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (f"{_TAG}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    (f"{_TAG}null", re.compile(r"^(?:~|null|Null|NULL|)$"), "~nN\0"),
    (f"{_TAG}int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), "-0123456789"),
    (f"{_TAG}float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?$"), "-0123456789"),
)
"""Tag, form and first characters of each scalar that is not text."""


class MalformedPolicy(AccordantError):
    """The text is not YAML, or not YAML that can be read in one way only."""

    code = "malformed_policy"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message if line is None else f"line {line}: {message}")
        self.line = line
        """Counted from 1; None where the whole text is at fault."""
        self.reason = message


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with the scalars of YAML 1.2 in place of those of 1.1."""

    yaml_implicit_resolvers: dict[str, Any] = {}


for _tag, _form, _first in CORE_SCALARS:
    _Loader.add_implicit_resolver(_tag, _form, ["" if letter == "\0" else letter for letter in _first])


def read_yaml(text: str) -> dict[str, Any]:
    """Return the document that `text` holds: only dicts, lists, text, numbers, booleans and None.

    :raises MalformedPolicy: with the line where it went wrong.
    """
    if len(text) > LARGEST_TEXT:
        raise MalformedPolicy(f"the text has {len(text)} characters; at most {LARGEST_TEXT} are read")
    if strange := STRANGE_BREAK.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        raise MalformedPolicy("a line separator that not every reader takes for one", line=line)
    root = _compose(text)
    if not isinstance(root, MappingNode):
        raise MalformedPolicy("expected a mapping of fields", line=1)
    document: dict[str, Any] = _Reader().read(root, 1)
    return document


def _compose(text: str) -> Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        raise MalformedPolicy(f"not YAML: {problem}", line=mark.line + 1 if mark else None) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise MalformedPolicy("a character that YAML does not allow", line=line) from error
    except RecursionError as error:
        raise MalformedPolicy(f"nested deeper than {_DEEPEST} levels") from error


class _Reader:
    """Turns a tree of YAML nodes into plain values, and counts what it has turned."""

    def __init__(self) -> None:
        self._nodes = 0

    def read(self, node: Node, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _fault(node, f"more than {_MOST_NODES} values, aliases counted as what they stand for")
        if depth > _DEEPEST:
            raise _fault(node, f"nested deeper than {_DEEPEST} levels")
        if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, depth)
        if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.read(item, depth + 1) for item in node.value]
        if isinstance(node, ScalarNode):
            return _scalar(node)
        raise _fault(node, f"the tag {node.tag} is not allowed")

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key in found:
                raise _fault(key_node, f"the field {key!r} stands twice in one mapping")
            found[key] = self.read(value_node, depth + 1)
        return found


def _key(node: Node) -> str:
    key = _scalar(node) if isinstance(node, ScalarNode) else None
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise _fault(node, "a field's name is text; put it in quotes")
    return str(key)


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    kind, text = node.tag.removeprefix(_TAG), str(node.value)
    if kind == "str":
        if UNFIT.search(text):
            raise _fault(node, "the text holds a control character or half of a surrogate pair")
        return text
    if not any(node.tag == tag and form.match(text) for tag, form, _ in CORE_SCALARS):
        raise _fault(node, f"the tag {node.tag} is not allowed")
    return (
        _number(node, kind, text)
        if kind in {"int", "float"}
        else {"t": True, "f": False}.get(text[:1].lower())
    )


def _number(node: ScalarNode, kind: str, text: str) -> int | float:
    if len(text.lstrip("-")) > _LONGEST_INTEGER:
        raise _fault(node, f"a number has at most {_LONGEST_INTEGER} digits")
    number = int(text) if kind == "int" else float(text)
    if number in {float("inf"), float("-inf")}:
        raise _fault(node, "the number is too large")
    return number


def _fault(node: Node, message: str) -> MalformedPolicy:
    return MalformedPolicy(message, line=node.start_mark.line + 1)
