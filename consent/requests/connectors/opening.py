"""Opening the connector of a system, by its kind."""

from collections.abc import Callable, Mapping

from consent.keys import queries as keys
from consent.requests.connectors.human.connector import HumanConnector
from consent.requests.connectors.interface import (
    Connector,
    DeclaredDataset,
    DeclaredField,
    DeclaredSystem,
    SystemRefused,
)
from consent.requests.models import Dataset, Field, System
from consent.requests.types import Masking, OnErasure, SystemKind
from consent.subjects.types import IdentifierKind

OPENERS: dict[SystemKind, Callable[[DeclaredSystem], Connector]] = {SystemKind.HUMAN: HumanConnector}


def open_connector(system: System, *, holds: Mapping[str, str] | None = None) -> Connector:
    """Return the system's connector, ready to be asked.

    `holds`: dataset -> the legal hold that stands on the person's rows there.

    :raises SystemRefused: if there is none for its kind, or it is not declared as that kind asks for.
    :raises KeyUnreadable, KeysUnavailable: if its secret cannot be read.
    """
    opener = OPENERS.get(SystemKind(system.kind))
    if opener is None:
        raise SystemRefused("there is no connector for systems of this kind")
    return opener(declare(system, holds or {}))


def declare(system: System, holds: Mapping[str, str]) -> DeclaredSystem:
    """Return the system as its connector is told of it."""
    secret = keys.open_secret(system.as_sealed(), name=system.key_name) if system.kek_version else ""
    datasets = system.datasets.prefetch_related("fields").order_by("name")
    return DeclaredSystem(
        slug=system.slug,
        settings=system.settings,
        secret=secret,
        datasets=tuple(_dataset(one, holds.get(one.name, "")) for one in datasets),
    )


def _dataset(one: Dataset, hold: str) -> DeclaredDataset:
    return DeclaredDataset(
        name=one.name,
        fields=tuple(_field(field) for field in one.fields.order_by("pk")),
        key_fields=tuple(one.key_fields),
        on_erasure=OnErasure(one.on_erasure),
        keep_ground=one.keep_ground,
        in_access=one.in_access,
        hold=hold,
    )


def _field(one: Field) -> DeclaredField:
    return DeclaredField(
        name=one.name,
        category=one.category,
        identifier_kind=IdentifierKind(one.identifier_kind) if one.identifier_kind else None,
        masking=Masking(one.masking),
        replacement=one.replacement,
        keep_ground=one.keep_ground,
        in_access=one.in_access,
    )
