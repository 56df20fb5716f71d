"""A breach of a dataset reaches whoever was in the runs that read it, or is in what a run wrote."""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from activation.desk.tracing.models import BreachReport
from activation.desk.tracing.reach.datasets import DatasetUnknown, describe_dataset
from activation.desk.tracing.types import BreachScope
from activation.enforcement.models import EnforcementRun
from lineage.graph import queries, services
from tests.breach_world import HOUR, ago, ask, carry_out, list_refs, open_report
from tests.enforcement_world import BRITON, GERMAN, REFUSED, WITHDRAWN, make_world, write_csv
from tests.graph_world import Event, dataset, run_event
from tests.simulation_world import find
from tests.tracing_world import send

pytestmark = pytest.mark.django_db

ALL, ALLOWED = (GERMAN, BRITON, WITHDRAWN, REFUSED), (GERMAN, BRITON)


@pytest.fixture(autouse=True)
def _world(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)


def key_of(path: Path) -> str:
    """Let the graph hear all that was emitted, and return the key of a file."""
    services.load(limit=1000)
    [node] = [node for node in queries.find_nodes(path.name, 20) if node.name == str(path)]
    return node.key


def breach(key: str, **changes: object) -> BreachReport:
    return carry_out(ask(scope=BreachScope.DATASET, name=key, **changes))


def refs(customers: Collection[str]) -> set[str]:
    return {find(one) for one in customers}


def test_whoever_was_in_a_run_that_read_it_was_reached_denied_or_not(tmp_path: Path) -> None:
    send(tmp_path)

    report = breach(key_of(tmp_path / "audience.csv"))

    assert list_refs(report) == refs(ALL)
    assert report.figures
    assert report.figures["by_way"] == {"sent": 2, "read": 2}
    assert report.label == f"file/{tmp_path / 'audience.csv'}"
    assert "ads" in report.figures["goes_on_to"]


def test_of_what_a_run_wrote_whoever_was_allowed_was_reached(tmp_path: Path) -> None:
    send(tmp_path)

    assert list_refs(breach(key_of(tmp_path / "out.csv"))) == refs(ALLOWED)


def test_runs_before_and_after_the_time_do_not_count(tmp_path: Path) -> None:
    send(tmp_path)
    key = key_of(tmp_path / "audience.csv")

    assert list_refs(breach(key, since=ago(3 * HOUR), until=ago(2 * HOUR))) == set()


def test_of_others_datasets_the_runs_downstream_tell(tmp_path: Path) -> None:
    send(tmp_path)
    key_of(tmp_path / "audience.csv")
    table = dataset("shop.customers", namespace="postgres://crm:5432")
    file = dataset(str(tmp_path / "audience.csv"), namespace="file")
    services.receive(event=run_event("export", inputs=[table], outputs=[file]), at=ago(HOUR / 2))
    services.load(limit=100)
    [node] = queries.find_nodes("shop.customers", 5)

    report = breach(node.key)

    assert list_refs(report) == refs(ALL)
    assert report.figures
    assert report.figures["run_count"] == 1


def tell(event: Event) -> None:
    """Have others tell of a run of theirs, half an hour ago."""
    services.receive(event={**event, "eventTime": ago(HOUR / 2).isoformat()}, at=ago(HOUR / 2))
    services.load(limit=100)


def test_runs_of_others_at_the_time_hide_no_gate_downstream(tmp_path: Path) -> None:
    send(tmp_path)
    key_of(tmp_path / "audience.csv")
    table = dataset("shop.customers", namespace="postgres://crm:5432")
    file = dataset(str(tmp_path / "audience.csv"), namespace="file")
    tell(run_event("export", inputs=[table], outputs=[file]))
    [node] = queries.find_nodes("shop.customers", 5)

    assert list_refs(breach(node.key)) == refs(ALL)


def test_others_who_tell_of_a_run_of_ours_make_nobody_unreached(tmp_path: Path) -> None:
    ours = send(tmp_path)
    key = key_of(tmp_path / "audience.csv")
    file = dataset(str(tmp_path / "audience.csv"), namespace="file")
    tell(run_event("theirs", run_id=ours.pk, outputs=[file]))

    assert list_refs(breach(key)) == refs(ALL)


def test_a_run_without_a_row_counts_as_one_that_leaves_no_evidence(tmp_path: Path) -> None:
    send(tmp_path)
    key = key_of(tmp_path / "audience.csv")
    EnforcementRun.objects.all().delete()

    report = breach(key)

    assert report.figures
    assert (report.figures["gaps"]["streams"], report.figures["people"]) == (1, 0)


def test_what_lineage_cannot_tell_any_more_or_not_yet_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "LINEAGE_GRAPH_KEPT", timedelta(days=1))
    send(tmp_path)
    key = key_of(tmp_path / "audience.csv")
    services.receive(event=run_event("late"), at=ago(HOUR / 2))

    recent, old = breach(key), breach(key, since=ago(timedelta(days=2)))

    assert recent.figures
    assert old.figures
    names = ("events_unread", "runs_forgotten", "downstream_cut")
    assert [recent.figures["gaps"][name] for name in names] == [1, 0, 0]
    assert [old.figures["gaps"][name] for name in names] == [1, 1, 0]


@pytest.mark.parametrize("key", ["d999", "nonsense", "", "j1"])
def test_what_is_no_dataset_is_refused(tmp_path: Path, key: str) -> None:
    send(tmp_path)
    key_of(tmp_path / "audience.csv")

    with pytest.raises(DatasetUnknown):
        describe_dataset(key)
    with pytest.raises(DatasetUnknown):
        open_report(ask(scope=BreachScope.DATASET, name=key))
    assert not BreachReport.objects.exists()
