"""What officers, operators and machines are told of runs."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from activation.checks import services as checks
from activation.checks.types import Scope
from activation.destinations.kinds.interface import Delivery, Progress, Receipt
from activation.enforcement import delivering
from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import DeliveryState
from tests.enforcement_world import list_names, make_world, run, write_csv

pytestmark = pytest.mark.django_db


def enforce(folder: Path, *options: str) -> tuple[str, str]:
    """Return what the command prints on standard output and error."""
    out, err = StringIO(), StringIO()
    call_command(
        "enforce_audience",
        "--purpose=advertising.audience",
        "--destination=ads",
        f"--input={folder / 'audience.csv'}",
        f"--output={folder / 'out.csv'}",
        *options,
        stdout=out,
        stderr=err,
    )
    return out.getvalue(), err.getvalue()


def make_key(*scopes: Scope) -> dict[str, str]:
    """Return the headers of a caller with these scopes."""
    key = checks.create_key(name="caller", scopes=scopes, valid_for=timedelta(days=1), at=timezone.now())
    return {"Authorization": f"Bearer {key}"}


def test_the_command_tells_counts_and_files_and_finds_the_only_controller(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    out, err = enforce(tmp_path)

    assert "2 allowed" in out
    assert "3   subject_unknown" in out
    assert "for shop" in out
    assert err.splitlines() == ["reading …", "7 rows read", "deciding …", "writing …", "checking again …"]


class Recipient:
    """A destination that takes all it is handed, and says so."""

    def prepare(self, _: Delivery) -> None:
        """Take note."""

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Take the rows."""
        progress(delivery.rows)
        return Receipt(reference="job-1", rows=delivery.rows)


def test_the_command_tells_that_it_hands_over_and_checks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    write_csv(tmp_path)
    monkeypatch.setattr(delivering, "open_connector", lambda _: Recipient())

    out, err = enforce(tmp_path)

    assert "acknowledged as job-1" in out
    assert err.splitlines()[-4:] == [
        "checking again …",
        "handing over …",
        "2 rows handed over",
        "checking again …",
    ]


def test_the_command_prints_json_on_request(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    figures = json.loads(enforce(tmp_path, "--json", "--identifier", "customer_id=customer_id")[0])

    assert figures["rows_in"] == 7
    assert figures["run_id"] == str(EnforcementRun.objects.get().pk)


@pytest.mark.parametrize(
    "options",
    [("--identifier", "name=x"), ("--identifier", "email"), ("--format", "xml"), ("--input=nowhere.csv",)],
)
def test_the_command_refuses_what_cannot_be_meant(tmp_path: Path, options: tuple[str, ...]) -> None:
    make_world()
    write_csv(tmp_path)

    with pytest.raises(CommandError):
        enforce(tmp_path, *options)

    assert list_names(tmp_path) == ["audience.csv"]


def test_the_command_asks_for_the_controller_if_it_cannot_tell(tmp_path: Path) -> None:
    write_csv(tmp_path)

    with pytest.raises(CommandError, match="name the controller"):
        enforce(tmp_path)


def test_the_api_tells_a_run_without_its_paths(client: Client, tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    result = run(tmp_path)
    EnforcementRun.objects.update(states_watermark=7)

    answer = client.get(f"/api/v1/runs/{result.run_id}", headers=make_key(Scope.RUNS_READ))

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["allowed"]) == ("completed", 2)
    assert answer.json()["denied_by_reason"] == dict(result.denied_by_reason)
    assert answer.json()["states_watermark"] == 7
    assert str(tmp_path) not in answer.content.decode()


def test_the_api_answers_404_for_no_run_and_403_without_the_scope(client: Client) -> None:
    address = f"/api/v1/runs/{uuid4()}"

    assert client.get(address).status_code == 401
    assert client.get(address, headers=make_key(Scope.CHECK)).status_code == 403


def test_the_api_knows_no_other_runs(client: Client) -> None:
    answer = client.get(f"/api/v1/runs/{uuid4()}", headers=make_key(Scope.RUNS_READ))

    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")


def test_officers_read_runs_and_change_nothing(client: Client, tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    result = run(tmp_path)
    User.objects.create_superuser("officer", password="secret")
    client.login(username="officer", password="secret")
    listing = "/admin/activation_enforcement/enforcementrun/"

    assert b"advertising.audience" in client.get(listing).content
    page = client.get(f"{listing}{result.run_id}/change/").content.decode()
    assert "subject unknown: 3" in page
    assert client.post(f"{listing}{result.run_id}/change/", {"allowed": "99"}).status_code == 403
    assert client.get(f"{listing}add/").status_code == 403
    assert client.post(f"{listing}{result.run_id}/delete/", {"post": "yes"}).status_code == 403


def test_officers_see_how_far_a_run_was_handed_over_and_filter_by_it(client: Client, tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    runs = [run(tmp_path, output_path=tmp_path / f"{state}.csv").run_id for state in DeliveryState]
    for run_id, state in zip(runs, DeliveryState, strict=True):
        EnforcementRun.objects.filter(pk=run_id).update(delivery=state)
    EnforcementRun.objects.filter(pk=runs[-1]).update(delivery_reference="upload-7", pulled_back=2)
    User.objects.create_superuser("officer", password="secret")
    client.login(username="officer", password="secret")
    listing = "/admin/activation_enforcement/enforcementrun/"

    everything = client.get(listing).content.decode()
    page = client.get(f"{listing}{runs[-1]}/change/").content.decode()
    waiting = client.get(listing, {"delivery__exact": "sending"}).content.decode()

    assert all(words in everything for words in ("not handed over", "rows may be there", "acknowledged"))
    assert all(
        words in page for words in ("upload-7", "Rows taken out again", "Watermark of the file of people")
    )
    assert "Rows of invented people who said no" in page
    assert [str(run_id) in waiting for run_id in runs] == [state == "sending" for state in DeliveryState]
