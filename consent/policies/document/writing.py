"""Writes a policy document as YAML that people can read and `read_yaml` reads back unchanged."""

from collections.abc import Mapping
from typing import Any

import yaml

from consent.policies.document.reading import CORE_SCALARS, STRANGE_BREAK
from consent.policies.document.schema import load_schema, resolve


class _Dumper(yaml.SafeDumper):
    """Puts into quotes what this reader or a reader of YAML 1.1 would not take as text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


for _tag, _form, _first in CORE_SCALARS:
    _Dumper.add_implicit_resolver(_tag, _form, ["" if letter == "\0" else letter for letter in _first])


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """Return the style that keeps `text` readable and whole; None lets the writer choose."""
    if STRANGE_BREAK.search(text):
        return '"'
    return "|" if "\n" in text else None


def _list(dumper: _Dumper, items: list[Any]) -> yaml.SequenceNode:
    is_flat = not any(isinstance(item, list | dict) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=is_flat)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)


def write_yaml(document: Mapping[str, Any]) -> str:
    """Return `document` as YAML, its fields in the order in which the schema declares them."""
    return dump_yaml(_arranged(document, load_schema()))


def dump_yaml(value: Any) -> str:
    """Return plain data as YAML that `read_yaml` and readers of YAML 1.1 take alike, in the order given."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _arranged(value: Any, schema: Mapping[str, Any]) -> Any:
    schema = resolve(schema)
    if isinstance(value, list):
        return [_arranged(item, schema["items"]) for item in value]
    if not isinstance(value, Mapping):
        return value
    declared = schema.get("properties")
    if declared is None:
        inner = schema["additionalProperties"]
        return {_plain(name): _arranged(value[name], inner) for name in sorted(value, key=_by_number)}
    return {name: _arranged(value[name], declared[name]) for name in declared if name in value}


def _plain(name: str) -> str | int:
    """Return the number of a notice's version as a number, so that it is written without quotes."""
    return int(name) if name.isdecimal() and str(int(name)) == name else name


def _by_number(name: str) -> tuple[int, str]:
    plain = _plain(name)
    return (plain if isinstance(plain, int) else -1, name)
