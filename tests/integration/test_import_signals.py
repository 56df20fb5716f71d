"""Importing a consent platform's strings: recorded by the API's own service, safe to repeat and to resume."""

import io
import json
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from consent.keys.models import DataKey
from consent.records.models import ConsentRecord, CurrentChoice, ImportRun, RecordedSignal, SignalMapping
from consent.records.queries import list_signal_texts
from consent.records.services import (
    Format,
    ImportInterrupted,
    MalformedHeader,
    MalformedMapping,
    import_file,
    record_rows,
)
from consent.records.types import FaultCode, SignalKind
from consent.subjects.models import IdentifierIndex, Subject
from consent.subjects.types import SubjectRef
from tests.ledger_world import read_entries, sequence_all
from tests.signal_files import (
    HEADER,
    MAPPING,
    SALE_OPT_OUT,
    UNTIMED,
    list_in_force,
    make_file,
    make_line,
    make_tc_line,
    run,
)
from tests.signals_world import (
    ADS,
    AUDIENCE,
    AUDIENCE_PURPOSES,
    DAY,
    EVERYTHING,
    NOON,
    choose,
    make_tc,
    publish_policy,
    read,
    say,
    signals,
)

pytestmark = pytest.mark.django_db
PERSON = "customer-00056"
DEAF = "a yes of this framework is none by the law that applies to the person"
HASH = "a" * 64


@pytest.fixture(autouse=True)
def _world(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the ledger's clock, and put the policy in force."""
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: NOON)
    publish_policy()


def days_ago(days: int) -> datetime:
    return NOON - days * DAY


def list_refs() -> list[SubjectRef]:
    return [SubjectRef(ref) for ref in Subject.objects.order_by("ref").values_list("ref", flat=True)]


def count_rows() -> dict[str, int]:
    """Return how much there is of everything that an import writes."""
    tables = (
        ConsentRecord,
        CurrentChoice,
        DataKey,
        IdentifierIndex,
        ImportRun,
        RecordedSignal,
        SignalMapping,
        Subject,
    )
    return {table.__name__: table.objects.count() for table in tables} | {"ledger": sequence_all()}


def test_rows_are_recorded_and_the_report_counts_what_became_of_their_signals() -> None:
    report = run(
        make_tc_line("1", *EVERYTHING, made_at=days_ago(3)),
        make_line("2", tcf=make_tc(*EVERYTHING), gpc="1", at=days_ago(1)),
        make_line("3", usp="1YYN", gpp=SALE_OPT_OUT, at=days_ago(1), country="US-CA"),
        make_line("4", gpc="0"),
        make_tc_line("1", *EVERYTHING, made_at=days_ago(3)),
        make_line("5", tcf=make_tc(*EVERYTHING, made_at=days_ago(3)), at=days_ago(3), country="BR"),
    )

    assert (report.accepted, report.rejected, report.faults) == (5, 0, ())
    assert report.signals is not None
    assert (report.signals.recorded, report.signals.repeated) == (6, 1)
    assert (report.signals.conflicts, report.signals.yes_not_recorded) == (1, 1)
    assert report.signals.unread == {DEAF: 1}
    assert ConsentRecord.objects.filter(choice="granted").values_list("purpose", flat=True).count() == 3


_CORE, _DISCLOSED = make_tc(1).split(".")
TWICE = f"{_CORE}.{_DISCLOSED}.{_DISCLOSED}"
BROKEN: dict[str, tuple[str, str, str, str, int | None]] = {
    "a truncated string": (
        make_line("1", tcf=make_tc(1)[:20]),
        "malformed_signal",
        "tcString",
        "truncated",
        20,
    ),
    "a segment twice": (make_line("1", tcf=TWICE), "malformed_signal", "tcString", "duplicate_segment", 58),
    "no base64url": (
        make_line("1", tcf="!" + make_tc(1)[1:]),
        "malformed_signal",
        "tcString",
        "not_base64url",
        0,
    ),
    "a wrong letter": (make_line("1", usp="1YXN"), "malformed_signal", "usprivacy", "not_allowed", 2),
    "a section less": (make_line("1", gpp="DBABLA"), "malformed_signal", "gppString", "section_count", 6),
    "another word for GPC": (make_line("1", gpc="yes"), "malformed_value", "gpc", "", None),
    "empty strings": (make_line("1"), "empty_row", "", "", None),
    "no time": (make_line("1", usp="1YYN", at=""), "missing_field", "updated", "", None),
    "a word for a time": (make_line("1", usp="1YYN", at="yesterday"), "malformed_time", "updated", "", None),
    "no offset": (make_line("1", usp="1YYN", at="2026-06-01 10:00"), "malformed_time", "updated", "", None),
    "a time to come": (make_line("1", usp="1YYN", at=NOON + DAY), "time_out_of_bounds", "updated", "", None),
    "a country's name": (
        make_line("1", usp="1YYN", country="Germany"),
        "malformed_value",
        "country",
        "",
        None,
    ),
    "nobody": (make_line("", usp="1YYN"), "missing_field", "identifiers", "", None),
    "no hash": (f"1,x,,,1YYN,,{NOON.isoformat()},DE", "malformed_identifier", "mail", "", None),
    "too few columns": ("1,1YYN", "wrong_column_count", "", "", None),
    "an open quote": ('1,"1YYN', "malformed_csv", "", "", None),
}


@pytest.mark.parametrize(
    ("line", "code", "column", "reason", "position"),
    [pytest.param(*told, id=name) for name, told in BROKEN.items()],
)
def test_a_row_that_is_out_of_order_is_told_by_line_column_and_reason_and_spoils_no_other(
    line: str, code: str, column: str, reason: str, position: int | None
) -> None:
    good = make_tc_line("good", *EVERYTHING, made_at=days_ago(2))

    report = run(good, line)

    assert (report.accepted, report.rejected) == (1, 1)
    [fault] = report.faults
    assert (fault.line, fault.code, fault.path) == (3, FaultCode(code), column)
    assert (fault.reason, fault.position) == (reason, position)
    assert RecordedSignal.objects.count() == 1
    assert Subject.objects.count() == 1


def test_bytes_that_are_no_text_spoil_their_row_alone() -> None:
    text = make_file([make_line("1", usp="1YYN")]) + b"M\xfcller,,,,1YYN,,,DE\r\n"

    report = run(text=text + make_line("2", usp="1YYN").encode())

    assert (report.accepted, [fault.code for fault in report.faults]) == (2, [FaultCode.MALFORMED_TEXT])


def test_nothing_that_a_rejected_row_holds_is_kept_told_or_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_tc(*EVERYTHING)[:30]
    paths = {name: tmp_path / name for name in ("cmp.csv", "cmp.yaml", "rejects.csv")}
    paths["cmp.csv"].write_bytes(make_file([make_line(PERSON, tcf=broken, at=days_ago(1))]))
    paths["cmp.yaml"].write_text(MAPPING)

    call_command(
        "import_consents",
        str(paths["cmp.csv"]),
        "--format=csv",
        f"--mapping={paths['cmp.yaml']}",
        f"--rejects={paths['rejects.csv']}",
    )

    captured = capsys.readouterr()
    rejects = paths["rejects.csv"].read_text()
    assert rejects.splitlines()[1].startswith("2,malformed_signal,tcString,truncated,")
    kept = json.dumps(list(ImportRun.objects.values("faults", "signals")))
    for place in (captured.out, captured.err, rejects, kept, caplog.text):
        assert PERSON not in place
        assert broken[:12] not in place
    assert captured.out.endswith("0 accepted, 1 rejected\n")


def test_the_text_is_sealed_and_in_the_open_nowhere() -> None:
    string = make_tc(*EVERYTHING, made_at=days_ago(3))

    run(make_line(PERSON, tcf=string, at=days_ago(3)))

    entries = [entry.envelope for entry in read_entries()]
    assert sum(b'"signal_recorded"' in envelope for envelope in entries) == 1
    for secret in (string, PERSON):
        assert not any(secret.encode() in envelope for envelope in entries)
    [ref] = list_refs()
    assert list_signal_texts(refs=[ref], kind=SignalKind.TCF)[ref].text == string


@pytest.mark.parametrize("mapping", [MAPPING, UNTIMED], ids=["with times", "by the strings' own times"])
@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_an_older_yes_never_beats_a_newer_no_in_whatever_order_they_stand(batch: int, mapping: str) -> None:
    told = {
        "yes": make_tc_line(PERSON, *EVERYTHING, made_at=days_ago(90)),
        "no": make_tc_line(PERSON, 1, made_at=days_ago(30)),
        "older yes": make_tc_line(PERSON, 1, 8, made_at=days_ago(60)),
    }
    for place, order in enumerate(permutations(told.values())):
        lines = [line.replace(PERSON, f"p{place}") for line in order]
        run(*lines, batch=batch, mapping=mapping)
    assert set(CurrentChoice.objects.values_list("choice", flat=True)) == {"refused"}
    assert Subject.objects.count() == 6


def test_what_the_newest_string_says_counts_in_whatever_order_a_batch_holds_them() -> None:
    told = {
        "yes": make_tc_line(PERSON, *EVERYTHING, made_at=days_ago(90)),
        "no": make_tc_line(PERSON, made_at=days_ago(60)),
        "newer yes": make_tc_line(PERSON, *AUDIENCE_PURPOSES, made_at=days_ago(30)),
    }
    for place, order in enumerate(permutations(told.values())):
        run(*[line.replace(PERSON, f"p{place}") for line in order])
    assert set(CurrentChoice.objects.filter(purpose=AUDIENCE).values_list("choice", flat=True)) == {"granted"}
    assert set(CurrentChoice.objects.filter(purpose=ADS).values_list("choice", flat=True)) == {"refused"}


def test_a_string_lifts_no_older_no_of_another_kind_in_whatever_order_a_batch_holds_them() -> None:
    yes = make_tc_line(PERSON, *EVERYTHING, made_at=days_ago(30))
    for place, no in enumerate(({"usp": "1YYN"}, {"gpc": "1"}, {"gpp": SALE_OPT_OUT})):
        for turn, order in enumerate(permutations((yes, make_line(PERSON, **no, at=days_ago(60))))):
            run(*[line.replace(PERSON, f"p{place}{turn}") for line in order])

    assert not ConsentRecord.objects.filter(purpose=ADS, choice="granted").exists()
    assert ConsentRecord.objects.filter(purpose=AUDIENCE, choice="granted").count() == 6


def test_further_apart_than_a_batch_the_newest_first_counts_and_a_later_yes_after_a_no_is_kept_out() -> None:
    newer, older = days_ago(30), days_ago(60)
    yes, no = make_tc_line(PERSON, *EVERYTHING, made_at=newer), make_tc_line(PERSON, made_at=older)

    first = run(yes, no, batch=1)
    last = run(no.replace(PERSON, "other"), yes.replace(PERSON, "other"), batch=1)

    assert [one.signals.yes_not_recorded for one in (first, last) if one.signals] == [0, 2]
    in_force = CurrentChoice.objects.filter(purpose=ADS).values_list("choice", flat=True)
    assert sorted(in_force) == ["granted", "refused"]


def test_a_string_without_disclosed_vendors_grants_if_it_is_older_than_the_rule_that_asks_for_them() -> None:
    old, new = datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    for place, made_at in enumerate((old, new)):
        core = make_tc(*EVERYTHING, made_at=made_at).partition(".")[0]
        report = run(make_line(f"p{place}", tcf=core, at=made_at))

    assert report.signals is not None
    assert "DisclosedVendors" in str(report.signals.unread)
    granted = ConsentRecord.objects.filter(choice="granted")
    assert set(granted.values_list("purpose", "effective_at")) == {(ADS, old), (AUDIENCE, old)}


def test_a_string_lifts_no_no_that_was_on_record_and_the_same_holds_of_the_api() -> None:
    say(choices=[choose(ADS, "refused", made_at=days_ago(60))])
    say(signals=signals(usp="1YYN", effective_at=days_ago(50).isoformat()))

    report = run(make_line("00001", tcf=make_tc(*EVERYTHING, made_at=days_ago(3)), at=days_ago(3)))

    assert report.signals is not None
    assert report.signals.yes_not_recorded == 1
    assert list_in_force() == {ADS: "opted_out", AUDIENCE: "granted"}


def test_an_import_comes_to_what_the_same_rows_come_to_at_the_api() -> None:
    given: list[dict[str, Any]] = [
        {"tcf": make_tc(*EVERYTHING, made_at=days_ago(90)), "at": days_ago(90)},
        {"usp": "1YYN", "at": days_ago(80)},
        {"gpc": "1", "at": days_ago(70)},
        {"tcf": make_tc(1, 8, made_at=days_ago(60)), "at": days_ago(60)},
        {"gpp": SALE_OPT_OUT, "at": days_ago(50)},
    ]
    run(*[make_line("first person", **one) for one in given])
    [imported] = list_refs()

    for one in given:
        told = {name: value for name, value in one.items() if name != "at"}
        row = {
            "identifiers": [{"kind": "customer_id", "value": "other person"}],
            "signals": signals(**told, jurisdictions=["DE"], effective_at=one["at"].isoformat()),
        }
        record_rows(rows=[read(row)], source="cmp", at=NOON)

    [sent] = set(list_refs()) - {imported}
    assert list_written(imported) == list_written(sent)
    assert len(list_written(sent)) > len(given)


def list_written(ref: SubjectRef) -> list[tuple[object, ...]]:
    rows = ConsentRecord.objects.filter(subject=ref).order_by("version")
    return list(rows.values_list("version", "purpose", "choice", "method", "effective_at", "controller"))


def test_the_same_file_changes_nothing_and_its_rows_in_another_file_are_repeats() -> None:
    lines = [
        make_line(PERSON, usp="1YYN", at=days_ago(9)),
        make_line(PERSON, usp="1YNN", at=days_ago(8)),
        make_line(PERSON, usp="1YYN", at=days_ago(7)),
        make_tc_line(PERSON, *EVERYTHING, made_at=days_ago(6)),
        make_tc_line(PERSON, 1, made_at=days_ago(5)),
        make_tc_line(PERSON, *EVERYTHING, made_at=days_ago(6)),
    ]
    first = run(*lines)
    before = count_rows()

    again = run(*lines)
    assert (again.repeated, again.signals) == (True, first.signals)
    assert count_rows() == before

    for order in (lines, lines[::-1]):
        other = run(*order, make_line("passed over", gpc="0"), batch=len(order) - 1)
        assert other.signals is not None
        assert (other.signals.recorded, other.signals.repeated) == (0, 6)
    after = count_rows()
    assert {**after, "ImportRun": 1} == before


def test_a_dry_run_tells_what_would_be_rejected_and_writes_nothing() -> None:
    before = count_rows()

    report = run(
        make_tc_line("1", *EVERYTHING, made_at=days_ago(3)), make_line("2", usp="nope"), dry_run=True
    )

    assert (report.accepted, report.rejected, report.choices) == (1, 1, {"granted": 2})
    assert count_rows() == before


def test_an_import_that_was_cut_short_goes_on_and_counts_the_whole() -> None:
    lines = [make_tc_line(f"p{n}", *EVERYTHING, made_at=days_ago(3)) for n in range(5)]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER fail BEFORE UPDATE ON consent_records_importrun
                FOR EACH ROW WHEN (NEW.accepted = 5) EXECUTE FUNCTION fail();
            """
        )
    with pytest.raises(ImportInterrupted, match="lines 1 to 5 are done"):
        run(*lines, batch=2)
    assert RecordedSignal.objects.count() == 4
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fail ON consent_records_importrun")

    report = run(*lines, batch=2)

    assert report.signals is not None
    assert (report.accepted, report.signals.recorded, report.signals.repeated) == (5, 5, 0)
    assert RecordedSignal.objects.count() == 5


def test_objects_on_lines_are_read_by_dotted_paths() -> None:
    mapping = """
schema: accordant/import-mapping/1
identifiers: {user.externalId: customer_id}
controller: acme
signals:
  {tcf: consent.euconsent-v2, gpc: consent.gpc, effective_at: at, time_format: milliseconds,
   jurisdictions: [geo.country, geo.region]}
"""
    message = {
        "user": {"externalId": 56},
        "consent": {"euconsent-v2": make_tc(*EVERYTHING, made_at=days_ago(3)), "gpc": False},
        "at": int(days_ago(3).timestamp() * 1000),
        "geo": {"country": "de", "region": None},
    }
    damaged = {**message, "consent": {"euconsent-v2": "CQ"}}
    text = b"\xef\xbb\xbf" + "\n".join(map(json.dumps, [message, damaged])).encode()

    report = run(text=text, mapping=mapping, file_format=Format.CMP)

    assert (report.accepted, report.rejected) == (1, 1)
    assert report.faults[0].path == "consent.euconsent-v2"
    assert list_in_force() == {ADS: "granted", AUDIENCE: "granted"}


def test_a_file_whose_columns_are_not_those_of_the_mapping_is_refused_before_anything_is_read() -> None:
    with pytest.raises(MalformedHeader, match="not there: tcString"):
        run(text=make_file([]).replace(b"tcString", b"tc_string"))
    with pytest.raises(MalformedHeader, match="one name"):
        run(text=(HEADER + ",country\n").encode())
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("file_format", "mapping", "message"),
    [
        (Format.CMP, None, "needs a mapping"),
        (Format.CMP, MAPPING.partition("signals:")[0], "signals: missing"),
        (Format.SEGMENT, MAPPING, "holds none"),
        (Format.NDJSON, MAPPING, "takes no mapping"),
        (Format.CSV, MAPPING.replace("customer_id", "customer"), "identifiers.customer: expected one of"),
    ],
    ids=["none", "no signals", "another vendor's", "our own", "unknown kind"],
)
def test_a_mapping_that_does_not_fit_the_format_is_refused(
    file_format: Format, mapping: str | None, message: str
) -> None:
    with pytest.raises(MalformedMapping, match=message):
        import_file(
            file=io.BytesIO(b"{}"), file_format=file_format, mapping_text=mapping, source="cmp", at=NOON
        )


def test_the_command_sums_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cmp.yaml").write_text(MAPPING)
    (tmp_path / "cmp.csv").write_bytes(
        make_file([make_line("1", usp="1YYN", at=days_ago(3)), make_line("2", usp="x", at=days_ago(3))])
    )
    options = ["--format=csv", f"--mapping={tmp_path / 'cmp.yaml'}"]

    call_command("import_consents", str(tmp_path / "cmp.csv"), *options)

    out = capsys.readouterr().out
    assert "line 3: malformed_signal: usprivacy: " in out
    assert "signals: 1 recorded, 0 repeated, 0 conflicts, 0 yes not recorded\n1 accepted, 1 rejected" in out


def test_a_rejects_file_that_cannot_be_written_is_told_before_anything_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "cmp.csv").write_bytes(make_file([]))

    with pytest.raises(CommandError, match="cannot write"):
        call_command("import_consents", str(tmp_path / "cmp.csv"), f"--rejects={tmp_path / 'no' / 'file'}")

    assert not ImportRun.objects.exists()
