"""Placeholders in declared requests, and what they become. Pure.

In a body, a text that is a placeholder and nothing else becomes a value:

    {{email}}        one e-mail address; the question is asked for each that is known. So for every kind
    {{email[]}}      the list of all of them
    {{identifiers}}  an object: kind -> list
    {{corrections}}  an object: data category or field -> what it should be
    {{keep}}         the list of the datasets that must not be erased now
    {{key}}          the step's key, the same when it is asked again

In a path, only where the declaration says so, `{email}` becomes one value, escaped.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from consent.requests.types import Person
from consent.subjects.types import IdentifierKind

_KINDS = frozenset(kind.value for kind in IdentifierKind)
_IN_BODY = re.compile(r"\{\{([a-z0-9_]+)(\[\])?\}\}")
_IN_PATH = re.compile(r"\{([^{}]*)\}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset(
    {"host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key"}
)
_WHOLE = frozenset({"identifiers", "corrections", "keep", "key"})
_DEEPEST = 20


class TemplateRefused(Exception):
    """A template cannot be filled; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What goes into the placeholders of one question."""

    person: Person
    key: str
    single: str = field(default="", repr=False)
    """The one value of the kind that stands alone, if one does."""
    corrections: Mapping[str, str] = field(default_factory=dict, repr=False)
    keep: tuple[str, ...] = ()


def fill_body(template: Any, filling: Filling) -> Any:
    """Return the body with every placeholder filled."""
    if isinstance(template, Mapping):
        return {name: fill_body(value, filling) for name, value in template.items()}
    if isinstance(template, list):
        return [fill_body(value, filling) for value in template]
    found = _IN_BODY.fullmatch(template) if isinstance(template, str) else None
    return _value(found[1], filling, is_list=bool(found[2])) if found else template


def fill_path(template: str, filling: Filling) -> str:
    """Return the path with its placeholder filled, so that no value can leave its place."""
    return _IN_PATH.sub(lambda _: quote(filling.single, safe=""), template)


def list_single_kinds(path: str, body: Any) -> set[str]:
    """Return the kinds of identifier of which one value stands alone.

    :raises TemplateRefused: if a placeholder is unknown.
    """
    single = {name for name, is_list in _list_placeholders(body) if name in _KINDS and not is_list}
    return single | set(_IN_PATH.findall(path))


def names_in(path: str, body: Any) -> set[str]:
    """Return the placeholders that name the person."""
    told = {name for name, _ in _list_placeholders(body)}
    return (told & (_KINDS | {"identifiers"})) | set(_IN_PATH.findall(path))


def uses_keep(body: Any) -> bool:
    """Return whether the service is told what must not be erased."""
    return any(name == "keep" for name, _ in _list_placeholders(body))


def list_kinds(path: str, body: Any) -> set[str]:
    """Return the kinds of identifier that the question is asked by; all, if it takes whatever there is."""
    named = names_in(path, body)
    return set(_KINDS) if "identifiers" in named else named


def check_path(path: str, *, with_identifiers: bool) -> None:
    """Return if the path can be asked.

    :raises TemplateRefused: if a placeholder is unknown, or stands there without the declaration saying so.
    """
    names = _IN_PATH.findall(path)
    if re.search(r"[{}\\#]", _IN_PATH.sub("", path)) or ".." in path:
        raise TemplateRefused("the path is not written plainly")
    if any(name not in _KINDS for name in names):
        raise TemplateRefused("the path has a placeholder that is no kind of identifier")
    if names and not with_identifiers:
        raise TemplateRefused(
            "identifiers go into the body. If the service leaves no other way, say identifiers_in_url"
        )
    if with_identifiers and not names:
        raise TemplateRefused("identifiers_in_url is said, and the path has no placeholder")


def check_headers(headers: Mapping[str, str]) -> None:
    """Return if the headers can be sent, and leave ours alone.

    :raises TemplateRefused: if not.
    """
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            raise TemplateRefused("a header's name is malformed, or one that is set here")
        if not (value.isascii() and value.isprintable()) or "{" in value:
            raise TemplateRefused("a header's value is not plain text: identifiers go into the body")


def _list_placeholders(template: Any, depth: int = 0) -> Iterator[tuple[str, bool]]:
    if depth > _DEEPEST:
        raise TemplateRefused("the body is too deep")
    if isinstance(template, Mapping):
        for name, value in template.items():
            if "{{" in name:
                raise TemplateRefused("a name of the body cannot be a placeholder")
            yield from _list_placeholders(value, depth + 1)
    elif isinstance(template, list):
        for value in template:
            yield from _list_placeholders(value, depth + 1)
    elif isinstance(template, str) and "{{" in template:
        yield _read_placeholder(template)


def _read_placeholder(text: str) -> tuple[str, bool]:
    found = _IN_BODY.fullmatch(text)
    if not found or found[1] not in _KINDS | _WHOLE or (found[2] and found[1] in _WHOLE):
        raise TemplateRefused("a placeholder is unknown, or does not stand alone in its text")
    return found[1], bool(found[2])


def _value(name: str, filling: Filling, *, is_list: bool) -> Any:
    if name == "identifiers":
        return {kind.value: list(values) for kind, values in filling.person.identifiers.items()}
    if name in _WHOLE:
        told = {"corrections": dict(filling.corrections), "keep": list(filling.keep), "key": filling.key}
        return told[name]
    values = list(filling.person.identifiers.get(IdentifierKind(name), ()))
    return values if is_list else filling.single
