"""Addresses of the pages about lineage, and of the pages of others that they lead on to."""

from collections.abc import Mapping
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

PREFIX = "admin:activation_desk_lineage_"


def address_of(page: str, *args: object, **asked: object) -> str:
    """Return the address of a page, with what is asked of it; what is empty is left out."""
    address = reverse(f"{PREFIX}{page}", args=args)
    query = {name: str(value) for name, value in asked.items() if value not in (None, "")}
    return f"{address}?{urlencode(query)}" if query else address


def address_of_node(key: str) -> str:
    """Return the address of a node's page."""
    return address_of("node", key)


def address_of_run(run_id: UUID) -> str:
    """Return the address of a run's page."""
    return address_of("run", run_id)


def list_tabs(*, active: str, ungated: int) -> list[Mapping[str, object]]:
    """Return the tabs above every page about lineage."""
    tabs = (
        ("changelist", "Picture", None),
        ("runs", "Runs", None),
        ("radar", "Ungated paths", ungated),
        ("datasets", "Datasets", None),
        ("boundaries", "Boundaries", None),
    )
    return [
        {"href": address_of(page), "title": title, "count": count, "is_active": page == active}
        for page, title, count in tabs
    ]
