"""Reads of the register of recipients."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, zip_longest
from time import monotonic
from types import MappingProxyType

from django.conf import settings
from django.utils.module_loading import import_string

from activation.decisions.register import Register, RegisteredDestination, Suspension, TcfTerms
from activation.destinations.kinds.interface import Connector, Kind, Surroundings
from activation.destinations.kinds.registry import KINDS
from activation.destinations.kinds.settings import read_settings
from activation.destinations.models import Destination
from activation.destinations.types import ConnectorUnknown, StatusChange, name_credential
from consent.keys import queries as keys

_Row = tuple[str, str, datetime, str, int | None, list[int], str | None, datetime | None]


def get_register() -> Register:
    """Return the whole register, with every suspension there ever was."""
    rows: Iterable[_Row] = Destination.objects.order_by(
        "slug", "statuses__changed_at", "statuses__pk"
    ).values_list(
        "slug",
        "kind",
        "registered_at",
        "resource_type",
        "tcf_vendor",
        "tcf_purposes",
        "statuses__change",
        "statuses__changed_at",
    )
    found = {slug: _destination(list(group)) for slug, group in groupby(rows, key=lambda row: row[0])}
    return MappingProxyType(found)


def list_kinds() -> Mapping[str, Kind]:
    """Return the kinds of destination that the register offers, by slug."""
    return KINDS


def replaces_audiences(slug: str) -> bool:
    """Return whether a delivery to the destination takes the place of the audience's earlier one.

    False where that is not known: it is not connected, or by a kind that is no longer there.
    """
    connector = Destination.objects.filter(slug=slug).order_by("pk").values_list("connector", flat=True)
    kind = KINDS.get(connector.first() or "")
    return kind is not None and kind.replaces


def get_surroundings() -> Surroundings:
    """Return what this installation allows its connectors."""
    return Surroundings(
        allow_local=settings.ALLOW_LOCAL_DESTINATIONS,
        folder=settings.DELIVERY_FOLDER,
        clock=_going_on(import_string(settings.CONNECTOR_CLOCK)),
    )


def list_connected() -> list[str]:
    """Return the destinations that have a connector, by slug."""
    connected = Destination.objects.exclude(connector="").order_by("slug", "pk")
    return list(connected.values_list("slug", flat=True))


def list_titles() -> dict[str, str]:
    """Return what each registered destination is called, by slug."""
    return dict(Destination.objects.order_by("slug", "pk").values_list("slug", "title"))


def list_listing() -> list[str]:
    """Return the connected destinations that can say whom they hold, by slug."""
    kinds = [slug for slug, kind in KINDS.items() if kind.lists]
    rows = Destination.objects.filter(connector__in=kinds).order_by("slug", "pk")
    return list(rows.values_list("slug", flat=True))


def open_connector(slug: str) -> Connector | None:
    """Return what delivers to the destination; None if it is not registered, or not connected.

    It connects to nothing yet.

    :raises ConnectorUnknown: if it was connected by a kind that is no longer there.
    :raises MalformedSettings: if the kind now asks for other settings.
    :raises DeliveryRefused: if they make no sense, or this installation no longer allows them.
    :raises KeyUnreadable: if a credential does not open.
    :raises KeysUnavailable: if the service that wraps keys cannot be asked now.
    """
    destination = Destination.objects.exclude(connector="").filter(slug=slug).order_by("pk").first()
    if destination is None:
        return None
    kind = KINDS.get(destination.connector)
    if kind is None:
        raise ConnectorUnknown(f"{slug} was connected by a kind that is not there any more: connect it anew")
    secrets = {
        row.name: keys.open_secret(row.as_sealed(), name=name_credential(slug, row.name))
        for row in destination.credentials.order_by("name", "pk")
    }
    return kind.open(read_settings(kind, destination.settings), secrets, get_surroundings())


def _going_on(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """Return a clock that is asked now, and goes on by itself.

    Connectors ask for the time in threads of their own, and the database's would open a connection in each.
    """
    read_at, mark = clock(), monotonic()
    return lambda: read_at + timedelta(seconds=monotonic() - mark)


def _destination(rows: Sequence[_Row]) -> RegisteredDestination:
    slug, kind, registered_at, resource_type, vendor, purposes, _, _ = rows[0]
    tcf = None if vendor is None else TcfTerms(vendor, tuple(sorted(purposes)))
    return RegisteredDestination(slug, kind, registered_at, tuple(_suspensions(rows)), resource_type, tcf)


def _suspensions(rows: Sequence[_Row]) -> Iterable[Suspension]:
    """Yield a suspension for each change to suspended, until the change that follows it."""
    changes = [(change, changed_at) for *_, change, changed_at in rows if change and changed_at]
    ends = [changed_at for _, changed_at in changes[1:]]
    for (change, changed_at), end in zip_longest(changes, ends):
        if change == StatusChange.SUSPENDED:
            yield Suspension(changed_at, end)
