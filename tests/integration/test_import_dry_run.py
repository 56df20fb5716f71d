"""A dry run of an import tells what the import would then do, and leaves nothing behind."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connections

from consent.keys.services import ensure_keys
from consent.records import import_people
from consent.records.import_types import ImportReport, SignalCounts
from consent.records.models import ImportRun
from consent.records.services import Format, import_file, record_rows
from consent.records.types import FaultCode, Recorded
from consent.subjects.services import erase_subject
from consent.subjects.types import SubjectRef
from tests.ledger_world import sequence_all
from tests.records_world import make_choice
from tests.records_world import make_line as make_row
from tests.signal_files import MAPPING, SALE_OPT_OUT, make_file, make_line, make_tc_line, run
from tests.signals_world import (
    ADS,
    DAY,
    EVERYTHING,
    NEWS,
    NOON,
    choose,
    make_tc,
    publish_policy,
    say,
    signals,
)

pytestmark = pytest.mark.django_db
DEAF = "a yes of this framework is none by the law that applies to the person"
OLD = make_tc(*EVERYTHING, made_at=NOON - 3 * DAY)
MIXED = (
    make_tc_line("00001", *EVERYTHING, made_at=NOON - 3 * DAY),  # refused one of its purposes before
    make_line("00002", tcf=OLD, at=NOON - 3 * DAY),  # on record already
    make_line("2", tcf=make_tc(*EVERYTHING), gpc="1", at=NOON - DAY),
    make_line("3", usp="1YYN", gpp=SALE_OPT_OUT, at=NOON - DAY, country="US-CA"),
    make_line("4", gpc="0"),  # says nothing
    make_line("5", tcf=OLD, at=NOON - 3 * DAY, country="BR"),  # a yes by another law
    make_line("6", usp="nope"),  # cannot be read
    make_line("erased", tcf=OLD, at=NOON - 3 * DAY),  # is refused under the locks
    make_tc_line("7", *EVERYTHING, made_at=NOON - 9 * DAY),
    make_tc_line("7", 1, made_at=NOON - 3 * DAY),
    make_tc_line("7", *EVERYTHING, made_at=NOON - 9 * DAY),
)
_CONTENT = """
    SELECT count(*)::text || ' ' || coalesce(md5(string_agg(told, '' ORDER BY told)), '')
    FROM (SELECT md5(one::text) AS told FROM "{}" AS one) AS rows
"""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have people on record who said no, who sent the same before, and who were erased."""
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: NOON)
    publish_policy()
    say(choices=[choose(ADS, "refused", NOON - 9 * DAY)])
    second, erased = ([{"kind": "customer_id", "value": name}] for name in ("00002", "erased"))
    say(identifiers=second, signals=signals(tcf=OLD))
    ref = say(identifiers=erased, choices=[choose(NEWS, "granted", NOON - DAY)]).subject_ref
    erase_subject(ref=ref, requested_by="request 1", at=NOON)
    sequence_all()


def read_everything() -> dict[str, str]:
    """Return how many rows each table of each database has, and a digest of them."""
    found = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for table in sorted(connections[alias].introspection.table_names(cursor)):
                cursor.execute(_CONTENT.format(table))
                found[f"{alias} {table}"] = cursor.fetchone()[0]
    return found


def test_a_dry_run_tells_exactly_what_the_import_then_does(world: None) -> None:
    told = run(*MIXED, dry_run=True)

    done = run(*MIXED)

    assert told == done
    assert done.choices == {"granted": 4, "opt_out_signal": 1, "opted_out": 2, "refused": 2}
    assert done.signals is not None
    assert (done.signals.recorded, done.signals.repeated) == (8, 2)
    assert (done.signals.conflicts, done.signals.yes_not_recorded) == (4, 2)
    assert [fault.code for fault in done.faults] == [FaultCode.MALFORMED_SIGNAL, FaultCode.SUBJECT_ERASED]


def test_a_dry_run_leaves_nothing_in_any_table_of_any_database(committed_database: str, world: None) -> None:
    before = read_everything()

    report = run(*MIXED, dry_run=True, batch=2)

    assert report.accepted > 5
    assert read_everything() == before
    assert {name.split()[0] for name in before} == {"default", "keys"}
    run(*MIXED)
    changed = {name for name, content in read_everything().items() if content != before[name]}
    assert {"default consent_records_recordedsignal", "keys consent_keys_datakey"} <= changed


def test_a_dry_run_of_plain_choices_tells_them_too(world: None) -> None:
    lines = [
        make_row("1"),
        make_row("2", choices=[make_choice(choice="withdrawn"), make_choice(choice="shown")]),
        b"{",
    ]
    told, done = (_import_choices(lines, dry_run=dry_run) for dry_run in (True, False))

    assert told == done
    assert (done.choices, done.signals) == ({"granted": 1, "shown": 1, "withdrawn": 1}, None)


def _import_choices(lines: list[bytes], *, dry_run: bool) -> ImportReport:
    file = io.BytesIO(b"\n".join(lines))
    return import_file(file=file, file_format=Format.NDJSON, source="shop", at=NOON, dry_run=dry_run)


def test_a_dry_run_of_what_was_imported_tells_that_nothing_would_change(world: None) -> None:
    done = run(*MIXED)

    assert run(*MIXED, dry_run=True) == replace(done, repeated=True)


def test_a_dry_run_of_what_was_cut_short_counts_the_whole_as_the_import_would(
    world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [make_tc_line(f"p{number}", *EVERYTHING, made_at=NOON - 3 * DAY) for number in range(5)]
    with monkeypatch.context() as cut:
        cut.setattr("consent.records.import_runs.Attempt.note_commit", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(*lines, batch=2)
    assert ImportRun.objects.get().lines_done == 3

    told, done = run(*lines, dry_run=True), run(*lines)

    assert told == done
    assert (done.accepted, done.choices, done.signals) == (5, {"granted": 10}, SignalCounts(recorded=5))


def _interrupt(_: object) -> None:
    raise KeyboardInterrupt


def test_rows_whose_people_stand_in_an_earlier_batch_are_counted_since_they_are_weighed_apart(
    world: None,
) -> None:
    lines = [make_line("a", usp="1YYN"), make_line("b", usp="1YYN"), make_line("a", usp="1YYN")]

    together, apart = run(*lines, dry_run=True), run(*lines, dry_run=True, batch=2)
    done = run(*lines, batch=2)

    assert (together.apart, apart.apart, done.apart) == (0, 1, 0)
    assert done.signals is not None
    assert together.signals == done.signals
    assert apart.signals == replace(done.signals, recorded=3, repeated=0)


def test_the_command_says_what_would_be(
    world: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cmp.yaml").write_text(MAPPING)
    (tmp_path / "cmp.csv").write_bytes(make_file(MIXED))
    monkeypatch.setattr("consent.records.importing.PeopleBefore", _OneOfThem)
    monkeypatch.setattr(
        "consent.records.management.commands.import_consents.timezone", SimpleNamespace(now=lambda: NOON)
    )
    options = [str(tmp_path / "cmp.csv"), "--format=csv", f"--mapping={tmp_path / 'cmp.yaml'}"]

    call_command("import_consents", *options, "--dry-run")

    told = capsys.readouterr().out.splitlines()
    assert told[-5].startswith("1 rows are about people of rows further up, in an earlier batch: ")
    assert told[-4:] == [
        "choices would be recorded: 4 yes, 5 no",
        f"1 signal would come to nothing for something: {DEAF}",
        "signals: 8 would be recorded, 2 repeated, 4 conflicts, 2 yes not recorded",
        "8 would be accepted, 2 rejected",
    ]
    assert not ImportRun.objects.exists()

    call_command("import_consents", *options)

    done = capsys.readouterr().out.splitlines()
    assert done[-4:] == [line.replace("would be ", "").replace("would come", "came") for line in told[-4:]]


class _OneOfThem(import_people.PeopleBefore):
    """Whom a batch before tells of: somebody."""

    def count(self, _: object) -> None:
        self.again = 1


def keep_the_keys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("consent.keys.queries.lend_keys", ensure_keys)


def write(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("consent.records.importing.try_rows", record_rows)


def weigh_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        "consent.records.importing.try_rows",
        lambda rows, **_: [Recorded(SubjectRef(""), 1, ()) for _ in rows],
    )


@pytest.mark.parametrize("mutant", [keep_the_keys, write])
def test_a_dry_run_that_leaves_something_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None],
    committed_database: str,
    world: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mutant(monkeypatch)

    with pytest.raises(AssertionError):
        test_a_dry_run_leaves_nothing_in_any_table_of_any_database(committed_database, None)


@pytest.mark.parametrize("mutant", [write, weigh_nothing])
def test_a_dry_run_that_tells_something_else_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], world: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)

    with pytest.raises(AssertionError):
        test_a_dry_run_tells_exactly_what_the_import_then_does(None)
