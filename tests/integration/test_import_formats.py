"""Importing CSV and vendors' messages, end to end."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from activation.checks import services as checks
from activation.checks.types import Scope
from consent.records.import_types import ImportReport
from consent.records.models import ConsentRecord, ImportRun
from consent.records.services import Format, ImportInterrupted, MalformedHeader, MalformedMapping, import_file
from consent.records.types import FaultCode
from tests.adapter_cases import batch, consented, segment_event
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1, make_line, publish_policy

pytestmark = pytest.mark.django_db

AT = "2026-01-05T10:00:00Z"
HEADER = "identifier.email,choice,purpose,controller,effective_at\n"
MAPPING = """
schema: accordant/import-mapping/1
identifiers: {userId: user_id}
purposes: {Email: marketing.email}
controller: acme
"""


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


def run(
    text: str | bytes, file_format: Format, mapping: str | None = None, *, dry_run: bool = False
) -> ImportReport:
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return import_file(
        file=file, file_format=file_format, mapping_text=mapping, source="test", at=JUNE_1, dry_run=dry_run
    )


def make_headers() -> dict[str, str]:
    key = checks.create_key(
        name="shop", scopes=[Scope.CONSENTS_IMPORT], valid_for=timedelta(days=1), at=timezone.now()
    )
    return {"Authorization": f"Bearer {key}"}


def make_rows(count: int) -> str:
    return HEADER + "".join(
        f"c{n}@customers.example,granted,marketing.email,acme,{AT}\n" for n in range(count)
    )


def test_rows_of_csv_go_in_and_those_out_of_order_are_told_by_line_and_reason() -> None:
    text = (
        "\ufeff" + HEADER + f"a@customers.example,granted,marketing.email,acme,{AT}\n"
        f'"b@customers.example\n",granted,marketing.email,acme,{AT}\n'
        "c@customers.example,granted\n"
        "\n"
        "d@customers.example,refused,*,,\n"
        f"e@customers.example,granted,marketing.email,nobody,{AT}\n"
    ).encode() + b"M\xfcller,refused,*,,\n"

    report = run(text, Format.CSV)

    assert (report.accepted, report.rejected) == (3, 3)
    assert [(fault.line, fault.code) for fault in report.faults] == [
        (5, FaultCode.WRONG_COLUMN_COUNT),
        (8, FaultCode.UNKNOWN_CONTROLLER),
        (9, FaultCode.MALFORMED_TEXT),
    ]
    assert ConsentRecord.objects.filter(choice="granted").count() == 2
    assert ConsentRecord.objects.get(choice="refused").effective_at == JUNE_1
    assert ConsentRecord.objects.filter(back_dated=True).count() == 3


def test_the_same_file_changes_nothing_and_with_another_mapping_it_is_another_import() -> None:
    text = json.dumps(segment_event({"Email": False})) + "\n"
    first = run(text, Format.SEGMENT, MAPPING)
    size = len(read_entries())

    assert run(text, Format.SEGMENT, MAPPING).repeated
    assert len(read_entries()) == size

    other = run(text, Format.SEGMENT, MAPPING + "no_means: withdrawn\n")

    assert (first.accepted, other.accepted, other.repeated) == (1, 1, False)
    assert set(ConsentRecord.objects.values_list("choice", flat=True)) == {"refused", "withdrawn"}
    assert ImportRun.objects.count() == 2


def test_a_csv_import_that_was_cut_short_goes_on_behind_what_was_done() -> None:
    text = make_rows(1500) + f"last@customers.example,granted,marketing.email,acme,{AT}\n"
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = 'disk_full'; END $$;
            CREATE TRIGGER fail BEFORE UPDATE ON consent_records_importrun
                FOR EACH ROW WHEN (NEW.accepted = 1501) EXECUTE FUNCTION fail();
            """
        )
    with pytest.raises(ImportInterrupted, match="lines 1 to 1001 are done"):
        run(text, Format.CSV)
    assert ConsentRecord.objects.count() == 1000
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER fail ON consent_records_importrun")

    report = run(text, Format.CSV)

    assert (report.accepted, report.rejected) == (1501, 0)
    assert ConsentRecord.objects.count() == 1501


def test_a_dry_run_of_csv_writes_nothing() -> None:
    report = run(make_rows(2), Format.CSV, dry_run=True)

    assert report.accepted == 2
    assert not ImportRun.objects.exists()
    assert not ConsentRecord.objects.exists()


def test_a_message_goes_in_whole_or_not_at_all_and_one_that_says_nothing_is_passed_over() -> None:
    lines = [
        segment_event({"Email": True}),
        segment_event({"Email": False, "Other": False}),
        segment_event({"Email": True}, event="Order Completed"),
    ]

    report = run("\n".join(json.dumps(line) for line in lines), Format.SEGMENT, MAPPING)

    assert (report.accepted, report.rejected) == (1, 1)
    assert (report.faults[0].line, report.faults[0].code) == (2, FaultCode.UNMAPPED_PURPOSE)
    assert report.faults[0].message.startswith("context.consent.categoryPreferences.Other: ")
    assert ConsentRecord.objects.get().choice == "granted"


def test_a_batch_with_a_64_bit_id_is_read_to_its_last_digit() -> None:
    mapping = MAPPING.replace("userId", "mpid").replace("Email", "ccpa/data_sale_opt_out")
    text = json.dumps(batch(ccpa={"data_sale_opt_out": consented(True)}))

    report = run(text, Format.MPARTICLE, mapping)

    assert (report.accepted, report.rejected) == (1, 0)
    assert ConsentRecord.objects.get().choice == "opted_out"


@pytest.mark.parametrize(
    ("text", "file_format", "mapping", "error"),
    [
        ("{}", Format.SEGMENT, None, MalformedMapping),
        ("{}", Format.NDJSON, MAPPING, MalformedMapping),
        (
            "{}",
            Format.SEGMENT,
            "schema: accordant/import-mapping/1\nidentifiers: {a: email}",
            MalformedMapping,
        ),
        ("{}", Format.SEGMENT, "[]", MalformedMapping),
        ("", Format.CSV, None, MalformedHeader),
        ("a,b\n", Format.CSV, None, MalformedHeader),
        (b"\xff\xfea", Format.CSV, None, MalformedHeader),
    ],
    ids=["no mapping", "a mapping too many", "no purposes", "no mapping file", "empty", "names", "UTF-16"],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_written(
    text: str | bytes, file_format: Format, mapping: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(text, file_format, mapping)

    assert not ImportRun.objects.exists()


def test_the_command_takes_a_format_and_a_mapping(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, mapping = tmp_path / "events.ndjson", tmp_path / "segment.yaml"
    file.write_text(json.dumps(segment_event({"Email": False})))
    mapping.write_text(MAPPING)

    call_command("import_consents", str(file), "--format=segment", f"--mapping={mapping}")

    assert capsys.readouterr().out == "choices recorded: 0 yes, 1 no\n1 accepted, 0 rejected\n"
    assert ConsentRecord.objects.get().purpose == "marketing.email"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [(MAPPING + "no_means: maybe\n", "no_means: expected one of"), (None, "segment needs a mapping")],
    ids=["malformed", "missing"],
)
def test_the_command_tells_what_is_wrong_with_a_mapping(
    tmp_path: Path, mapping: str | None, message: str
) -> None:
    file, options = tmp_path / "events.ndjson", []
    file.write_text("{}")
    if mapping is not None:
        (tmp_path / "segment.yaml").write_text(mapping)
        options = [f"--mapping={tmp_path / 'segment.yaml'}"]

    with pytest.raises(CommandError, match=message):
        call_command("import_consents", str(file), "--format=segment", *options)

    assert not ImportRun.objects.exists()


def test_the_api_takes_csv_whose_columns_bear_the_names_of_fields(client: Client) -> None:
    answer = client.post(
        "/api/v1/consents/import",
        make_rows(1) + "x@customers.example,?,marketing.email,acme,\n",
        content_type="text/csv; charset=utf-8",
        headers=make_headers(),
    )

    assert answer.status_code == 200
    body = answer.json()
    assert (body["accepted"], body["rejected"]) == (1, 1)
    assert body["faults"][0]["line"] == 3


def test_the_api_refuses_csv_whose_columns_it_does_not_know(client: Client) -> None:
    answer = client.post(
        "/api/v1/consents/import",
        "mail,said\na@customers.example,granted\n",
        content_type="text/csv",
        headers=make_headers(),
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_header")
    assert not ImportRun.objects.exists()


def test_our_own_lines_go_in_as_before() -> None:
    assert run(make_line("1"), Format.NDJSON).accepted == 1
