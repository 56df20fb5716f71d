"""What a report found, sealed in parts under a data key of its own, which is wrapped as other secrets are.

A part opens in its place only. Whether the last one is missing, the report's row tells: it counts them.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models.functions import Now

from activation.desk.tracing.models import Report, SealedPart
from consent.kernel.errors import AccordantError
from consent.keys import vault
from consent.keys.types import KeyUnreadable

QUESTION = 0
"""The part that says what was asked."""


class ReportDestroyed(AccordantError):
    """What the report found is destroyed: its time was over."""

    code = "report_destroyed"
    status = 410


class ReportUnreadable(AccordantError):
    """A part of what the report found does not open, or is not there: make the report again."""

    code = "report_unreadable"
    status = 500


def make_key(report: Report) -> bytes:
    """Give a new report its data key, and return it; the caller saves the row.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    key, sealed = vault.make_vault_key(name=report.key_name)
    report.kek_version, report.wrapped, report.sealed = sealed.version, sealed.wrapped, sealed.sealed
    return key


def open_key(report: Report) -> bytes:
    """Return the report's data key.

    :raises ReportDestroyed: if it is destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be had.
    """
    if not report.kek_version:
        raise ReportDestroyed("what this report found was destroyed when its time was over: make another one")
    return vault.open_vault_key(report.as_sealed(), name=report.key_name)


def insist_on_time(report: Report, *, at: datetime) -> None:
    """Return if the report's time is not over; of one that is destroyed, `open_key` says so.

    :raises ReportDestroyed: if it is, and nobody has destroyed yet what it found.
    """
    if report.kek_version and report.expires_at <= at:
        raise ReportDestroyed("the time of this report is over: make another one")


def write_part(report: Report, key: bytes, number: int, content: bytes) -> None:
    """Seal a part and keep it, in place of what stood there."""
    sealed = vault.seal_part(key, content, place=_bound_to(report, number))
    SealedPart.objects.update_or_create(report_id=report.pk, number=number, defaults={"content": sealed})


def make_writer(report: Report, key: bytes) -> vault.PartWriter:
    """Return what writes lines as the parts of the result."""
    return vault.PartWriter(lambda number, content: write_part(report, key, number, content))


def read_part(report: Report, key: bytes, number: int) -> bytes:
    """Return one part.

    :raises ReportUnreadable: if it is not there, or does not open.
    """
    row = SealedPart.objects.filter(report_id=report.pk, number=number).order_by("pk").first()
    if row is None:
        raise ReportUnreadable("a part of what this report found is not there: make it again")
    try:
        return vault.open_part(key, bytes(row.content), place=_bound_to(report, number))
    except KeyUnreadable:
        raise ReportUnreadable("a part of what this report found does not open: make it again") from None


def read_result(report: Report) -> Iterator[bytes]:
    """Yield the parts of the result, in order.

    :raises ReportDestroyed, ReportUnreadable: see above; :raises KeyUnreadable, KeysUnavailable: likewise.
    """
    key = open_key(report)
    for number in range(1, report.parts + 1):
        yield read_part(report, key, number)


def _bound_to(report: Report, number: int) -> bytes:
    return f"accordant/report/1\n{report.key_name}\n{number}".encode()


def clear_result(report: Report) -> None:
    """Remove all parts of the result; the question stays."""
    SealedPart.objects.filter(report_id=report.pk).exclude(number=QUESTION).delete()


def destroy(report: Report) -> None:
    """Destroy the report's data key and all of its parts. The row stays."""
    SealedPart.objects.filter(report_id=report.pk).delete()
    type(report)._default_manager.filter(pk=report.pk).update(
        destroyed_at=Now(), kek_version=0, wrapped=b"", sealed=b"", parts=0
    )
