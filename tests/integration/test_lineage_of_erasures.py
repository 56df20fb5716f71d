"""An erasure is told of from its tombstone to the last key: not whose it was, and not how many people's."""

from uuid import UUID

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from consent.keys import services as keys
from consent.keys.types import KeysUnavailable
from consent.records.services import forget_pruned
from consent.subjects import erasure_runs, services
from consent.subjects.models import Subject
from lineage.running import services as running
from tests.lineage_told import list_runs, list_told, rows_of
from tests.records_world import JUNE_1
from tests.subjects_world import attach, cookie, customer

pytestmark = pytest.mark.django_db
ANN, BROWSER = customer("100001"), cookie("browser-of-ann")


def erase_linked() -> None:
    (_,), (browser,), _ = attach([ANN], [BROWSER], [ANN, BROWSER])
    services.erase_subject(ref=browser, requested_by="request:7", at=JUNE_1)


def test_an_erasure_began_with_its_tombstone_and_is_complete_with_the_last_key(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as destroy:
        erase_linked()

    assert list(list_runs().values()) == [["START"]]

    for one in destroy:
        one()

    assert list(list_runs("erase_subject").values()) == [["START", "COMPLETE"]]
    assert not Subject.objects.filter(erasure_run__isnull=False).exists()


def test_keys_that_cannot_be_destroyed_now_leave_it_open_until_the_sweep_has(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> int:
        raise KeysUnavailable("away")

    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(keys, "destroy_keys", fail)
        erase_linked()
    assert list(list_runs().values()) == [["START"]]
    assert running.close_dead_runs() == 0

    services.sweep_erased_keys(at=JUNE_1, erased_after=JUNE_1)
    services.sweep_erased_keys(at=JUNE_1)

    assert list(list_runs().values()) == [["START", "COMPLETE"]]


def test_of_two_linked_people_the_first_ones_key_is_not_the_end_of_it() -> None:
    erase_linked()
    first, second = Subject.objects.order_by("ref").values_list("ref", flat=True)

    erasure_runs.complete_runs([first])
    assert list(list_runs().values()) == [["START"]]

    erasure_runs.complete_runs([second])
    assert list(list_runs().values()) == [["START", "COMPLETE"]]


def test_the_events_say_neither_whom_nor_how_many() -> None:
    erase_linked()
    services.sweep_erased_keys(at=JUNE_1)
    told = list_told()

    assert {event["job"]["name"] for event in told} == {"erase_subject"}
    assert [rows_of(event) for event in told] == [None, None]
    for ref in Subject.objects.values_list("ref", flat=True):
        assert ref not in str(told)
    assert "request:7" not in str(told)


def test_whoever_is_erased_already_is_not_told_of_again() -> None:
    erase_linked()
    refs = Subject.objects.values_list("ref", flat=True)

    services.erase_subject(ref=min(refs), requested_by="request:8", at=JUNE_1)  # type: ignore[arg-type]

    assert len(list_runs()) == 1


def test_nothing_that_was_forgotten_is_no_run() -> None:
    assert forget_pruned() == 0
    assert list_runs() == {}


def test_run_ids_are_random_and_no_references() -> None:
    erase_linked()

    [run_id] = list_runs()
    assert UUID(str(run_id)).version == 4
    assert not Subject.objects.filter(ref__contains=run_id.hex).exists()
