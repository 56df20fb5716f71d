"""The three kinds of event that OpenLineage has."""

from collections.abc import Mapping

from lineage.facets.schemas import CORE_URL


def kind_of(event: Mapping[str, object]) -> str:
    """Return the kind of event by its shape: the core's own `oneOf` would only say that none of them fits."""
    if "dataset" in event and not {"job", "run"} <= event.keys():
        return "DatasetEvent"
    return "RunEvent" if "run" in event or "eventType" in event else "JobEvent"


def core_url(event: Mapping[str, object]) -> str:
    """Return the URL of the official schema for an event of this kind."""
    return f"{CORE_URL}#/$defs/{kind_of(event)}"


def is_of_two_kinds(event: Mapping[str, object]) -> bool:
    """Whether the event tells of a job and of a dataset at once, without a run: the core excludes it."""
    return "dataset" in event and "job" in event and "run" not in event
