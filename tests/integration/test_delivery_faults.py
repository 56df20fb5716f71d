"""A destination that refuses, fails or is gone: the run says so, what it may have sent can be proved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from activation.destinations.kinds.interface import Delivery, Progress, Receipt
from activation.enforcement import delivering, lifecycle, services
from activation.enforcement.files import RunFiles
from activation.enforcement.membership.queries import list_held
from activation.enforcement.models import EnforcementRun
from activation.enforcement.reviving import close_dead_runs
from activation.enforcement.services import signing_key
from activation.enforcement.types import DeliveryState, RunStatus
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.verifier.manifests.verification import load_evidence, verify_signed
from tests.deaths.home import at_home
from tests.delivery_world import Change, Recipient, connected, ref_of, suspend, withdraw
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    POLICY,
    list_events,
    list_names,
    make_world,
    publish_policy,
    read_csv,
    run,
    write_csv,
)

pytestmark = pytest.mark.django_db
EVERYBODY = [GERMAN, BRITON]


class Died(BaseException):
    """Stands for the death of the process."""


class Broken(Recipient):
    """Raises `error` when it is asked to prepare, or in the middle of a delivery."""

    def __init__(self, folder: Path, error: BaseException, *, preparing: bool = False) -> None:
        super().__init__(folder)
        self.error, self.preparing = error, preparing

    def prepare(self, delivery: Delivery) -> None:
        super().prepare(delivery)
        if self.preparing:
            raise self.error

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:  # noqa: ARG002 - the interface's
        self.calls.append("deliver")
        raise self.error


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    make_world()
    folder = tmp_path / "shop"
    folder.mkdir()
    write_csv(folder)
    with at_home(folder):
        yield folder


@pytest.fixture
def members(folder: Path) -> Path:
    return folder.with_name("shop.home") / "members"


@pytest.fixture
def recipient(tmp_path: Path) -> Recipient:
    return Recipient(tmp_path)


def assert_failed_with_proof(folder: Path, members: Path, code: str) -> EnforcementRun:
    """Check that the only run failed after it may have sent rows, without an output; return it."""
    failed = EnforcementRun.objects.get()
    assert (failed.status, failed.delivery) == (RunStatus.FAILED, DeliveryState.SENDING), failed.error
    assert [event["eventType"] for event in list_events(failed.pk)] == ["START", "FAIL"]
    assert list_names(folder) == ["audience.csv"], code
    manifest = verify_signed((members / f"{failed.pk}.manifest.json").read_bytes(), signing_key().verify_key)
    _, checks = load_evidence(manifest, members / f"{failed.pk}.evidence")
    assert all(check.passed for check in checks)
    assert {one.member.ref for one in list_held([ref_of(one) for one in EVERYBODY])} == set(
        map(ref_of, EVERYBODY)
    )
    assert not list(members.glob("*.partial"))
    return failed


@pytest.mark.parametrize("preparing", [True, False])
@pytest.mark.parametrize(
    "error", [DeliveryRefused("says no"), DeliveryFailed("says: later"), OSError(28, "full")]
)
def test_a_run_whose_rows_are_not_taken_fails_and_can_be_proved(
    folder: Path, members: Path, tmp_path: Path, error: Exception, preparing: bool
) -> None:
    with connected(Broken(tmp_path, error, preparing=preparing)), pytest.raises(type(error)):
        run(folder)

    assert_failed_with_proof(folder, members, "")


def test_a_delivery_that_fails_leaves_the_earlier_output_with_its_own_evidence(
    folder: Path, tmp_path: Path, recipient: Recipient
) -> None:
    with connected(recipient):
        first = run(folder)
    before = {name: (folder / name).read_bytes() for name in list_names(folder)}

    with connected(Broken(tmp_path, DeliveryFailed("later"))), pytest.raises(DeliveryFailed):
        run(folder, overwrite=True)

    assert {name: (folder / name).read_bytes() for name in list_names(folder)} == before
    assert first.output.exists()


def test_an_audience_of_lines_in_which_nobody_agreed_is_handed_over_empty(
    folder: Path, recipient: Recipient
) -> None:
    (folder / "a.ndjson").write_text('{"customer_id": "00004", "email": "c4@customers.example"}\n')

    with connected(recipient):
        run(folder, input_path=folder / "a.ndjson", output_path=folder / "out.ndjson")

    assert recipient.list_taken("out") == []


def test_nothing_is_handed_over_once_the_destination_is_suspended(folder: Path, recipient: Recipient) -> None:
    suspend()

    with connected(recipient):
        result = run(folder)

    assert (recipient.calls, result.allowed, result.delivery) == ([], 0, DeliveryState.NONE)


def test_a_suspension_just_before_the_handing_over_is_heeded(
    folder: Path, members: Path, recipient: Recipient
) -> None:
    begin = lifecycle.begin_delivery

    def suspend_and_begin(*arguments: object) -> None:
        suspend()
        begin(*arguments)  # type: ignore[arg-type]

    with (
        connected(recipient),
        patch.object(lifecycle, "begin_delivery", suspend_and_begin),
        pytest.raises(delivering.DestinationShut),
    ):
        run(folder)

    assert recipient.calls == []
    assert_failed_with_proof(folder, members, "destination_shut")


@contextmanager
def death() -> Iterator[None]:
    """Let the run's process end: it neither clears up nor records anything any more."""
    with patch.object(services, "give_up", lambda *_: None), pytest.raises(Died):
        yield


def die_while_delivering(folder: Path, tmp_path: Path) -> None:
    """Let a run die after it began to hand over."""
    with connected(Broken(tmp_path, Died())), death():
        run(folder)


def die_after_delivering(folder: Path, recipient: Recipient) -> None:
    """Let a run die when the destination has all rows, before the output has its name."""

    def die(*_: object, **__: object) -> None:
        raise Died

    with connected(recipient), death(), patch.object(RunFiles, "deliver", die):
        run(folder)


def test_a_dead_delivery_is_brought_to_its_end(folder: Path, tmp_path: Path, recipient: Recipient) -> None:
    die_while_delivering(folder, tmp_path)

    with connected(recipient):
        close_dead_runs()

    done = EnforcementRun.objects.get()
    assert (done.status, done.delivery) == (RunStatus.COMPLETED, DeliveryState.ACKNOWLEDGED)
    assert recipient.list_customers() == EVERYBODY
    assert [row["customer_id"] for row in read_csv(folder / "out.csv")] == EVERYBODY


def test_a_dead_delivery_to_a_destination_that_is_gone_fails(
    folder: Path, members: Path, tmp_path: Path
) -> None:
    die_while_delivering(folder, tmp_path)

    with connected(None):
        close_dead_runs()

    assert "not connected" in assert_failed_with_proof(folder, members, "destination_gone").error


def publish_again() -> None:
    """Put a policy in force that differs."""
    publish_policy(POLICY.replace("title: Shop policy", "title: Shop policy, mended"), version=2)


@pytest.mark.parametrize(
    ("change", "calls"),
    [(withdraw, ["remove"]), (suspend, []), (publish_again, [])],
    ids=["a withdrawal", "a suspension", "a policy"],
)
def test_what_changed_after_the_death_is_heeded(
    folder: Path, members: Path, tmp_path: Path, recipient: Recipient, change: Change, calls: list[str]
) -> None:
    die_while_delivering(folder, tmp_path)
    change()

    with connected(recipient):
        close_dead_runs()

    assert recipient.calls == calls
    assert [row["customer_id"] for row in recipient.removed] == [GERMAN] * len(calls)
    assert_failed_with_proof(folder, members, "delivery_broken_off")


def test_a_dead_delivery_is_not_taken_up_after_an_allow_has_ended(
    folder: Path, members: Path, tmp_path: Path, recipient: Recipient
) -> None:
    die_while_delivering(folder, tmp_path)
    describe = delivering.describe_delivery

    def describe_ended(*arguments: Any) -> Delivery:
        delivery = describe(*arguments)
        object.__setattr__(delivery, "not_after", datetime(2026, 1, 1, tzinfo=UTC))
        return delivery

    with connected(recipient), patch.object(delivering, "describe_delivery", describe_ended):
        close_dead_runs()

    assert recipient.calls == []
    assert "ended" in assert_failed_with_proof(folder, members, "delivery_too_late").error


def test_who_says_no_after_all_was_handed_over_is_taken_out_by_the_next_run(
    folder: Path, recipient: Recipient
) -> None:
    die_after_delivering(folder, recipient)
    withdraw()

    with connected(recipient):
        close_dead_runs()

    done = EnforcementRun.objects.get()
    assert (done.status, done.pulled_back) == (RunStatus.COMPLETED, 1)
    assert recipient.list_customers() == [BRITON]


def test_a_failure_that_could_not_be_recorded_is_none_that_sent_nothing(
    folder: Path, members: Path, tmp_path: Path
) -> None:
    unreachable: Callable[..., None] = lambda *_: None  # noqa: E731 - of its own type
    with (
        connected(Broken(tmp_path, DeliveryFailed("later"))),
        patch.object(lifecycle, "fail", unreachable),
        pytest.raises(DeliveryFailed),
    ):
        run(folder)

    close_dead_runs()

    assert "handed rows over" in assert_failed_with_proof(folder, members, "delivery_broken_off").error


def test_proof_that_was_kept_goes_with_the_run(folder: Path, members: Path, tmp_path: Path) -> None:
    with connected(Broken(tmp_path, DeliveryFailed("later"))), pytest.raises(DeliveryFailed):
        run(folder)

    services.forget_runs(at=timezone.now().replace(year=2100))

    assert list(members.iterdir()) == []
    assert not EnforcementRun.objects.exists()
