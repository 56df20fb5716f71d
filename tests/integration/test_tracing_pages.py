"""What officers see of traces and breach reports, and what each needs to see it."""

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from activation.desk.tracing.models import BreachReport, TraceReport
from activation.desk.tracing.tasks import forget_reports, report_breach, trace
from activation.enforcement.models import EnforcementRun
from config.celery import app
from tests.breach_world import carry_out
from tests.enforcement_world import GERMAN, WITHDRAWN, make_world, write_csv
from tests.simulation_world import find
from tests.tracing_world import REASON, begin, browse, number, send, take_out, trace_whole

pytestmark = pytest.mark.django_db

TRACES = "/admin/activation_desk/tracereport/"
BREACHES = "/admin/activation_desk/breachreport/"
ASKED = {"kind": "customer_id", "value": GERMAN, "access": "request", "reason": REASON}


@pytest.fixture(autouse=True)
def _world(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Take what workers are told."""
    told: list[Any] = []
    monkeypatch.setattr(app, "send_task", lambda *given, **named: told.append((given, named)))
    return told


def ask(client: Client, **changes: str) -> Any:
    return client.post(f"{TRACES}trace/", {**ASKED, **changes})


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode() if not answer.streaming else b"".join(answer.streaming_content).decode()


def page_of(client: Client, report: Any, query: str = "") -> str:
    base = TRACES if isinstance(report, TraceReport) else BREACHES
    return text_of(client.get(f"{base}{report.pk}/change/{query}"))


def test_an_officer_traces_a_person_whose_identifier_is_in_no_address_and_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = send(tmp_path)
    caplog.set_level(logging.DEBUG)
    officer = browse("tracer", "trace_subject")

    answer = ask(officer)

    report = TraceReport.objects.get()
    assert answer.url == f"{TRACES}{report.pk}/change/"
    shown = officer.get(answer.url)
    page = text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    assert f"customer id {GERMAN}" in page
    assert "received" in page
    assert f"/enforcementrun/{one.pk}/change/" in page
    assert "whole file, as the run signed it" in page
    assert not [line for line in caplog.text.splitlines() if GERMAN in line]
    assert GERMAN not in text_of(officer.get(TRACES))


def test_the_page_tells_denials_with_reasons_and_clocks_of_what_was_taken_out(tmp_path: Path) -> None:
    send(tmp_path)
    officer = browse("tracer", "trace_subject")
    ask(officer, value=WITHDRAWN)
    assert "denied: withdrawn" in page_of(officer, TraceReport.objects.get())

    take_out(GERMAN)
    ask(officer)
    page = page_of(officer, TraceReport.objects.latest("requested_at"))
    assert "withdrawal: withdrawn" in page
    assert "acknowledged" in page
    assert "nowhere that we know of" in page


def test_whoever_may_not_trace_or_did_not_ask_sees_nothing(tmp_path: Path) -> None:
    send(tmp_path)
    other, nobody = browse("other", "trace_subject"), browse("nobody", "view_enforcementrun")
    officer = browse("tracer", "trace_subject")
    ask(officer)
    report = TraceReport.objects.get()

    assert other.get(f"{TRACES}{report.pk}/change/").status_code == 403
    for step in ("trace-all", "csv", "json", "cancel"):
        assert other.post(f"{TRACES}{report.pk}/step/{step}/").status_code == 403
        assert nobody.post(f"{TRACES}{report.pk}/step/{step}/").status_code == 403
        assert officer.get(f"{TRACES}{report.pk}/step/{step}/").status_code == 405
    assert nobody.get(f"{TRACES}{report.pk}/change/").status_code == 403
    assert ask(nobody).status_code == 403
    assert nobody.get(TRACES).status_code == 403
    assert Client().get(f"{TRACES}{report.pk}/change/").status_code == 302
    assert REASON in text_of(other.get(TRACES))
    assert f"{report.pk}/change/" not in text_of(other.get(TRACES))
    assert f"{report.pk}/change/" in text_of(officer.get(TRACES))
    assert officer.post(f"{TRACES}{report.pk}/step/unknown/").status_code == 404
    assert officer.get(f"{TRACES}no-id/change/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "email", "value": "no address"}, "is no e-mail address"),
        ({"kind": "subject_ref", "value": "nobody"}, "no subject has this reference"),
        ({"reason": "of alice@customers.example"}, "the reason names somebody"),
        ({"reason": ""}, "This field is required"),
        ({"kind": "shoe_size"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_traced_is_refused_with_what_to_do(changes: dict[str, str], words: str) -> None:
    page = text_of(ask(browse("tracer", "trace_subject"), **changes))

    assert words in page
    assert not TraceReport.objects.exists()


def test_runs_are_shown_in_pages_and_filtered(tmp_path: Path) -> None:
    run = send(tmp_path)
    rows = [EnforcementRun(**{**_columns(run), "id": _id(number)}) for number in range(60)]
    EnforcementRun.objects.bulk_create(rows)
    officer = browse("tracer", "trace_subject")
    ask(officer)
    report = TraceReport.objects.get()

    page = page_of(officer, report)
    shown, more = page.count("/enforcementrun/"), page.partition("behind=")[2].partition('"')[0]
    second = page_of(officer, report, f"?behind={more}")

    assert shown == second.count("/enforcementrun/") == 25
    assert "Latest runs" in second
    assert page_of(officer, report, "?destination=ads").count("/enforcementrun/") == 25
    assert "not one of the available choices" in page_of(officer, report, "?destination=nowhere")
    assert "No runs." in page_of(officer, report, "?since=2999-01-01")
    assert page_of(officer, report, "?behind=nonsense").count("/enforcementrun/") == 25
    assert page_of(officer, report, f"?behind={'9' * 17}-{'f' * 32}").count("/enforcementrun/") >= 0
    assert "its whole evidence read: received" in page_of(officer, report, f"?verify={run.pk}")
    assert "not on record any more" in page_of(officer, report, f"?verify={_id(99)}")
    assert officer.get(f"{TRACES}{report.pk}/change/?verify=x").status_code == 404


def _columns(run: EnforcementRun) -> dict[str, Any]:
    return {field.attname: getattr(run, field.attname) for field in EnforcementRun._meta.concrete_fields}


def _id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def test_all_runs_are_looked_up_by_a_worker_and_handed_out(
    tmp_path: Path,
    sent: list[Any],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    send(tmp_path)
    officer = browse("tracer", "trace_subject")
    ask(officer)
    report = TraceReport.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        officer.post(f"{TRACES}{report.pk}/step/trace-all/")
    assert sent == [
        (("desk.trace",), {"kwargs": {"report_id": str(report.pk)}, "retry": False, "expires": 60})
    ]
    assert "Not finished" in page_of(officer, report)
    nothing = officer.post(f"{TRACES}{report.pk}/step/csv/", follow=True)
    assert "nothing to hand out yet" in text_of(nothing)
    assert trace() == 1

    assert "Download as CSV" in page_of(officer, report)
    answer = officer.post(f"{TRACES}{report.pk}/step/csv/")
    assert answer["Content-Disposition"] == f'attachment; filename="trace-{report.pk}.csv"'
    assert "no-store" in answer["Cache-Control"]
    assert "run," in text_of(answer)
    rows = json.loads(text_of(officer.post(f"{TRACES}{report.pk}/step/json/")))
    assert {row["what"] for row in rows} == {"run", "held"}


def test_a_trace_whose_time_is_over_says_so(tmp_path: Path) -> None:
    send(tmp_path)
    officer = browse("tracer", "trace_subject")
    ask(officer)
    report = TraceReport.objects.get()
    TraceReport.objects.update(expires_at=timezone.now())
    forget_reports()

    page = page_of(officer, report)
    assert "destroyed when its time was over" in page
    assert GERMAN not in page


def fill(**changes: str) -> dict[str, str]:
    now = timezone.now()
    return {
        "destination": "ads",
        "dataset": "",
        "since": f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M:%S}",
        "until": f"{now:%Y-%m-%dT%H:%M:%S}",
        "known_at": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
        "reason": "credentials lost, case 12",
        **changes,
    }


def test_a_breach_is_reported_counted_and_its_list_opened_by_two(
    tmp_path: Path,
    sent: list[Any],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    send(tmp_path)
    EnforcementRun.objects.update(started_at=timezone.now() - timedelta(minutes=1))  # forms cut fractions
    first = browse("first", "manage_breaches", "open_breach_list")
    second = browse("second", "open_breach_list")

    with django_capture_on_commit_callbacks(execute=True):
        answer = first.post(f"{BREACHES}open/", fill())
    report = BreachReport.objects.get()
    assert answer["Location"] == f"{BREACHES}{report.pk}/change/"
    assert [one[0][0] for one in sent] == ["desk.report_breach"]
    assert "Not finished" in page_of(first, report)
    assert report_breach() == 1

    page = page_of(first, report)
    for words in ("70 hours left", "Art. 33(1)", "no legal advice", "contact.email", "GB", "Residence"):
        assert words in page
    assert not [secret for secret in (find(GERMAN), "customers.example") if secret in page]

    def step(client: Client, name: str, **told: object) -> Any:
        return client.post(f"{BREACHES}{report.pk}/step/{name}/", told, follow=True)

    assert "have another officer approve" in text_of(step(first, "list"))
    assert "Another officer has to approve" in text_of(step(first, "ask"))
    asked_by = BreachReport.objects.values_list("opening_asked_by", flat=True).get()
    assert f'name="asked_by" value="{asked_by}"' in page_of(second, report)
    refused = text_of(step(first, "approve", asked_by=asked_by))
    assert "another officer has to approve: two people" in refused
    assert "somebody else has asked" in text_of(step(second, "approve"))
    assert "Approved." in text_of(step(second, "approve", asked_by=asked_by))
    answer = step(first, "list")
    assert answer["Content-Disposition"] == f'attachment; filename="breach-{report.pk}.ndjson"'
    assert len(text_of(answer).splitlines()) == 2
    assert "Downloaded" in page_of(second, report)
    assert second.post(f"{BREACHES}{report.pk}/step/destroy/").status_code == 403
    assert "The list is destroyed" in text_of(step(first, "destroy"))
    assert "The list was destroyed" in page_of(second, report)


def test_only_officers_with_the_permissions_see_breaches_and_their_lists(tmp_path: Path) -> None:
    send(tmp_path)
    report = carry_out()
    manager, nobody = browse("manager", "manage_breaches"), browse("nobody", "trace_subject")

    for step in ("ask", "approve", "list"):
        assert manager.post(f"{BREACHES}{report.pk}/step/{step}/").status_code == 403
    for step in ("cancel", "again", "destroy", "ask", "list"):
        assert nobody.post(f"{BREACHES}{report.pk}/step/{step}/").status_code == 403
    assert nobody.get(f"{BREACHES}{report.pk}/change/").status_code == 403
    assert nobody.get(f"{BREACHES}open/").status_code == 403
    assert nobody.get(BREACHES).status_code == 403
    assert "destination ads" in text_of(manager.get(BREACHES))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"destination": ""}, "one of the two"),
        ({"dataset": "d17"}, "one of the two"),
        ({"destination": "", "dataset": "d17"}, "lineage knows no"),
        ({"until": "2999-01-01T00:00"}, "later than now"),
        ({"known_at": "2020-01-01T00:00"}, "became known before it began"),
        ({"since": "yesterday"}, "Enter a valid date/time"),
        ({"reason": "a@b"}, "names somebody"),
    ],
)
def test_a_breach_that_cannot_be_reported_is_refused_with_what_to_do(
    changes: dict[str, str], words: str
) -> None:
    page = text_of(browse("first", "manage_breaches").post(f"{BREACHES}open/", fill(**changes)))

    assert words in page
    assert not BreachReport.objects.exists()


def test_the_lists_are_filtered(tmp_path: Path) -> None:
    send(tmp_path)
    begin(number(GERMAN))
    trace_whole(begin(number(WITHDRAWN)))
    carry_out()
    officer = browse("viewer", "trace_subject", "manage_breaches")

    assert text_of(officer.get(f"{TRACES}?status=completed")).count("request 4711") == 1
    assert text_of(officer.get(f"{TRACES}?access__exact=audit")).count("request 4711") == 0
    assert "destination ads" in text_of(officer.get(f"{BREACHES}?scope=destination"))
    assert "destination ads" not in text_of(officer.get(f"{BREACHES}?scope=dataset"))
