"""A draft simulated on the people there are: each counted once, nobody named, and nothing half done shown."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from activation.decisions.types import SubjectState
from activation.desk import lifecycle, reading, services
from activation.desk.models import AudienceMember, SimulationRun
from activation.desk.services import AudienceFile, DraftPublished, PolicyRefused, VersionNotFound
from activation.desk.simulating import Simulation
from activation.desk.tasks import forget_runs as forget_task
from activation.desk.tasks import simulate as simulate_task
from activation.desk.types import RunStatus
from activation.enforcement.audience.types import AudienceUnreadable
from config.privileges import grant_privileges
from consent.kernel import canonical
from consent.policies import services as policies
from consent.policies.models import PolicyVersion, Rule
from consent.policies.queries import get_version_text
from consent.policies.services import DigestChanged
from consent.records.rules.rows import read_row
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.services import record_rows
from consent.records.types import NewRow
from consent.subjects import services as subjects
from consent.subjects.models import Subject, SubjectLink
from tests.canary_world import make_canaries
from tests.enforcement_world import BRITON, GERMAN, JUNE_1, REFUSED, WITHDRAWN, make_world, write_csv
from tests.policy_documents import spoil
from tests.simulation_world import OPT_OUT_IN_GERMANY, SECRETS, find, make_draft, simulate

pytestmark = pytest.mark.django_db
ROLE = "accordant_app_test"


def figures_of(run: SimulationRun) -> dict[str, Any]:
    assert run.figures is not None
    figures: dict[str, Any] = run.figures
    return figures


def record(
    customer: str, *, choices: Sequence[dict[str, Any]] = (), facts: Sequence[dict[str, Any]] = ()
) -> None:
    """Record what is said of one customer."""
    row = read_row(
        {
            "identifiers": [{"kind": "customer_id", "value": customer}],
            "choices": list(choices),
            "facts": [{"effective_at": "2026-02-05T10:00:00Z", **fact} for fact in facts],
        },
        vocabulary=read_vocabulary(
            canonical.dumps(json.loads(PolicyVersion.objects.earliest("pk").document))
        ),
        at=JUNE_1,
    )
    assert isinstance(row, NewRow), row
    record_rows(rows=[row], source="test", at=JUNE_1)


def link(left: str, right: str) -> None:
    officer = User.objects.get_or_create(username="olga")[0]
    subjects.link_by_officer(
        left=find(left), right=find(right), officer=officer.pk, reason="one person", at=JUNE_1
    )


def test_a_draft_is_compared_with_the_policy_in_force_on_everybody() -> None:
    make_world()
    record("00007", facts=[{"name": "residence", "value": "DE"}])

    run = simulate(make_draft())

    figures = figures_of(run)
    assert run.status == RunStatus.COMPLETED
    assert (figures["people"], figures["people_touched"]) == (5, 1)
    assert (figures["allow_to_deny"], figures["deny_to_allow"], figures["other_reason"]) == (0, 1, 1)
    assert figures["by_jurisdiction"] == [
        {"jurisdiction": "DE", "allow_to_deny": 0, "deny_to_allow": 1, "people": 1}
    ]
    assert figures["by_purpose"][0]["purpose"] == "advertising.audience"
    assert figures["by_destination"][0]["destination"] == "ads"
    assert figures["by_controller"][0]["controller"] == "shop"
    assert {(one["before"], one["after"]): one["answers"] for one in figures["by_reason"]} == {
        ("no_record", "not_opted_out"): 1,
        ("granted", "not_opted_out"): 1,
    }
    assert (run.baseline_version, run.version) == (1, 2)
    assert run.subjects_done == run.subjects_total == 5
    assert [one["subject_ref"] for one in run.sample] == [find("00007")]


def test_figures_are_canonical_and_have_the_digest_that_the_draft_was_given() -> None:
    make_world()

    run = simulate(make_draft())

    text = canonical.dumps(figures_of(run))
    assert run.figures_digest == policies.attach_simulation(
        version_id=run.version_id, draft_digest=run.draft_digest, figures=figures_of(run), at=JUNE_1
    )
    assert canonical.loads(text) == run.figures
    assert run.attached_at is not None
    assert not run.error


def test_without_a_policy_in_force_everything_was_denied() -> None:
    draft = make_draft()
    Subject.objects.create(ref="sub_1")

    figures = figures_of(simulate(draft))

    assert figures["baseline"] is None
    assert figures["questions"]["untouched"] == 0
    assert {one["before"] for one in figures["by_reason"]} == {"policy_unavailable"}


def test_a_draft_that_changes_nothing_changes_nothing() -> None:
    make_world()

    same = spoil(OPT_OUT_IN_GERMANY, "rules", 0, "basis", value="consent")

    figures = figures_of(simulate(make_draft({**same, "title": "Another title"})))

    assert figures["questions"] == {"asked": 1, "untouched": 1, "with_conditions": 0}
    assert (figures["people"], figures["people_touched"], figures["by_reason"]) == (4, 0, [])


def test_nobody_is_named_in_what_a_simulation_leaves_behind(tmp_path: Path) -> None:
    make_world()
    record("00007", facts=[{"name": "residence", "value": "DE"}])
    path = write_csv(tmp_path)

    simulate(make_draft(), AudienceFile(path=path, name=path.name))
    simulate(make_draft())

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(run)::text FROM activation_desk_simulationrun AS run")
        left = "".join(row[0] for row in cursor.fetchall())
    assert "sub_" in left
    assert not [secret for secret in SECRETS if secret in left]
    assert str(tmp_path) not in left


def test_linked_subjects_are_one_person_and_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    link(GERMAN, WITHDRAWN)
    link(WITHDRAWN, REFUSED)
    draft = make_draft()

    assert figures_of(simulate(draft))["people"] == 2
    for size in (1, 2, 3):
        monkeypatch.setattr(reading, "AT_ONCE", size)
        assert figures_of(simulate(draft))["people"] == 2


def test_people_whose_link_was_undone_are_two_again() -> None:
    make_world()
    link(GERMAN, WITHDRAWN)
    SubjectLink.objects.update(unlinked_at=timezone.now())

    assert figures_of(simulate(make_draft()))["people"] == 4


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    link(GERMAN, REFUSED)
    draft, at = make_draft(), timezone.now()
    found = []

    for size in (1, 2, 1000):
        monkeypatch.setattr(reading, "AT_ONCE", size)
        run_id = services.begin_simulation(version_id=draft.version_id)
        services.run_simulation(run_id=run_id, at=at)
        found.append(figures_of(SimulationRun.objects.get(pk=run_id)))

    assert found[0] == found[1] == found[2]


def test_what_was_said_on_a_device_of_several_people_is_not_the_persons_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_world()
    record(
        "00008",
        choices=[
            {
                "purpose": "advertising.audience",
                "choice": "opted_out",
                "controller": "shop",
                "effective_at": "2026-03-05T10:00:00Z",
            }
        ],
        facts=[{"name": "shared_device", "value": "yes"}],
    )
    link(GERMAN, "00008")
    asked: list[SubjectState] = []
    monkeypatch.setattr(Simulation, "add", lambda _, state: asked.append(state))

    simulate(make_draft())

    assert frozenset({find(GERMAN)}) in {state.asked for state in asked}


def test_erased_and_restricted_people_are_counted_and_stay_denied() -> None:
    make_world()
    subjects.erase_subject(ref=find(GERMAN), requested_by="request:7", at=timezone.now())
    record(BRITON, facts=[{"name": "restricted", "value": "yes"}])

    figures = figures_of(simulate(make_draft()))

    assert figures["people"] == 4
    assert (figures["allow_to_deny"], figures["deny_to_allow"]) == (0, 0)


def test_canaries_are_not_counted_as_people(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    draft = make_draft()
    without = simulate(draft)
    make_canaries()
    monkeypatch.setattr(reading, "AT_ONCE", 1)

    run = simulate(draft)

    assert figures_of(run)["people"] == figures_of(without)["people"]
    assert run.subjects_done == run.subjects_total == without.subjects_total


def test_an_audience_is_looked_at_alone_each_person_once(tmp_path: Path) -> None:
    make_world()
    record("00007", facts=[{"name": "residence", "value": "DE"}])
    path = write_csv(tmp_path)

    run = simulate(make_draft(), AudienceFile(path=path, name=f"somewhere/{path.name}"))

    figures = figures_of(run)
    assert (figures["people"], figures["people_touched"]) == (4, 0)  # not 00007, who is in no row
    assert figures["scope"] == {
        "audience": "audience.csv",
        "rows": 7,
        "rows_not_found": 3,
        "subjects": 4,
        "left_out": 0,
    }
    assert not AudienceMember.objects.exists()


def test_one_of_two_linked_subjects_in_an_audience_brings_the_person_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    link(GERMAN, REFUSED)
    rows = [
        {"customer_id": customer, "email": "", "phone": "", "spent": ""} for customer in (GERMAN, REFUSED)
    ]
    for size in (1, 1000):
        monkeypatch.setattr(reading, "AT_ONCE", size)
        for some in (rows, rows[:1], rows[1:]):
            path = write_csv(tmp_path, some)
            assert figures_of(simulate(make_draft(), AudienceFile(path=path, name="a")))["people"] == 1


def test_figures_of_an_audience_are_not_the_drafts(tmp_path: Path) -> None:
    make_world()
    path = write_csv(tmp_path)

    run = simulate(make_draft(), AudienceFile(path=path, name="a.csv"))

    assert run.attached_at is None
    assert "only a list was looked at" in run.error


def test_an_audience_that_cannot_be_read_begins_nothing(tmp_path: Path) -> None:
    make_world()
    (tmp_path / "bad.csv").write_text("name\nAna\n")
    draft = make_draft()

    with pytest.raises(AudienceUnreadable):
        services.begin_simulation(
            version_id=draft.version_id, audience=AudienceFile(path=tmp_path / "bad.csv", name="bad.csv")
        )

    assert not SimulationRun.objects.exists()


def test_only_a_draft_can_be_simulated() -> None:
    make_world()
    published = PolicyVersion.objects.get()

    with pytest.raises(DraftPublished, match="shop 1 is published"):
        services.begin_simulation(version_id=published.pk)
    with pytest.raises(VersionNotFound):
        services.begin_simulation(version_id=0)

    assert not SimulationRun.objects.exists()


def test_a_draft_with_faults_is_refused_with_all_of_them() -> None:
    draft = make_draft()
    rows = Rule.objects.filter(version_id=draft.version_id).order_by("position")[:1]
    Rule.objects.filter(pk__in=rows).update(validity="P0D", purposes=["gone"], basis="consent")
    officer = User.objects.create_user("editor")
    policies.seal_draft(version_id=draft.version_id, officer_id=officer.pk, at=timezone.now())

    with pytest.raises(PolicyRefused) as refused:
        services.begin_simulation(version_id=draft.version_id)

    assert {"rules[0].purposes[0]", "rules[0].validity"} <= {one.path for one in refused.value.faults}
    assert not SimulationRun.objects.exists()


def change_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every version read from now on have another text."""
    real = get_version_text

    def read(*, version_id: int) -> Any:
        found = real(version_id=version_id)
        assert found is not None
        return type(found)(
            **{name: getattr(found, name) for name in found.__slots__} | {"digest": "sha256:0"}
        )

    monkeypatch.setattr(services, "get_version_text", read)


def test_a_draft_that_changes_before_the_simulation_runs_makes_it_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_world()
    run_id = services.begin_simulation(version_id=make_draft().version_id)
    change_draft(monkeypatch)

    with pytest.raises(DigestChanged):
        services.run_simulation(run_id=run_id, at=timezone.now())

    run = SimulationRun.objects.get(pk=run_id)
    assert (run.status, run.figures, run.attached_at) == (RunStatus.FAILED, None, None)
    assert "simulate again" in run.error


def test_a_draft_that_changes_while_the_simulation_runs_is_not_given_its_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_world()

    def refuse(**_: object) -> str:
        raise DigestChanged("shop 2 changed since it was simulated: simulate it again")

    monkeypatch.setattr(policies, "attach_simulation", refuse)

    run = simulate(make_draft())

    assert run.status == RunStatus.COMPLETED
    assert run.attached_at is None
    assert "simulate it again" in run.error


def test_a_simulation_is_run_once() -> None:
    make_world()
    run_id = services.begin_simulation(version_id=make_draft().version_id)

    assert simulate_task(run_id=str(run_id)) == 1
    first = SimulationRun.objects.get(pk=run_id)
    assert simulate_task(run_id=str(run_id)) == 0
    assert simulate_task() == 0
    assert SimulationRun.objects.get(pk=run_id).finished_at == first.finished_at


def test_the_task_runs_all_that_wait_and_heeds_no_unknown_argument() -> None:
    make_world()
    draft = make_draft()
    runs = [services.begin_simulation(version_id=draft.version_id) for _ in range(2)]

    assert simulate_task(later="x") == 2
    assert {run.pk for run in SimulationRun.objects.filter(status=RunStatus.COMPLETED)} == set(runs)


def test_a_simulation_that_breaks_says_so_and_has_no_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_world()
    path = write_csv(tmp_path)
    run_id = services.begin_simulation(
        version_id=make_draft().version_id, audience=AudienceFile(path=path, name="a.csv")
    )

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulation, "add", stop)
    with pytest.raises(KeyboardInterrupt):
        services.run_simulation(run_id=run_id, at=timezone.now())

    run = SimulationRun.objects.get(pk=run_id)
    assert (run.status, run.figures, run.error) == (RunStatus.FAILED, None, "KeyboardInterrupt")
    assert not AudienceMember.objects.exists()


def test_a_run_without_a_process_is_closed_by_whoever_begins_another() -> None:
    make_world()
    draft = make_draft()
    dead = services.begin_simulation(version_id=draft.version_id)
    assert lifecycle.claim(dead, at=timezone.now())

    services.begin_simulation(version_id=draft.version_id)

    run = SimulationRun.objects.get(pk=dead)
    assert (run.status, run.figures) == (RunStatus.ABANDONED, None)
    assert services.run_simulation(run_id=dead, at=timezone.now()) is False


def test_a_run_that_was_closed_meanwhile_writes_no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    run_id = services.begin_simulation(version_id=make_draft().version_id)
    real = Simulation.sum_up

    def close(simulation: Simulation) -> Any:
        SimulationRun.objects.update(status=RunStatus.ABANDONED, finished_at=timezone.now())
        return real(simulation)

    monkeypatch.setattr(Simulation, "sum_up", close)
    with pytest.raises(services.RunTakenOver):
        services.run_simulation(run_id=run_id, at=timezone.now())

    run = SimulationRun.objects.get(pk=run_id)
    assert (run.status, run.figures) == (RunStatus.ABANDONED, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "completed", "finished_at": JUNE_1, "started_at": JUNE_1, "decided_at": JUNE_1},
        {"figures": {}},
        {"figures_digest": "sha256:1"},
        {"sample": [1]},
        {"status": "running"},
        {"status": "lost"},
        {"finished_at": JUNE_1},
        {"subjects_done": 1},
        {"attached_at": JUNE_1},
    ],
)
def test_the_table_takes_nothing_half_done_for_finished(changes: dict[str, Any]) -> None:
    run_id = services.begin_simulation(version_id=make_draft().version_id)

    with pytest.raises(IntegrityError), transaction.atomic():
        SimulationRun.objects.filter(pk=run_id).update(**changes)


def test_the_application_role_can_simulate(tmp_path: Path) -> None:
    make_world()
    draft, path = make_draft(), write_csv(tmp_path)
    grant_privileges(role=ROLE, using="default")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")

    assert simulate(draft).status == RunStatus.COMPLETED
    assert simulate(draft, AudienceFile(path=path, name="a.csv")).status == RunStatus.COMPLETED


def test_what_is_said_after_the_moment_of_deciding_does_not_count() -> None:
    make_world()
    run_id = services.begin_simulation(version_id=make_draft().version_id)

    services.run_simulation(run_id=run_id, at=timezone.now() - timedelta(days=1))

    figures = figures_of(SimulationRun.objects.get(pk=run_id))
    assert {one["jurisdiction"] for one in figures["by_jurisdiction"]} <= {"unknown"}


def test_no_simulation_is_found_under_another_id() -> None:
    assert services.run_simulation(run_id=uuid4(), at=timezone.now()) is False


def test_simulations_past_their_time_are_forgotten_and_no_others() -> None:
    make_world()
    draft = make_draft()
    old, recent = simulate(draft), simulate(draft)
    waiting = services.begin_simulation(version_id=draft.version_id)
    past = timezone.now() - timedelta(days=1096)
    SimulationRun.objects.filter(pk=old.pk).update(finished_at=past)
    SimulationRun.objects.filter(pk=waiting).update(requested_at=past)

    assert forget_task() == 1

    assert {run.pk for run in SimulationRun.objects.all()} == {recent.pk, waiting}
