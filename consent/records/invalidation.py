"""Officers' finding that what a form or a notice version collected is no valid consent, and carrying it out.

A run says what, why and how many; its batches write one record for each grant. Each batch is a transaction,
so a run that is killed goes on where it stopped, and no grant is invalidated twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from consent.kernel.errors import AccordantError
from consent.kernel.ids import new_id
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339
from consent.records.events import tell_choice
from consent.records.models import ConsentRecord, InvalidationRun
from consent.records.projecting import project
from consent.records.queries import list_records_by_id
from consent.records.recording import FIELDS, record_of, row_of
from consent.records.rules.current import is_lifted_by
from consent.records.signals.known import Known, find_granted_by_strings
from consent.records.signals.mappings import find_mapping
from consent.records.signals.restating import list_kept_out, restate
from consent.records.types import NO, YES, Choice, ChoiceRecord, Collected, InvalidationProgress, NewChoice
from consent.subjects import services as subjects
from consent.subjects.types import SubjectRef
from consent.subjects.versions import Versions

MAX_REASON = 200


class NoSourceNamed(AccordantError):
    """The criteria name neither a form nor a notice with its version: they would reach everything."""

    code = "invalidation_no_source_named"


class NoReasonGiven(AccordantError):
    """An officer's finding needs a reason, of at most 200 characters."""

    code = "invalidation_no_reason"


class CountChanged(AccordantError):
    """There are more or fewer such grants than the officer confirmed."""

    code = "invalidation_count_changed"
    status = 409


class RunNotFound(AccordantError):
    """There is no such run."""

    code = "invalidation_run_not_found"
    status = 404


def count_collected(criteria: Collected) -> int:
    """Return how many grants `criteria` match that are not invalidated yet.

    :raises NoSourceNamed: if the criteria name neither a form nor a notice with its version.
    """
    return _list_collected(criteria).count()


@transaction.atomic
def start_invalidation(
    *, criteria: Collected, officer_id: int | None, reason: str, expected_count: int, at: datetime
) -> int:
    """Begin to invalidate what `criteria` match, and return the run's id; `continue_invalidation` does it.

    `expected_count` is what the officer saw and confirmed; `officer_id` is None on the command line. What is
    collected after this moment is not part of the run.

    :raises NoSourceNamed: if the criteria name neither a form nor a notice with its version.
    :raises NoReasonGiven: if the reason is empty or too long.
    :raises CountChanged: if there are not exactly `expected_count` such grants, or none.
    """
    if not 1 <= len(reason.strip()) <= MAX_REASON:
        raise NoReasonGiven(f"give a reason of at most {MAX_REASON} characters")
    recorded_until = ledger_queries.get_time()
    counted = _list_collected(criteria).filter(recorded_at__lte=recorded_until).count()
    if counted != expected_count or not counted:
        raise CountChanged(f"there are {counted} such grants now, not {expected_count}: look again")
    run = InvalidationRun.objects.create(
        form=criteria.form,
        notice=criteria.notice,
        notice_version=criteria.notice_version,
        controller=criteria.controller,
        collected_from=criteria.collected_from,
        collected_until=criteria.collected_until,
        reason=reason.strip(),
        officer_id=officer_id,
        counted=counted,
        recorded_until=recorded_until,
        started_at=at,
    )
    _tell(run, "invalidation_started", at, officer=officer_id, reason=run.reason, counted=counted)
    return run.pk


@transaction.atomic
def continue_invalidation(*, run_id: int, at: datetime, batch: int = 500) -> InvalidationProgress:
    """Invalidate the run's next grants, at most `batch`, and return how far it got.

    Safe to repeat, and to run at the same time as another: whoever comes second goes on behind the first.

    :raises RunNotFound: if there is no such run.
    """
    run = InvalidationRun.objects.select_for_update().filter(pk=run_id).order_by("pk").first()
    if run is None:
        raise RunNotFound("there is no such invalidation")
    if run.finished_at is None:
        _take_batch(run, at, batch)
        run.save(update_fields=["cursor", "done", "finished_at"])
    return InvalidationProgress(run.counted, run.done, run.finished_at is not None)


def list_unfinished() -> list[int]:
    """Return the runs that are not finished, the oldest first."""
    return list(
        InvalidationRun.objects.filter(finished_at__isnull=True).order_by("pk").values_list("pk", flat=True)
    )


def _take_batch(run: InvalidationRun, at: datetime, batch: int) -> None:
    left = _list_collected(_criteria_of(run)).filter(recorded_at__lte=run.recorded_until)
    found = list(
        left.filter(record_id__gt=run.cursor).order_by("record_id").values_list("pk", "subject")[:batch]
    )
    if found:
        run.cursor = found[-1][0]
        run.done += _invalidate(found, source=f"invalidation:{run.pk}")
    elif left.exists():
        run.cursor = ""  # a writer that began before the run committed after the cursor had passed
    else:
        run.finished_at = at
        _tell(run, "invalidation_finished", at, done=run.done)


def _invalidate(found: Sequence[tuple[str, str]], *, source: str) -> int:
    """Write an officer's record for each of the records `found`, and return how many of them were written.

    A no that nothing but one of them had lifted when a string's yes came is said once more as of that yes.
    """
    versions = subjects.lock_groups_of({SubjectRef(ref) for _, ref in found})
    wanted = _not_invalidated([record_id for record_id, _ in found])  # under the locks: nobody comes between
    recorded_at = ledger_queries.get_time()
    grants = list_records_by_id(wanted)
    findings = [_finding_on(one, versions.take(SubjectRef(one.subject_ref)), recorded_at) for one in grants]
    again = list(_list_noes_again(grants, findings, versions, recorded_at))
    written = [*((one, _claim_of(one)) for one in findings), *again]
    ConsentRecord.objects.copy_in(FIELDS, (row_of(record, claim, source) for record, claim in written))
    project([record for record, _ in written])
    subjects.advance_versions(versions.changed())
    entries = [tell_choice(record, claim, source=source) for record, claim in written]
    ledger.append(stream=Stream.CONSENT, entries=entries, recorded_at=recorded_at)
    return len(findings)


def _list_noes_again(
    grants: Sequence[ChoiceRecord],
    findings: Iterable[ChoiceRecord],
    versions: Versions,
    recorded_at: datetime,
) -> Iterator[tuple[ChoiceRecord, NewChoice]]:
    """Yield each no that is to be said once more, with what it says. One statement if no string said yes."""
    refs = find_granted_by_strings(versions.list_on_record())
    if not refs:
        return
    known = Known.read(refs)
    for finding in findings:
        known.records[SubjectRef(finding.subject_ref)].append(finding)
    mapping = find_mapping(at=recorded_at)
    for no in _list_lifted(grants, known):
        ref = SubjectRef(no.subject_ref)
        is_read = no.record_id in known.sources
        for yes in list_kept_out(no, known.list_records([ref]), sources=known.sources, mapping=mapping):
            said = restate(_claim_of(no, known.sources), no, yes, is_read=is_read)
            record = record_of(said, ref, version=versions.take(ref), recorded_at=recorded_at)
            known.add_record(record, source=said.method if is_read else None)
            yield record, said


def _list_lifted(grants: Iterable[ChoiceRecord], known: Known) -> list[ChoiceRecord]:
    """Return each no, once, that one of the grants had lifted."""
    found = {
        no.record_id: no
        for grant in grants
        for no in known.list_records([SubjectRef(grant.subject_ref)])
        if no.choice in NO and is_lifted_by(grant, no)
    }
    return list(found.values())


def _finding_on(grant: ChoiceRecord, version: int, recorded_at: datetime) -> ChoiceRecord:
    return ChoiceRecord(
        record_id=new_id("rec"),
        subject_ref=grant.subject_ref,
        version=version,
        purpose=grant.purpose,
        choice=Choice.INVALIDATED,
        effective_at=recorded_at,
        recorded_at=recorded_at,
        controller=grant.controller,
        destination=grant.destination,
        notice=grant.notice,
        notice_version=grant.notice_version,
        refers_to=grant.record_id,
    )


def _claim_of(record: ChoiceRecord, sources: Mapping[str, str] = MappingProxyType({})) -> NewChoice:
    """Return what a record says, with the source of the signal that it was read from, if it was."""
    return NewChoice(
        purpose=record.purpose,
        choice=record.choice,
        effective_at=record.effective_at,
        notice=record.notice,
        notice_version=record.notice_version,
        method=sources.get(record.record_id),
        explicit=record.explicit,
        by_guardian=record.by_guardian,
    )


def _list_collected(criteria: Collected) -> QuerySet[ConsentRecord]:
    """Return the grants that `criteria` match and nobody invalidated yet."""
    if not criteria.form and not (criteria.notice and criteria.notice_version):
        raise NoSourceNamed("name a form, or a notice and its version")
    wanted: dict[str, Any] = {
        "form": criteria.form,
        "notice": criteria.notice,
        "notice_version": criteria.notice_version,
        "controller": criteria.controller,
        "effective_at__gte": criteria.collected_from,
        "effective_at__lt": criteria.collected_until,
    }
    named = {name: value for name, value in wanted.items() if value}
    return ConsentRecord.objects.filter(~_is_invalidated(), choice__in=sorted(YES), **named)


def _is_invalidated() -> Exists:
    findings = ConsentRecord.objects.filter(choice=Choice.INVALIDATED, refers_to=OuterRef("record_id"))
    return Exists(findings)


def _not_invalidated(record_ids: Sequence[str]) -> list[str]:
    rows = ConsentRecord.objects.filter(~_is_invalidated(), record_id__in=record_ids)
    return list(rows.order_by("record_id").values_list("record_id", flat=True))


def _criteria_of(run: InvalidationRun) -> Collected:
    return Collected(
        form=run.form,
        notice=run.notice,
        notice_version=run.notice_version,
        controller=run.controller,
        collected_from=run.collected_from,
        collected_until=run.collected_until,
    )


def _tell(run: InvalidationRun, kind: str, at: datetime, **facts: object) -> None:
    body = {
        "run": run.pk,
        "form": run.form,
        "notice": run.notice,
        "notice_version": run.notice_version,
        "controller": run.controller,
        "collected_from": run.collected_from and rfc3339(run.collected_from),
        "collected_until": run.collected_until and rfc3339(run.collected_until),
        "at": rfc3339(at),
        **facts,
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])
