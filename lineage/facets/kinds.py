"""The three kinds of event that OpenLineage has."""

from collections.abc import Mapping

from lineage.facets.schemas import CORE_URL


def core_url(event: Mapping[str, object]) -> str:
    """Return the URL of the official schema for an event of this kind.

    The kind is told by the shape: the core's own `oneOf` would only say that none of the three fits.
    """
    return f"{CORE_URL}#/$defs/{_kind_of(event)}"


def is_of_two_kinds(event: Mapping[str, object]) -> bool:
    """Whether the event tells of a job and of a dataset at once, without a run: the core excludes it."""
    return "dataset" in event and "job" in event and "run" not in event


def _kind_of(event: Mapping[str, object]) -> str:
    if "dataset" in event and not {"job", "run"} <= event.keys():
        return "DatasetEvent"
    return "RunEvent" if "run" in event or "eventType" in event else "JobEvent"
