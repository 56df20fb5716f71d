"""Keeping what the meter counted, and learning what other processes did."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from activation.checks.distinct import Distinct
from activation.checks.limits import Meter
from activation.checks.models import ApiKey, ClientUsage

USAGE_KEPT = timedelta(days=31)


def flush(meter: Meter, *, at: datetime) -> None:
    """Write what `meter` counted since the last time, and have it count what other processes wrote.

    Call it when the process starts, so that it knows what was asked about earlier in the day; then about once
    a second, beside the work: nothing waits for it.

    :raises DatabaseError: if the database cannot be asked; what was not written is written the next time.
    """
    day = at.date()
    if day != meter.day:
        ClientUsage.objects.filter(day__lt=day - USAGE_KEPT).delete()
        stored = _stored(Q(day=day))  # before the day turns: if this fails, it is tried again
        meter.turn_to(day)
        for client_id, registers in stored.items():
            meter.merge(client_id, registers)
    _keep_uses(meter, at=at)
    noted = meter.take_noted()
    try:
        _keep_noted(meter, noted, at=at)
    except Exception:
        meter.note_again(noted)
        raise


def _keep_uses(meter: Meter, *, at: datetime) -> None:
    """Write the minute in which keys were used. A minute that is lost is no harm: the next use tells it."""
    minute = at.replace(second=0, microsecond=0)
    if used := meter.take_used(minute):
        never_or_earlier = Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute)
        ApiKey.objects.filter(never_or_earlier, pk__in=used).update(last_used_at=minute)


def _keep_noted(meter: Meter, noted: Mapping[int, Distinct], *, at: datetime) -> None:
    if not noted:
        return
    day = at.date()
    stored = _stored(Q(day=day, client__in=noted))
    for client_id, registers in stored.items():
        meter.merge(client_id, registers)
    for client_id in sorted(noted):
        if noted[client_id].to_bytes() != stored.get(client_id):
            _write(meter, client_id, at=at)


@transaction.atomic
def _write(meter: Meter, client_id: int, *, at: datetime) -> None:
    """Write what is known of the client by now, whoever else writes it at the same time."""
    empty = ClientUsage(client_id=client_id, day=at.date(), registers=Distinct().to_bytes(), identifiers=0)
    ClientUsage.objects.bulk_create([empty], ignore_conflicts=True)
    row = ClientUsage.objects.select_for_update().get(client=client_id, day=at.date())
    known = meter.merge(client_id, bytes(row.registers))
    row.registers, row.identifiers = known.to_bytes(), round(known.estimate)
    row.save(update_fields=["registers", "identifiers"])


def _stored(wanted: Q) -> dict[int, bytes]:
    rows = ClientUsage.objects.filter(wanted).order_by("client_id", "pk")
    return {client_id: bytes(held) for client_id, held in rows.values_list("client_id", "registers")}
