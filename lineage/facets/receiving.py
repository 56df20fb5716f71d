"""Checks an event that somebody else made against the core of OpenLineage's schema."""

from collections.abc import Mapping

from lineage.facets.validation import check_core


def check_received(event: Mapping[str, object]) -> list[str]:
    """Return every violation in `event` as `path: what is wrong`; an empty list means that it is valid."""
    return check_core(event)
