"""A ledger whose rules are over at once, for the tests of retention."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import transaction
from django.test import override_settings

from consent.ledger import services
from consent.ledger.models import RetentionRule
from consent.ledger.types import LedgerChecks, LedgerReport, NewEntry, RetentionReport, Stream
from consent.records import queries as records
from consent.records.services import record_rows
from consent.subjects.models import Subject
from tests.ledger_world import sequence_all
from tests.records_world import JUNE_1, make_new_row

AT_ONCE = timedelta(microseconds=1)
"""A rule by which everything is past its time: the database's clock has moved on since."""
PRUNABLE = (Stream.CONSENT, Stream.AUDIT, Stream.INCIDENTS)


@contextmanager
def short_rules() -> Iterator[None]:
    """Let rules and settings of all streams but the policy's be over at once."""
    RetentionRule.objects.filter(stream__in=PRUNABLE).update(kept_for=AT_ONCE)
    kept = {stream.value: AT_ONCE if stream in PRUNABLE else None for stream in Stream}
    with override_settings(LEDGER_RETENTION=kept):
        yield


def record(*names: str) -> dict[str, str]:
    """Record a choice and a fact for each name, and return the new subjects' references by name."""
    refs = {}
    for name in names:
        known = set(Subject.objects.values_list("ref", flat=True))
        record_rows(rows=[make_new_row(name)], source="test", at=JUNE_1)
        [refs[name]] = set(Subject.objects.values_list("ref", flat=True)) - known
    seal()
    return refs


def tell(stream: Stream, count: int) -> None:
    """Append entries that speak of nobody to the stream."""
    entries = [NewEntry("told", {"number": number}) for number in range(count)]
    with transaction.atomic():
        services.append(stream=stream, entries=entries)
    seal()


def erase(ref: str) -> None:
    """Put up the subject's tombstone."""
    Subject.objects.filter(ref=ref).update(erased_at=JUNE_1)


def seal() -> None:
    """Give every event its place, and sign."""
    sequence_all()
    services.sign_checkpoint()


def apply(*, is_sequenced: bool = True) -> RetentionReport:
    """Apply the retention, with a sequencer at work or without one."""
    patience = services.Patience([0.0], lambda _: seal())
    return services.apply_retention(patience=patience if is_sequenced else None)


def verify() -> LedgerReport:
    """Verify the whole ledger, with the copies that records are."""
    checks = LedgerChecks(copies=[records.check_records], untold=[records.find_untold_records])
    return services.verify_ledger(key=None, checks=checks)
