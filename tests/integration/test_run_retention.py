"""Old enforcement runs are forgotten with their evidence; what they were known by stays in the ledger."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from activation.enforcement import services
from activation.enforcement.models import EnforcementRun
from activation.enforcement.tasks import forget_runs
from activation.enforcement.types import RunStatus
from tests.enforcement_world import list_names, make_world, run, write_csv
from tests.ledger_world import read_entries

pytestmark = pytest.mark.django_db

KEPT = ["audience.csv", "out.csv", "out.csv.manifest.json"]
ALL = ["audience.csv", "out.csv", "out.csv.evidence", "out.csv.manifest.json"]


def in_three_years() -> datetime:
    return timezone.now() + timedelta(days=1096)


def list_forgotten() -> list[dict[str, object]]:
    bodies = [json.loads(one.envelope)["body"] for one in read_entries() if one.kind == "runs_forgotten"]
    return [known for body in bodies for known in body["runs"]]


@pytest.fixture
def _world(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)


@pytest.mark.usefixtures("_world")
def test_an_old_run_goes_with_its_evidence_and_its_manifest_is_still_known(tmp_path: Path) -> None:
    run(tmp_path)
    known = EnforcementRun.objects.get()
    assert services.count_old_runs(at=in_three_years()) == 1

    assert services.forget_runs(at=in_three_years()) == 1

    assert not EnforcementRun.objects.exists()
    assert list_names(tmp_path) == KEPT
    assert list_forgotten() == [{"run_id": str(known.pk), "manifest_digest": known.manifest_digest}]
    assert services.forget_runs(at=in_three_years()) == 0


@pytest.mark.usefixtures("_world")
def test_a_young_run_and_one_that_goes_on_are_kept(tmp_path: Path) -> None:
    run(tmp_path)
    assert forget_runs(later=1) == 0

    EnforcementRun.objects.update(status=RunStatus.RUNNING, finished_at=None)

    assert services.forget_runs(at=in_three_years()) == 0
    assert EnforcementRun.objects.count() == 1
    assert list_names(tmp_path) == ALL
    assert not list_forgotten()


@pytest.mark.usefixtures("_world")
def test_evidence_of_a_later_run_is_not_taken_for_the_old_ones(tmp_path: Path) -> None:
    run(tmp_path)
    old = EnforcementRun.objects.get()
    run(tmp_path, overwrite=True)
    EnforcementRun.objects.filter(pk=old.pk).update(
        started_at=old.started_at - timedelta(days=2000), finished_at=timezone.now() - timedelta(days=1999)
    )

    assert services.forget_runs(at=timezone.now()) == 1

    assert list_names(tmp_path) == ALL
    assert EnforcementRun.objects.count() == 1


@pytest.mark.usefixtures("_world")
def test_a_run_whose_files_are_elsewhere_is_forgotten(tmp_path: Path) -> None:
    run(tmp_path)
    EnforcementRun.objects.update(output="/nowhere/out.csv")

    assert services.forget_runs(at=in_three_years()) == 1

    assert list_names(tmp_path) == ALL


@pytest.mark.usefixtures("_world")
def test_for_ever_is_for_ever(tmp_path: Path, settings: object) -> None:
    settings.RUNS_KEPT = None  # type: ignore[attr-defined]
    run(tmp_path)

    assert services.forget_runs(at=in_three_years()) == services.count_old_runs(at=in_three_years()) == 0

    assert EnforcementRun.objects.count() == 1
