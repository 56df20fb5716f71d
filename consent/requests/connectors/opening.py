"""From the rows of the data map to what asks a system: declared, with the holds that stand for people."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch, Q

from consent.keys import queries as keys
from consent.requests.connectors.interface import (
    Connector,
    DeclaredDataset,
    DeclaredField,
    DeclaredReference,
    DeclaredSystem,
    SystemRefused,
)
from consent.requests.connectors.registry import OPENERS
from consent.requests.models import Dataset, Field, LegalHold, Reference, System
from consent.requests.types import Masking, OnErasure, SystemKind
from consent.subjects.types import IdentifierKind


def open_connector(system: System, *, subjects: Collection[str], at: datetime) -> Connector:
    """Return what asks this system about a person who is on record as `subjects`, perhaps as nobody.

    :raises SystemRefused: if the system is disabled, or how it is declared makes no sense.
    :raises KeyUnreadable, KeysUnavailable: if its secret cannot be opened.
    """
    if not system.is_enabled:
        raise SystemRefused("the system is disabled in the data map")
    opener = OPENERS.get(SystemKind(system.kind))
    if opener is None:
        raise SystemRefused(f"systems of the kind {system.kind} cannot be asked by this installation")
    return opener(declare(system, subjects=subjects, at=at))


def declare(system: System, *, subjects: Collection[str], at: datetime) -> DeclaredSystem:
    """Return the system as the data map declares it now; what is held for one of `subjects` says so.

    :raises KeyUnreadable, KeysUnavailable: if its secret cannot be opened.
    """
    holds = list_holds(system, subjects=subjects, at=at)
    return DeclaredSystem(
        slug=system.slug,
        address=settings.SYSTEMS.get(system.connection, "") if system.connection else "",
        settings=system.settings,
        secret=keys.open_secret(system.as_sealed(), name=system.key_name) if system.kek_version else "",
        datasets=tuple(_dataset(one, holds.get(one.pk, "")) for one in _list_datasets(system)),
        allow_local=settings.ALLOW_LOCAL_DESTINATIONS,
        hash_key=hmac.digest(
            settings.TOMBSTONE_KEY, f"accordant/masking/1/{system.slug}".encode(), hashlib.sha256
        ),
    )


def list_holds(system: System, *, subjects: Collection[str], at: datetime) -> Mapping[int, str]:
    """Return what holds each dataset of the system at `at`, by the dataset's id: references and grounds.

    A hold that names a person counts if they are among `subjects`; one that names nobody holds everybody.
    One that names neither a system nor a dataset holds everywhere.
    """
    day = at.date()
    standing = (
        LegalHold.objects.filter(lifted_at__isnull=True, since__lte=day)
        .filter(Q(until__isnull=True) | Q(until__gte=day))
        .filter(Q(subject_ref="") | Q(subject_ref__in=list(subjects)))
        .filter(Q(system=system) | Q(dataset__system=system) | Q(system=None, dataset=None))
        .order_by("reference", "pk")
    )
    told: defaultdict[int, list[str]] = defaultdict(list)
    every = list(system.datasets.order_by("pk").values_list("pk", flat=True))
    for hold in standing:
        for pk in [hold.dataset_id] if hold.dataset_id is not None else every:
            told[pk].append(f"{hold.reference}: {hold.ground}")
    return {pk: "; ".join(dict.fromkeys(lines)) for pk, lines in told.items()}


def _list_datasets(system: System) -> list[Dataset]:
    fields = Field.objects.order_by("name", "pk")
    references = Reference.objects.select_related("to_dataset").order_by("field", "pk")
    rows = system.datasets.prefetch_related(Prefetch("fields", fields), Prefetch("references", references))
    return list(rows.order_by("name", "pk"))


def _dataset(row: Dataset, hold: str) -> DeclaredDataset:
    return DeclaredDataset(
        name=row.name,
        fields=tuple(map(_field, row.fields.all())),
        references=tuple(
            DeclaredReference(field=one.field, to_dataset=one.to_dataset.name, to_field=one.to_field)
            for one in row.references.all()
        ),
        key_fields=tuple(row.key_fields),
        on_erasure=OnErasure(row.on_erasure),
        keep_ground=row.keep_ground,
        in_access=row.in_access,
        hold=hold,
    )


def _field(row: Field) -> DeclaredField:
    return DeclaredField(
        name=row.name,
        category=row.category,
        identifier_kind=IdentifierKind(row.identifier_kind) if row.identifier_kind else None,
        masking=Masking(row.masking),
        replacement=row.replacement,
        keep_ground=row.keep_ground,
        in_access=row.in_access,
    )
