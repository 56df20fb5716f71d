"""The lenient check, of events that others send: the standard's core strictly, facets as far as we know them.

Whoever sends may use facets of their own, and versions of the standard's facets that we do not have. They
pass. What comes in is not trusted: nothing exhausts the stack, and no answer repeats what was sent.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice

from lineage.facets.compiled import find_violations, get_validator
from lineage.facets.kinds import is_of_two_kinds
from lineage.facets.paths import Path, write_path
from lineage.facets.pieces import Piece, take_apart
from lineage.facets.schemas import get_facet_keys
from lineage.facets.walking import Bounds, Facet, is_larger, walk

MOST_TOLD = 20
"""After so many violations the check stops."""

LONGEST_NAME = 1_024
"""Characters in a namespace, a name of a job or dataset, or the name of a field."""

_BOUNDS = Bounds(name=LONGEST_NAME)
_LARGE = 2_000  # values; what is wrong in a larger facet is not told apart: see `pieces` for why
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
    return list(dict.fromkeys(islice(_violations(event, met.facets), MOST_TOLD)))


def read_time(text: str) -> datetime | None:
    """Return the moment that a `date-time` names, in UTC; None if no calendar of ours has it."""
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _violations(event: Mapping[str, object], facets: list[tuple[Path, Facet]]) -> Iterator[str]:
    """Yield what is wrong, one after the other, so that who stops has no more work."""
    yield from _check_head(event)
    for piece in take_apart(event):
        yield from find_violations(piece.schema_url, piece.value, piece.path)
        yield from _check_names(piece)
    for path, facet in facets:
        yield from _check_facet(path, facet)


def _check_head(event: Mapping[str, object]) -> Iterator[str]:
    url, time = event.get("schemaURL"), event.get("eventTime")
    if isinstance(url, str) and not _CORE.fullmatch(url):
        yield "$.schemaURL: is no core schema of version 1 or 2"
    if isinstance(time, str) and read_time(time) is None:
        yield "$.eventTime: is no date-time"
    if is_of_two_kinds(event):
        yield "$: tells of a job and of a dataset at once"


def _check_names(piece: Piece) -> Iterator[str]:
    """Yield each name of a job or dataset that is too long to be kept."""
    for path, named in piece.named():
        for part in ("namespace", "name"):
            name = named.get(part)
            if isinstance(name, str) and len(name) > LONGEST_NAME:
                yield f"{write_path((*path, part))}: is longer than {LONGEST_NAME}"


def _check_facet(path: Path, facet: Facet) -> Iterator[str]:
    url = facet["_schemaURL"]
    is_deleted = facet.get("_deleted") is True  # such a facet has none of its fields
    if not isinstance(url, str) or url not in get_facet_keys() or is_deleted:
        return
    if get_validator(url).is_valid(facet):
        return
    if is_larger(facet, _LARGE):
        yield f"{write_path(path)}: does not fit the schema that it names"
    else:
        yield from find_violations(url, facet, path)
