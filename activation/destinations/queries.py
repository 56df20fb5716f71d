"""Reads of the register of recipients."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby, zip_longest
from types import MappingProxyType

from activation.decisions.register import Register, RegisteredDestination, Suspension
from activation.destinations.kinds.interface import Connector
from activation.destinations.models import Destination
from activation.destinations.types import StatusChange

_Row = tuple[str, str, datetime, str, str | None, datetime | None]


def get_register() -> Register:
    """Return the whole register, with every suspension there ever was."""
    rows: Iterable[_Row] = Destination.objects.order_by(
        "slug", "statuses__changed_at", "statuses__pk"
    ).values_list(
        "slug", "kind", "registered_at", "resource_type", "statuses__change", "statuses__changed_at"
    )
    found = {slug: _destination(list(group)) for slug, group in groupby(rows, key=lambda row: row[0])}
    return MappingProxyType(found)


def _destination(rows: Sequence[_Row]) -> RegisteredDestination:
    slug, kind, registered_at, resource_type, _, _ = rows[0]
    return RegisteredDestination(slug, kind, registered_at, tuple(_suspensions(rows)), resource_type)


def _suspensions(rows: Sequence[_Row]) -> Iterable[Suspension]:
    """Yield a suspension for each change to suspended, until the change that follows it."""
    changes = [(change, changed_at) for *_, change, changed_at in rows if change and changed_at]
    ends = [changed_at for _, changed_at in changes[1:]]
    for (change, changed_at), end in zip_longest(changes, ends):
        if change == StatusChange.SUSPENDED:
            yield Suspension(changed_at, end)


def open_connector(slug: str) -> Connector | None:
    """Return None: no destination is connected yet."""
