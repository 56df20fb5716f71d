"""What would become of a list: told, and nothing written."""

import json
import tempfile
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from activation.decisions.reasons import Reason
from activation.enforcement import coverage_page
from activation.enforcement.audience.identifiers import IdentifierColumnMissing
from activation.enforcement.coverage import Coverage, report_coverage
from activation.enforcement.wording import PLAIN_WORDS
from activation.snapshots.queries import ControllerMissing
from consent.ledger.models import PendingEvent
from tests import enforcement_world
from tests.enforcement_world import QUESTION, list_names, make_world, run, write_csv
from tests.trail_world import list_told, read_all

pytestmark = pytest.mark.django_db

PAGE = "/admin/activation_enforcement/enforcementrun/coverage/"


def report(folder: Path, **changes: object) -> Coverage:
    arguments: dict[str, object] = {
        **QUESTION,
        "input_path": folder / "audience.csv",
        "at": timezone.now(),
        **changes,
    }
    return report_coverage(**arguments)  # type: ignore[arg-type]  # a test's changes


def count_rows() -> dict[str, int]:
    """Return the number of rows of every table."""
    kept = (model for model in apps.get_models() if model._meta.managed)  # the others are pages without rows
    return {model._meta.label: model._default_manager.count() for model in kept}


def test_a_report_tells_what_a_run_would_do(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    told = report(tmp_path)
    done = run(tmp_path)

    assert (told.rows, told.allowed, told.denied) == (done.rows_in, done.allowed, done.denied) == (7, 2, 5)
    assert dict(told.denied_by_reason) == done.denied_by_reason
    assert dict(told.allowed_by_reason) == {"granted": 2}
    assert list(told.denied_by_reason) == ["subject_unknown", "refused", "withdrawn"]
    assert told.share_allowed == pytest.approx(2 / 7)
    assert told.policy_digest == done.policy_digest


def test_a_report_tells_which_identifiers_lead_to_nobody(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    told = report(tmp_path)

    assert told.unreadable == 1
    assert dict(told.identifiers) == {"customer_id": 5, "email": 5, "phone": 3}
    assert dict(told.not_found) == {"customer_id": 1, "email": 1, "phone": 3}


def test_a_report_writes_no_row_and_no_file(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    before = count_rows()

    report(tmp_path)

    assert count_rows() == before
    assert list_names(tmp_path) == ["audience.csv"]
    run(tmp_path)
    assert count_rows() != before  # a run would have been noticed


def test_batches_do_not_change_a_report_and_progress_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    write_csv(tmp_path, enforcement_world.AUDIENCE * 1000)
    rows: list[int] = []

    told = report(tmp_path, progress=rows.append)

    assert (told.rows, told.allowed, told.unreadable) == (7000, 2000, 1000)
    assert rows == [4096, 7000]


def test_without_a_policy_every_row_is_denied_for_that(tmp_path: Path) -> None:
    write_csv(tmp_path)

    told = report(tmp_path, controller=None)

    assert dict(told.denied_by_reason) == {"policy_unavailable": 7}


def test_a_controller_is_asked_for_where_there_are_several(tmp_path: Path) -> None:
    two = "  other: {title: Another, establishment: [DE]}\njurisdictions:"
    enforcement_world.publish_policy(enforcement_world.POLICY.replace("jurisdictions:", two, 1))
    write_csv(tmp_path)

    with pytest.raises(ControllerMissing, match="other, shop"):
        report(tmp_path, controller=None)


def test_a_list_that_says_of_nobody_is_refused(tmp_path: Path) -> None:
    (tmp_path / "audience.csv").write_text("name\nAna\n")

    with pytest.raises(IdentifierColumnMissing):
        report(tmp_path)


def command(folder: Path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    arguments = ["--purpose=advertising.audience", "--destination=ads", f"--input={folder / 'audience.csv'}"]
    call_command("report_coverage", *arguments, *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_totals_in_plain_words_and_writes_only_the_json_asked_for(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    before = count_rows()

    out, err = command(tmp_path, f"--json={tmp_path / 'report.json'}")

    assert "2 could leave (28.6%)" in out
    assert "3   subject_unknown: The row leads to nobody on record." in out
    assert "1 of 5 customer_id not found" in out
    assert "7 rows decided" in err
    assert count_rows() == before
    assert list_names(tmp_path) == ["audience.csv", "report.json"]
    told = json.loads((tmp_path / "report.json").read_text())
    assert (told["rows"], told["allowed"], told["denied"], told["share_allowed"]) == (7, 2, 5, 0.285714)
    assert "customers.example" not in json.dumps(told)


def test_the_command_tells_why_it_cannot(tmp_path: Path) -> None:
    make_world()

    with pytest.raises(CommandError, match="there is no such file"):
        command(tmp_path)


def test_every_reason_has_plain_words() -> None:
    assert set(PLAIN_WORDS) == set(Reason)


def make_officer(*permissions: str) -> Client:
    """Return the browser of a member of staff, which checks for forged requests."""
    user = User.objects.create_user("officer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def make_upload(folder: Path) -> dict[str, object]:
    content = write_csv(folder).read_bytes()
    return {**QUESTION, "file": SimpleUploadedFile("people.csv", content, content_type="text/csv")}


def test_an_officer_uploads_a_list_and_sees_what_would_become_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    officer, upload = make_officer("view_enforcementrun"), make_upload(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    before = count_rows()

    answer = officer.post(PAGE, upload)
    trail = {PendingEvent._meta.label: before[PendingEvent._meta.label] + len(list_told())}

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "The row leads to nobody on record." in page
    assert "28.6%" in page
    assert "customers.example" not in page
    assert "customers.example" not in read_all()
    assert count_rows() == before | trail  # that it was looked at is on record
    assert not list_names(scratch)


def test_the_page_is_offered_on_the_list_of_runs_and_names_what_the_policy_has() -> None:
    make_world()
    officer = make_officer("view_enforcementrun")

    assert PAGE in officer.get("/admin/activation_enforcement/enforcementrun/").content.decode()
    page = officer.get(PAGE).content.decode()

    assert 'value="advertising.audience"' in page
    assert 'value="ads"' in page
    assert "csrfmiddlewaretoken" in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"purpose": "profiling"}, "Select a valid choice"),
        ({"file": ""}, "required"),
        ({"file": SimpleUploadedFile("x.csv", b"name\nAna\n")}, "no column is named"),
        ({"file": SimpleUploadedFile("x.csv", b"email\n\xff\xfe\n")}, "cannot be read as CSV in UTF-8"),
    ],
    ids=["unknown purpose", "no file", "no identifier", "not UTF-8"],
)
def test_the_page_tells_what_is_wrong(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    make_world()

    answer = make_officer("view_enforcementrun").post(PAGE, {**make_upload(tmp_path), **changes})

    assert answer.status_code == 200
    assert message in answer.content.decode()


def test_the_page_takes_no_list_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    monkeypatch.setattr(coverage_page, "LARGEST_UPLOAD", 10)

    answer = make_officer("view_enforcementrun").post(PAGE, make_upload(tmp_path))

    assert "too large" in answer.content.decode()


def test_who_may_not_see_runs_may_not_ask(tmp_path: Path) -> None:
    make_world()
    officer = make_officer()

    assert officer.get(PAGE).status_code == 403
    assert officer.post(PAGE, make_upload(tmp_path)).status_code == 403


def test_a_forged_request_is_refused(tmp_path: Path) -> None:
    make_world()
    user = User.objects.create_superuser("root")
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert client.post(PAGE, make_upload(tmp_path)).status_code == 403
