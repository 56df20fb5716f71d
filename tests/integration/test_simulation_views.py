"""What officers and operators see of simulations, and how they begin one."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from activation.desk import lifecycle, request_page, services
from activation.desk.models import AudienceMember, SimulationRun
from activation.desk.types import RunStatus
from config.celery import app
from consent.policies import services as policies
from consent.policies.models import PolicyVersion
from consent.policies.services import DigestChanged
from tests.enforcement_world import make_world, write_csv
from tests.simulation_world import OPT_OUT_IN_GERMANY, SECRETS, make_draft, simulate

pytestmark = pytest.mark.django_db

LIST = "/admin/activation_desk/simulationrun/"
ASK = f"{LIST}simulate/"


def page_of(run: SimulationRun) -> str:
    return f"{LIST}{run.pk}/change/"


def make_officer(*permissions: str) -> Client:
    """Return the browser of a member of staff."""
    user = User.objects.create_user("officer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def make_full_officer() -> Client:
    return make_officer("view_simulationrun", "start_simulationrun")


def command(draft: int, *options: str) -> tuple[str, str]:
    """Return what the command prints on standard output and error."""
    out, err = StringIO(), StringIO()
    call_command("simulate_policy", str(draft), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_prints_progress_a_table_and_the_figures_as_json(tmp_path: Path) -> None:
    make_world()
    draft = make_draft()

    out, err = command(draft.version, f"--json={tmp_path / 'figures.json'}")

    assert "4 of 4 subjects" in err
    assert "shop 2 beside shop 1 in force" in out
    assert re.search(r"4 people\n +0 of them touched", out)
    assert "granted > not_opted_out" in out
    assert f"{draft.digest} (attached)" in out
    told = json.loads((tmp_path / "figures.json").read_text())
    assert told["figures"]["people"] == 4
    assert told["figures_digest"] in out
    assert not [secret for secret in SECRETS if secret in out + json.dumps(told)]


def test_the_command_takes_a_list(tmp_path: Path) -> None:
    make_world()
    path = write_csv(tmp_path)

    out, _ = command(make_draft().version, f"--audience={path}", "--identifier=customer_id=customer_id")

    assert "7 rows in the list, 2 lead to nobody" in out
    assert "only a list was looked at" in out


def test_the_command_refuses_what_it_cannot_simulate(tmp_path: Path) -> None:
    make_world()
    draft = make_draft()
    make_draft({**OPT_OUT_IN_GERMANY, "policy": "other"})
    make_draft({**OPT_OUT_IN_GERMANY, "policy": "other"})

    with pytest.raises(CommandError, match="there is no version 9"):
        command(9)
    with pytest.raises(CommandError, match="shop 1 is published"):
        command(1, "--key=shop")
    with pytest.raises(CommandError, match="several policies"):
        command(2)
    with pytest.raises(CommandError, match="there is no such file"):
        command(draft.version, "--key=shop", f"--audience={tmp_path / 'no.csv'}")

    assert not SimulationRun.objects.exists()


def test_the_command_fails_if_the_draft_changed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()

    def refuse(**_: object) -> str:
        raise DigestChanged("shop 2 changed since it was simulated: simulate it again")

    monkeypatch.setattr(policies, "attach_simulation", refuse)

    with pytest.raises(CommandError, match="simulate it again"):
        command(make_draft().version)


def test_an_officer_begins_a_simulation_and_a_worker_is_told_its_id_alone(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    draft, officer = make_draft(), make_full_officer()
    sent: list[Any] = []
    monkeypatch.setattr(app, "send_task", lambda *given, **named: sent.append((given, named)))

    assert ASK in officer.get(LIST).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = officer.post(ASK, {"version": draft.version_id})

    run = SimulationRun.objects.get()
    assert answer.headers["Location"] == page_of(run)
    assert (run.status, run.officer and run.officer.username) == (RunStatus.WAITING, "officer")
    assert sent == [(("desk.simulate",), {"kwargs": {"run_id": str(run.pk)}, "retry": False, "expires": 60})]


def test_an_officer_uploads_a_list_of_which_only_pseudonyms_are_kept(tmp_path: Path) -> None:
    make_world()
    draft, path = make_draft(), write_csv(tmp_path)

    make_full_officer().post(
        ASK,
        {"version": draft.version_id, "file": SimpleUploadedFile("people.csv", path.read_bytes())},
    )

    run = SimulationRun.objects.get()
    assert (run.audience, run.audience_rows, run.audience_not_found) == ("people.csv", 7, 3)
    assert AudienceMember.objects.count() == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "0"}, "Select a valid choice"),
        ({"file": SimpleUploadedFile("x.csv", b"name\nAna\n")}, "no column is named"),
        ({"file": SimpleUploadedFile("x.xls", b"name\nAna\n")}, "or give --format"),
        ({"file": SimpleUploadedFile("x.csv", b"email\n" + b"a" * 100)}, "too large"),
    ],
    ids=["no such draft", "no identifier", "no format", "too large"],
)
def test_the_page_tells_what_is_wrong(
    changes: dict[str, object], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    monkeypatch.setattr(request_page, "LARGEST_UPLOAD", 50)

    answer = make_full_officer().post(ASK, {"version": make_draft().version_id, **changes})

    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not SimulationRun.objects.exists()


def test_only_drafts_are_offered() -> None:
    make_world()
    draft, published = make_draft(), PolicyVersion.objects.get(version=1)

    page = make_full_officer().get(f"{ASK}?version={draft.version_id}").content.decode()

    assert f'<option value="{draft.version_id}" selected>' in page
    assert f'value="{published.pk}"' not in page


def test_the_review_page_shows_figures_chart_tables_sample_and_digests() -> None:
    make_world()
    run = simulate(make_draft(spoilt()))

    page = make_full_officer().get(page_of(run)).content.decode()

    assert "1 of 4" in page
    assert "<svg" in page
    assert "advertising.audience: 1 from allow to deny, 0 from deny to allow" in page
    for title in (
        "By purpose",
        "By jurisdiction",
        "By destination",
        "By controller",
        "By reason",
        "A sample",
    ):
        assert title in page
    assert run.draft_digest in page
    assert run.figures_digest in page
    assert f"/admin/consent_policies/policyversion/{run.version_id}/change/" in page
    assert run.sample[0]["subject_ref"] in page
    assert "has changed since" not in page
    assert not [secret for secret in SECRETS if secret in page]


def spoilt() -> dict[str, Any]:
    """Return a draft without the Britons' rule."""
    return {**OPT_OUT_IN_GERMANY, "rules": OPT_OUT_IN_GERMANY["rules"][:1]}


def test_the_review_page_has_no_inline_style_script_or_handler() -> None:
    make_world()
    page = make_full_officer().get(page_of(simulate(make_draft(spoilt())))).content.decode()

    main = page[page.index('id="content-main"') :]
    content = main[: main.index("</dl>")]
    assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=", content)


def test_a_draft_that_changed_since_is_said_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    run = simulate(make_draft())
    SimulationRun.objects.update(draft_digest="sha256:another")

    assert "has changed since" in make_full_officer().get(page_of(run)).content.decode()


def test_an_unfinished_run_shows_how_far_it_is_and_no_figures() -> None:
    make_world()
    run_id = services.begin_simulation(version_id=make_draft().version_id)
    officer = make_full_officer()

    page = officer.get(f"{LIST}{run_id}/change/").content.decode()

    assert "Reload this page" in page
    assert "Digest of the figures" not in page
    assert "chart-title" not in page


def test_a_run_whose_process_died_is_shown_as_abandoned() -> None:
    make_world()
    run_id = services.begin_simulation(version_id=make_draft().version_id)
    lifecycle.claim(run_id, at=timezone.now())
    officer = make_full_officer()

    assert "abandoned" in officer.get(LIST).content.decode()
    page = officer.get(f"{LIST}{run_id}/change/").content.decode()

    assert "did not come to its end" in page
    assert f"{ASK}?version=" in page


def test_simulations_are_listed_filtered_and_found_by_digest() -> None:
    make_world()
    run = simulate(make_draft())
    officer = make_full_officer()

    for query in ("", "?status__exact=completed", "?policy__exact=shop", f"?q={run.figures_digest}"):
        assert str(run.pk) in officer.get(f"{LIST}{query}").content.decode()
    assert str(run.pk) not in officer.get(f"{LIST}?q=sha256:1").content.decode()


def test_nobody_changes_a_simulation_and_who_may_not_see_or_begin_one_does_not() -> None:
    make_world()
    run = simulate(make_draft())
    viewer = make_officer("view_simulationrun")

    assert viewer.get(page_of(run)).status_code == 200
    assert "Simulate again" not in viewer.get(page_of(run)).content.decode()
    assert viewer.get(ASK).status_code == 403
    assert viewer.post(ASK, {"version": run.version_id}).status_code == 403
    assert viewer.post(f"{LIST}{run.pk}/delete/", {"post": "yes"}).status_code == 403
    assert viewer.get(f"{LIST}add/").status_code == 403
    nobody = Client()
    nobody.force_login(User.objects.create_user("else", is_staff=True))
    assert nobody.get(page_of(run)).status_code == 403
    assert nobody.get(f"{LIST}nonsense/change/").status_code == 403
    assert viewer.get(f"{LIST}nonsense/change/").status_code == 404
