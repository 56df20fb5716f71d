"""The compiled check finds what JSON Schema's implementation in Python finds, at the same places.

Events are spoilt at random, hundreds of times. Where the two may differ is said too: a pattern's `$`
means the end in JSON Schema, in Python also what comes before a last line feed.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from lineage.events.builders import complete
from lineage.facets.compiled import find_violations
from lineage.facets.kinds import core_url
from lineage.facets.paths import write_path
from lineage.facets.schemas import get_schemas
from lineage.facets.walking import Bounds, walk
from tests.lineage_runs import NOON, make_run
from tests.lineage_spoiling import spoil

Event = dict[str, Any]
SEEDS = range(4)
SPOILT = 120
FORMATS = FormatChecker(formats=("uuid", "date-time"))
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~!$&'()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{2})*")


@FORMATS.checks("uri")
def is_uri(value: object) -> bool:
    """Whether `value` has a scheme, and only characters of RFC 3986."""
    return not isinstance(value, str) or URI.fullmatch(value) is not None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spoilt_event_is_wrong_at_the_same_places(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - spoils, guards nothing
    found = 0
    for _ in range(SPOILT):
        event = spoil(chance)
        expected, told = set(reference(event)), set(places(event))
        assert told == expected, event
        found += bool(told)

    assert SPOILT // 2 < found < SPOILT


def test_a_pattern_ends_where_the_text_ends() -> None:
    event = complete(make_run(), at=NOON)
    event["run"]["facets"]["accordant_decision"]["controller"] += "\n"

    assert set(places(event)) - set(reference(event)) == {"$.run.facets.accordant_decision.controller"}


def checks(event: Event) -> Iterator[tuple[str, tuple[str | int, ...], Any]]:
    """Yield what is to be checked: by which schema, where it stands, and the value."""
    yield core_url(event), (), event
    for path, facet in walk(event, Bounds()).facets:
        url = facet["_schemaURL"]
        if isinstance(url, str) and url.partition("#")[0] in get_schemas():
            yield url, path, facet


def places(event: Event) -> Iterator[str]:
    """Yield where the compiled check finds something, and how often it does there."""
    for url, path, value in checks(event):
        yield from (told.partition(":")[0] for told in find_violations(url, value, path))


def reference(event: Event) -> Iterator[str]:
    """Yield where the implementation in Python finds something."""
    for url, path, value in checks(event):
        for error in reference_validator(url).iter_errors(value):
            for leaf in leaves(error):
                yield write_path((*path, *leaf.absolute_path))


def leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Yield the causes behind an `anyOf`."""
    if not error.context:
        yield error
    for cause in error.context or ():
        yield from leaves(cause)


@cache
def reference_validator(url: str) -> Draft202012Validator:
    """Return the validator of the implementation in Python."""
    resources = [Resource.from_contents(dict(schema)) for schema in get_schemas().values()]
    registry: Registry[Any] = resources @ Registry()
    return Draft202012Validator({"$ref": url}, registry=registry, format_checker=FORMATS)
