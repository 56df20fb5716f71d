"""Importing files: line by line, batch by batch, safe to repeat and to resume."""

import io
from collections.abc import Iterator

import pytest
from django.db import connection

from consent.records.import_types import MAX_FAULTS, ImportReport, RowFault
from consent.records.models import ConsentRecord, ImportRun
from consent.records.rules.rows import MAX_ROW_BYTES
from consent.records.services import ImportInterrupted, import_rows, read_lines
from consent.records.types import FaultCode
from consent.subjects.models import IdentifierIndex, Subject
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1, make_choice, make_line, publish_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


def run(*lines: bytes, digest: str = "d" * 64, batch: int = 1000, dry_run: bool = False) -> ImportReport:
    return import_rows(lines=lines, digest=digest, source="test", at=JUNE_1, batch=batch, dry_run=dry_run)


def make_lines(count: int) -> list[bytes]:
    return [make_line(str(number)) for number in range(count)]


def test_rows_in_order_go_in_and_the_others_are_told_by_line_and_reason() -> None:
    report = run(
        make_line("1"),
        b"{",
        make_line("2"),
        make_line("3", choices=[make_choice(choice="invalidated")]),
        make_line("4", choices=[make_choice(controller="umbrella"), make_choice(purpose=None)]),
    )

    assert (report.accepted, report.rejected, report.repeated) == (2, 3, False)
    assert [(fault.line, fault.code) for fault in report.faults] == [
        (2, FaultCode.MALFORMED_JSON),
        (4, FaultCode.OFFICERS_CHOICE),
        (5, FaultCode.UNKNOWN_CONTROLLER),
    ]
    assert report.faults[2].message == "choices[0].controller: the policy in force does not declare it"
    assert Subject.objects.count() == 2
    assert IdentifierIndex.objects.count() == 4
    assert ConsentRecord.objects.count() == 2


def test_a_file_with_nothing_in_order_writes_nothing_about_anybody() -> None:
    size = len(read_entries())

    report = run(b"{", b"[]", make_line(choices=[], facts=[]))

    assert (report.accepted, report.rejected) == (0, 3)
    assert len(read_entries()) == size
    assert not Subject.objects.exists()


def test_blank_lines_are_passed_over_and_counted_as_lines() -> None:
    report = run(b"", make_line("1"), b"  ", b"{", b"")

    assert (report.accepted, report.rejected) == (1, 1)
    assert report.faults[0].line == 4


def test_an_empty_file_is_an_import_of_nothing() -> None:
    assert run() == ImportReport(accepted=0, rejected=0, faults=())


def test_batches_do_not_change_the_outcome() -> None:
    lines = [line for number in range(5) for line in (make_line(str(number)), b"{")]

    report = run(*lines, batch=3)

    assert (report.accepted, report.rejected) == (5, 5)
    assert [fault.line for fault in report.faults] == [2, 4, 6, 8, 10]
    [stored] = ImportRun.objects.all()
    assert (stored.lines_done, stored.accepted, stored.rejected) == (10, 5, 5)
    assert stored.finished_at is not None


def test_progress_tells_the_lines_done_after_each_batch() -> None:
    told: list[int] = []

    import_rows(lines=make_lines(5), digest="d" * 64, source="test", at=JUNE_1, batch=2, progress=told.append)

    assert told == [2, 4, 5]


def test_importing_a_file_again_changes_nothing_and_brings_the_first_report() -> None:
    lines = [*make_lines(3), b"{"]
    first = run(*lines)
    size, records = len(read_entries()), ConsentRecord.objects.count()

    again = run(*lines)

    assert again == ImportReport(
        accepted=3, rejected=1, faults=first.faults, repeated=True, choices={"granted": 3}
    )
    assert (len(read_entries()), ConsentRecord.objects.count()) == (size, records)
    assert ImportRun.objects.count() == 1


def test_a_dry_run_tells_what_would_happen_and_writes_nothing() -> None:
    size = len(read_entries())

    report = run(make_line(), b"{", dry_run=True)

    assert (report.accepted, report.rejected, report.choices) == (1, 1, {"granted": 1})
    assert report.faults == (RowFault(2, FaultCode.MALFORMED_JSON, report.faults[0].message),)
    assert len(read_entries()) == size
    assert not ImportRun.objects.exists()
    assert not Subject.objects.exists()


def fail_when(event: str, table: str, condition: str) -> None:
    """Make the database refuse to write such rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER fail BEFORE {event} ON {table}
                FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION fail();
            """
        )


def fail_on_form(form: str) -> None:
    """Make the database refuse records of that form."""
    fail_when("INSERT", "consent_records_consentrecord", f"NEW.form = '{form}'")


def test_a_failing_database_stops_the_import_at_a_batch_and_it_can_be_resumed() -> None:
    lines = [*make_lines(4), make_line("4", choices=[make_choice(form="fatal")]), *make_lines(6)[5:], b"{"]
    fail_on_form("fatal")

    with pytest.raises(ImportInterrupted, match="lines 1 to 4 are done"):
        run(*lines, batch=2)

    assert ConsentRecord.objects.count() == 4
    assert not IdentifierIndex.objects.filter(subject__records=None).exists()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fail ON consent_records_consentrecord")

    report = run(*lines, batch=2)

    assert (report.accepted, report.rejected, report.repeated) == (6, 1, False)
    assert report.faults[0].line == 7
    assert ConsentRecord.objects.count() == 6


def test_what_a_batch_recorded_goes_if_the_note_that_it_is_done_cannot_be_kept() -> None:
    fail_when("UPDATE", "consent_records_importrun", "NEW.lines_done = 4")

    with pytest.raises(ImportInterrupted, match="lines 1 to 2 are done"):
        run(*make_lines(4), batch=2)

    assert ConsentRecord.objects.count() == 2


def test_a_database_that_fails_at_once_is_told_so() -> None:
    fail_on_form("checkout-2026")

    with pytest.raises(ImportInterrupted, match="no line is done"):
        run(make_line())

    assert not ConsentRecord.objects.exists()
    assert not Subject.objects.exists()


def test_two_imports_of_one_file_at_a_time_do_not_both_go_on() -> None:
    def steal(_: int) -> None:
        ImportRun.objects.update(lines_done=4)  # as another process would, between two batches

    with pytest.raises(ImportInterrupted, match="another process"):
        import_rows(lines=make_lines(6), digest="d" * 64, source="test", at=JUNE_1, batch=2, progress=steal)

    assert ConsentRecord.objects.count() == 2


def test_a_report_tells_of_so_many_lines_and_counts_the_rest() -> None:
    report = run(*[b"{"] * (MAX_FAULTS + 5))

    assert report.rejected == MAX_FAULTS + 5
    assert len(report.faults) == MAX_FAULTS


def test_lines_are_read_one_at_a_time() -> None:
    def endless() -> Iterator[bytes]:
        yield make_line("1")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        import_rows(lines=endless(), digest="d" * 64, source="test", at=JUNE_1, batch=1)

    assert ConsentRecord.objects.count() == 1


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_ends_at_its_end(end: bytes) -> None:
    assert list(read_lines(io.BytesIO(b"a" + end + end + b"b"))) == [b"a", b"", b"b"]


@pytest.mark.parametrize(
    "excess", [b"x", b"xx", b"xxx", b"x" * 4 * MAX_ROW_BYTES, b"\r\r", b"\r\r\r", b"\rx"]
)
def test_an_overlong_line_is_never_held_whole_and_never_taken_for_a_short_one(excess: bytes) -> None:
    overlong = b"x" * MAX_ROW_BYTES + excess

    cut, following = read_lines(io.BytesIO(overlong + b"\nshort\n"))

    assert MAX_ROW_BYTES < len(cut) <= MAX_ROW_BYTES + 2
    assert following == b"short"


def test_an_overlong_line_is_rejected_and_the_next_one_goes_in() -> None:
    file = io.BytesIO(make_line("x" * 2 * MAX_ROW_BYTES) + b"\n" + make_line("2") + b"\n")

    report = run(*read_lines(file))

    assert (report.accepted, report.rejected) == (1, 1)
    assert (report.faults[0].line, report.faults[0].code) == (1, FaultCode.LINE_TOO_LONG)


def test_with_no_policy_in_force_a_no_goes_in_and_a_yes_does_not() -> None:
    lines = [
        make_line("1", choices=[{"purpose": "*", "choice": "withdrawn"}], facts=[]),
        make_line("2", choices=[make_choice(effective_at="2020-01-01T00:00:00Z")], facts=[]),
    ]

    report = import_rows(lines=lines, digest="d" * 64, source="test", at=JUNE_1.replace(year=2025))

    assert (report.accepted, report.rejected) == (1, 1)
    assert report.faults[0].line == 2
