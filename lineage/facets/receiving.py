"""The lenient check, of events that others send: the standard's core strictly, facets as far as we know them.

Whoever sends may use facets of their own, and versions of the standard's facets that we do not have. They
pass. What comes in is not trusted: nothing exhausts the stack, and no answer repeats what was sent.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from lineage.facets.compiled import find_violations
from lineage.facets.kinds import core_url, is_of_two_kinds
from lineage.facets.paths import Path, write_path
from lineage.facets.schemas import get_facet_keys
from lineage.facets.walking import Bounds, Facet, walk

MOST_TOLD = 20
"""After so many violations the check stops."""

LONGEST_NAME = 1_024
"""Characters in a namespace, a name of a job or dataset, or the name of a field."""

_BOUNDS = Bounds(name=LONGEST_NAME)
_CORE = re.compile(
    r"https://openlineage\.io/spec/[12]-\d{1,3}-\d{1,3}/OpenLineage\.json(#/[A-Za-z$/]{0,60})?"
)


def check_received(event: object) -> list[str]:
    """Return what is wrong with `event` as `path: what is wrong`, at most 20; an empty list: it is valid.

    It must be a run, job or dataset event of core version 1 or 2, in the shape that 2-0-2 allows. Facets must
    say who produced them and which schema they follow; one that names a schema of this package must fit it.
    """
    met = walk(event, _BOUNDS)
    if met.faults:
        return met.faults
    if not isinstance(event, dict):
        return ["$: is not of type object"]
    return list(islice(dict.fromkeys(_violations(event, met.facets)), MOST_TOLD))


def read_time(text: str) -> datetime | None:
    """Return the moment that a `date-time` names, in UTC; None if no calendar of ours has it."""
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _violations(event: Mapping[str, object], facets: list[tuple[Path, Facet]]) -> Iterator[str]:
    core = list(_check_core(event))
    yield from core
    if not core:
        yield from _check_names(event)
    for path, facet in facets:
        yield from _check_facet(path, facet)


def _check_core(event: Mapping[str, object]) -> Iterator[str]:
    url, time = event.get("schemaURL"), event.get("eventTime")
    if isinstance(url, str) and not _CORE.fullmatch(url):
        yield "$.schemaURL: is no core schema of version 1 or 2"
    if is_of_two_kinds(event):
        yield "$: tells of a job and of a dataset at once"
    yield from find_violations(core_url(event), event)
    if isinstance(time, str) and read_time(time) is None:
        yield "$.eventTime: is no date-time"


def _check_names(event: Mapping[str, object]) -> Iterator[str]:
    """Yield each name that is too long to be kept; by now the shape is that of the core."""
    for path, named in _named(event):
        for part in ("namespace", "name"):
            if len(str(named[part])) > LONGEST_NAME:
                yield f"{write_path((*path, part))}: is longer than {LONGEST_NAME}"


def _named(event: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    for key in ("job", "dataset"):
        if isinstance(one := event.get(key), dict):
            yield (key,), one
    for key in ("inputs", "outputs"):
        if isinstance(several := event.get(key), list):
            for index, one in enumerate(several):
                yield (key, index), one


def _check_facet(path: Path, facet: Facet) -> Iterator[str]:
    url = facet["_schemaURL"]
    is_deleted = facet.get("_deleted") is True  # such a facet has none of its fields
    if isinstance(url, str) and url in get_facet_keys() and not is_deleted:
        yield from find_violations(url, facet, path)
