"""What destinations say that they hold is held against what we know; who may not be there is taken out."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from unittest.mock import patch

import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from activation.destinations.services import suspend_destination
from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.queries import read_members
from activation.enforcement.reconciliation import queries, services, straying
from activation.enforcement.reconciliation.models import Reconciliation
from activation.enforcement.reconciliation.types import ReconciliationState
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import Cause
from consent.network.errors import DeliveryFailed
from consent.subjects.types import IdentifierKind
from tests.pull_through_world import (
    ALICE,
    BOB,
    deliver,
    erase,
    grant,
    list_waiting,
    make_shop,
    pull_through,
    ref_of,
    run,
    say,
)

pytestmark = pytest.mark.django_db
ALICES, BOBS = "c1@customers.example", "c2@customers.example"


class Telling:
    """A destination that names these, in batches of one."""

    def __init__(self, *emails: str | None) -> None:
        self.emails = emails
        self.meanwhile: Callable[[], None] = lambda: None

    def list_held(self, audience: str, identifiers: Mapping[IdentifierKind, str]) -> Iterator[pa.RecordBatch]:
        assert audience
        for email in self.emails:
            names = list(identifiers.values())
            told = [email if kind is IdentifierKind.EMAIL else None for kind in identifiers]
            arrays = [pa.array([value], pa.string()) for value in told]
            yield pa.RecordBatch.from_arrays(arrays, names=names)
        self.meanwhile()


def compare(there: Telling) -> Reconciliation:
    """Compare the shop's only holding with a destination that says this."""
    with patch.object(services, "open_connector", lambda _: there):
        return services.reconcile(holding_id=Holding.objects.get().pk)


@pytest.fixture(autouse=True)
def shop() -> None:
    make_shop()
    grant(ALICE)
    grant(BOB)
    run()
    pull_through()


def take_out(customer: str) -> None:
    """Let the customer say no, and the destination acknowledge it."""
    say(customer, "withdrawn")
    pull_through()
    deliver()


def test_a_destination_that_has_just_whom_it_was_sent_differs_in_nothing() -> None:
    row = compare(Telling(ALICES, BOBS))

    assert row.is_clean
    assert (row.rows_there, row.members, row.missing, row.strays) == (2, 2, 0, 0)
    assert not list_waiting()


def test_somebody_who_was_taken_out_and_is_there_again_is_taken_out_again() -> None:
    take_out(ALICE)

    row = compare(Telling(ALICES, BOBS))

    assert (row.strays, row.taken_out, row.unexplained, row.missing) == (1, 1, 0, 0)
    [again] = Suppression.objects.filter(state="waiting")
    assert (again.cause, again.subject_ref) == (Cause.RECONCILIATION, ref_of(ALICE))


def test_somebody_erased_who_is_there_again_is_taken_out_again() -> None:
    erased = ref_of(ALICE)
    erase(ALICE)
    pull_through()
    deliver()

    row = compare(Telling(ALICES, BOBS))

    assert row.taken_out == 1
    assert [one.subject_ref for one in Suppression.objects.filter(state="waiting")] == [erased]


def test_a_row_about_nobody_on_record_is_told_and_left_alone() -> None:
    row = compare(Telling(ALICES, BOBS, "stranger@elsewhere.example", None))

    assert (row.strays, row.taken_out, row.unexplained) == (2, 0, 2)
    assert not row.is_clean
    assert not list_waiting()


def test_somebody_who_may_be_there_is_left_alone_though_we_never_sent_them() -> None:
    say("00003", "granted")
    pull_through()

    row = compare(Telling(ALICES, BOBS, "c3@customers.example"))

    assert (row.strays, row.taken_out, row.unexplained) == (1, 0, 1)


def test_somebody_who_is_not_named_stays_a_member_so_that_a_no_still_reaches_the_destination() -> None:
    row = compare(Telling(BOBS))

    assert (row.missing, row.strays) == (1, 0)
    assert len(list(read_members(row.holding_id))) == 2
    say(ALICE, "withdrawn")
    pull_through()
    assert len(list_waiting()) == 1


def test_somebody_sent_while_the_destination_is_read_is_no_stray() -> None:
    take_out(ALICE)
    there = Telling(BOBS, ALICES)

    def send_again() -> None:
        grant(ALICE)
        run(ALICE)

    there.meanwhile = send_again  # after both were named

    row = compare(there)

    assert (row.strays, row.taken_out) == (0, 0)
    assert row.missing is None


def test_what_fails_is_written_down_and_takes_nobody_out() -> None:
    take_out(ALICE)
    there = Telling(ALICES)

    def fail() -> None:
        raise DeliveryFailed("the destination went away")

    there.meanwhile = fail

    row = compare(there)

    assert (row.state, row.error) == (ReconciliationState.FAILED, "the destination went away")
    assert not Suppression.objects.filter(state="waiting").exists()


def test_a_suspended_destination_is_not_asked() -> None:
    suspend_destination(slug="ads", reason="a canary", changed_by="officer", at=timezone.now())

    assert compare(Telling()).state == ReconciliationState.FAILED


def test_a_comparison_that_a_dead_process_left_is_ended_by_the_next() -> None:
    holding = Holding.objects.get()
    left = Reconciliation.objects.create(holding=holding, destination="ads")

    compare(Telling(ALICES, BOBS))

    left.refresh_from_db()
    assert left.state == ReconciliationState.FAILED


def test_only_kinds_that_can_say_whom_they_hold_are_compared() -> None:
    assert queries.list_comparable() == []
    with pytest.raises(CommandError, match="nothing to compare"):
        call_command("reconcile_destination", "ads")


def test_the_command_tells_what_differs() -> None:
    out = StringIO()
    holding = Holding.objects.get()
    with (
        patch.object(services, "open_connector", lambda _: Telling(ALICES)),
        patch.object(queries, "list_listing", lambda: ["ads"]),
        pytest.raises(CommandError, match="differs"),
    ):
        call_command("reconcile_destination", "ads", stdout=out)

    assert f"{holding.audience} at ads" in out.getvalue()
    assert "not named there 1" in out.getvalue()


def mutate(patch: pytest.MonkeyPatch, name: str) -> None:
    """Plant one bug."""
    match name:
        case "nobody is set down":
            patch.setattr(straying, "set_down", lambda _: Counter[str]())
        case "who was sent meanwhile counts as a stray":
            patch.setattr(straying, "list_held", lambda _: [])
        case "every stray is taken out":
            patch.setattr(straying, "_list_members", lambda *_: set())
            patch.setattr(straying, "_may_stay", lambda _: False)


@pytest.mark.parametrize(
    ("bug", "guard"),
    [
        ("nobody is set down", test_somebody_who_was_taken_out_and_is_there_again_is_taken_out_again),
        (
            "who was sent meanwhile counts as a stray",
            test_somebody_sent_while_the_destination_is_read_is_no_stray,
        ),
        ("every stray is taken out", test_somebody_who_may_be_there_is_left_alone_though_we_never_sent_them),
    ],
)
def test_the_tests_bite(bug: str, guard: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, bug)

    with pytest.raises(AssertionError):
        guard()
