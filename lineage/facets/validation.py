"""Checks an event against the official OpenLineage schema, and each facet against the schema it names.

JSON Schema treats `format` as a remark unless a checker is given, so that `"runId": "x"` would pass. The
checker here enforces the formats that OpenLineage uses; a missing package behind one of them fails at import,
not silently.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cache

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from lineage.facets.schemas import CORE_URL, get_facet_keys, get_registry

_FORMATS = FormatChecker(formats=("uuid", "date-time"))
_LONGEST_MESSAGE = 300
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})*")


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    """Whether `value` has a scheme and only characters of RFC 3986: a full parser takes seconds to import."""
    return not isinstance(value, str) or _URI.fullmatch(value) is not None


def check_event(event: Mapping[str, object]) -> list[str]:
    """Return every violation in `event` as `path: what is wrong`; an empty list means that it is valid.

    Paths start at the event: `$.run.facets.accordant_decision.rowsIn`. A facet whose `_schemaURL` is none of
    those in this package, or stands under a key that its schema does not name, is a violation too.
    """
    found = list(_check_core(dict(event)))
    for path, key, facet in _walk_facets(event):
        found.extend(_check_facet(path, key, facet))
    return list(dict.fromkeys(found))


def _check_core(event: dict[str, object]) -> Iterator[str]:
    url = f"{CORE_URL}#/$defs/{_kind_of(event)}"
    if "schemaURL" in event and event["schemaURL"] != url:
        yield f"$.schemaURL: expected {url}"
    yield from _violations("$", url, event)


def _kind_of(event: Mapping[str, object]) -> str:
    """Return the event's kind by its shape: the core's `oneOf` would only say that none of the three fits."""
    if "dataset" in event:
        return "DatasetEvent"
    return "RunEvent" if "run" in event or "eventType" in event else "JobEvent"


def _walk_facets(event: Mapping[str, object]) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Yield path, key and value of each object that names a schema; no depth exhausts the stack."""
    waiting: deque[tuple[str, str, object]] = deque([("$", "", event)])
    while waiting:
        path, key, value = waiting.popleft()
        if isinstance(value, Mapping):
            if "_schemaURL" in value:
                yield path, key, value
            waiting.extend((f"{path}.{name}", str(name), member) for name, member in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", "", member) for index, member in enumerate(value))


def _check_facet(path: str, key: str, facet: Mapping[str, object]) -> Iterator[str]:
    url = str(facet["_schemaURL"])
    expected = get_facet_keys().get(url)
    if expected is None:
        yield f"{path}._schemaURL: no facet schema of this name is known"
    elif key != expected:
        yield f"{path}: its schema is for the key {expected}"
    else:
        yield from _violations(path, url, facet)


def _violations(path: str, schema_url: str, value: object) -> Iterator[str]:
    for error in _validator(schema_url).iter_errors(value):
        for leaf in _leaves(error):
            yield f"{path}{leaf.json_path.removeprefix('$')}: {leaf.message[:_LONGEST_MESSAGE]}"


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the causes behind an `anyOf`, whose own message would only repeat the whole value."""
    if not error.context:
        yield error
    for cause in error.context or ():
        yield from _leaves(cause)


@cache
def _validator(schema_url: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": schema_url}, registry=get_registry(), format_checker=_FORMATS)


def check_core(event: Mapping[str, object]) -> list[str]:
    """Return the violations of the core's schema alone, whichever version of it the event names."""
    url = f"{CORE_URL}#/$defs/{_kind_of(event)}"
    return [told.split(": ")[0] + ": does not fit the schema" for told in _violations("$", url, dict(event))]
