"""Whoever is held by a string that does not hold any more is taken out, as after a withdrawal."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from activation.decisions.register import RegisteredDestination, TcfTerms
from activation.decisions.types import Obligation
from activation.destinations.services import change_vendor
from activation.enforcement import services
from activation.enforcement.canaries.models import Incident
from activation.enforcement.membership import services as services_of_membership
from activation.enforcement.membership.models import Page
from activation.enforcement.membership.types import Member
from activation.enforcement.membership.world import world_digest
from activation.enforcement.strings import lacking
from activation.enforcement.suppression import delivering
from activation.enforcement.suppression.finding import (
    asking,
    deciding,
    doubting,
    following,
    judging,
    sweeping,
)
from activation.enforcement.suppression.finding.causes import Origin
from activation.enforcement.suppression.finding.told import list_told
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import Cause, SuppressionState
from activation.enforcement.types import RunResult
from consent.ledger.services import sequence_pending
from consent.records.queries import MappingUnreadable
from consent.signals.intervals import IdSet
from consent.subjects.types import IdentifierKind
from consent.verifier.manifests.verification import verify_signed
from tests.delivery_world import Recipient, connected
from tests.integration.test_sending_strings import join, ref_of
from tests.pull_through_world import LONG, list_held_refs, list_waiting, pull_through
from tests.sending_world import (
    ADS,
    AUDIENCE,
    DAY,
    JAN_1,
    NOON,
    QUESTION,
    VENDOR,
    agree,
    choose,
    keep_vendor_list,
    make_string,
    make_world,
    say,
    write_audience,
    write_policy,
)
from tests.unit.test_warehouse_policies import make_policy

pytestmark = pytest.mark.django_db
ANN, BOB, CAT = "00001", "00002", "00003"
LATER = NOON + DAY
HELD_BACK = "obligations_not_honoured"
PURPOSES = (1, 8)


@pytest.fixture(autouse=True)
def lists(tmp_path: Path, settings: Any) -> Path:
    """Keep a vendor list in which the recipient declares its purposes."""
    settings.VENDOR_LISTS = tmp_path / "lists"
    keep_vendor_list(settings.VENDOR_LISTS, *PURPOSES)
    return tmp_path / "lists"


def hold(*customers: str) -> None:
    """Let the recipient hold these, as if a run had sent them by the rules of now."""
    sequence_pending()
    services_of_membership.add_members(
        **QUESTION,
        audience="out",
        members=[
            Member(ref=ref_of(one), identifiers={IdentifierKind.CUSTOMER_ID: (one,)}) for one in customers
        ],
        world=judging.lay_ground().world,
    )
    pull_through()
    assert not list_waiting()


def enforce(folder: Path, output: str) -> RunResult:
    """Enforce the folder's audience."""
    return services.enforce_audience(
        **QUESTION, input_path=folder / "audience.csv", output_path=folder / output, at=timezone.now()
    )


def terms_of(result: RunResult) -> list[tuple[str, str, str, int]]:
    """Return what a run's signed manifest says that its rows owe."""
    manifest = verify_signed(result.manifest.read_bytes(), services.signing_key().verify_key)
    return [(one.kind, one.field, one.value, one.rows) for one in manifest.obligations]


def send(folder: Path, *customers: str) -> None:
    """Let a run send all of these, and see that the recipient holds them."""
    write_audience(folder, *customers)
    assert enforce(folder, "out.csv").allowed == len(customers)
    pull_through()
    assert not list_waiting()


def renew(customer: str, **changes: Any) -> None:
    """Record a newer string of the customer's, which grants the same purposes."""
    say(customer, tcf=make_string("IT", made_at=NOON, **changes), at=LATER)


def hold_by_vendor(*customers: str) -> None:
    """Let a vendor hold these, each by a string that lets it."""
    make_world(owed="{}", vendor=VENDOR, purposes=PURPOSES)
    for one in customers:
        agree(one, tcf=make_string())
    hold(*customers)


def test_a_newer_string_that_takes_the_vendor_back_takes_the_person_out() -> None:
    """The purposes stay granted, so that every decision stays an allow."""
    hold_by_vendor(ANN, BOB)
    renew(ANN, vendor_consents=IdSet.of([2]))

    pull_through()

    assert list_waiting() == [(ref_of(ANN), Cause.STRING, HELD_BACK)]


def test_its_clock_begins_when_the_string_was_recorded() -> None:
    hold_by_vendor(ANN)
    renew(ANN, vendor_consents=IdSet.of([2]))

    pull_through()

    row = Suppression.objects.get()
    [told] = list_told([row.entry or 0]).values()
    assert told.kind == "signal_recorded"
    assert (row.recorded_at, row.is_urgent) == (told.recorded_at, True)


def test_a_newer_string_that_lets_the_vendor_takes_nobody_out() -> None:
    hold_by_vendor(ANN)
    renew(ANN)

    pull_through()

    assert not list_waiting()
    assert list_held_refs() == [ref_of(ANN)]


def forget_list(folder: Path) -> dict[str, Any]:
    return {"vendor_list_version": 127}


def undisclosed(folder: Path) -> dict[str, Any]:
    return {"disclosed_vendors": IdSet.of([2])}


def deleted(folder: Path) -> dict[str, Any]:
    keep_vendor_list(folder, 1, version=127)
    return {"vendor_list_version": 127}


LOST = {
    "its vendor list is not kept": forget_list,
    "the vendor is not disclosed": undisclosed,
    "the newer list has the vendor declare less": deleted,
}


@pytest.mark.parametrize("why", LOST)
def test_whatever_a_run_would_hold_back_for_is_pulled_through(lists: Path, why: str) -> None:
    hold_by_vendor(ANN)
    renew(ANN, **LOST[why](lists))

    pull_through()

    assert list_waiting() == [(ref_of(ANN), Cause.STRING, HELD_BACK)]


def test_a_no_that_speaks_against_a_string_to_be_sent_takes_its_person_out() -> None:
    """The no is to another purpose, and the vendor is none of the framework: the string is what is owed."""
    make_world()
    agree(ANN, tcf=make_string())
    hold(ANN)
    say(ANN, choose(ADS, "refused", LATER), at=LATER)

    pull_through()

    assert list_waiting() == [(ref_of(ANN), Cause.WITHDRAWAL, HELD_BACK)]


def test_a_no_of_somebody_linked_speaks_against_the_string_too() -> None:
    make_world()
    agree(ANN, tcf=make_string())
    hold(ANN)
    say(BOB, choose(ADS, "refused", LATER), at=LATER)
    join(ANN, BOB)

    pull_through()

    assert list_waiting() == [(ref_of(ANN), Cause.WITHDRAWAL, HELD_BACK)]


def test_where_no_string_is_owed_none_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world(owed="{}")
    agree(ANN, tcf=make_string())
    hold(ANN)
    monkeypatch.delattr("activation.enforcement.strings.looking_up.list_signal_texts")
    renew(ANN, vendor_consents=IdSet.of([2]))

    pull_through()

    assert not list_waiting()


def test_the_recipient_takes_them_out_and_the_next_run_leaves_them_out(tmp_path: Path) -> None:
    make_world(owed="{}", vendor=VENDOR, purposes=PURPOSES)
    agree(ANN, tcf=make_string())
    agree(BOB, tcf=make_string("FR"))
    recipient: Any = Recipient(tmp_path)
    with connected(recipient):
        send(tmp_path, ANN, BOB)
    renew(ANN, vendor_consents=IdSet.of([2]))
    pull_through()

    with patch.object(delivering, "is_open", lambda _: True):
        delivering.deliver_due(destination="vendor", until=monotonic() + 30, open=lambda _: recipient)

    assert recipient.removed == [{"customer_id": ANN}]
    assert Suppression.objects.get().state == SuppressionState.ACKNOWLEDGED
    assert list_held_refs() == [ref_of(BOB)]
    write_audience(tmp_path, ANN, BOB)
    again = enforce(tmp_path, "again.csv")
    assert (again.allowed, again.denied_by_reason) == (1, {HELD_BACK: 1})


def test_a_policy_that_asks_for_a_string_takes_out_who_has_none() -> None:
    make_world(owed="{}")
    agree(ANN, tcf=make_string())
    agree(BOB)
    hold(ANN, BOB)
    write_policy(owed="{signal: {tc_string: tcf}}", author="second", approver="third", at=JAN_1 + DAY)

    pull_through()

    assert list_waiting() == [(ref_of(BOB), Cause.POLICY, HELD_BACK)]


def test_other_terms_of_the_vendor_take_out_whom_they_do_not_let_and_the_next_run_goes_by_them(
    tmp_path: Path, lists: Path
) -> None:
    keep_vendor_list(lists, *PURPOSES, 7)
    make_world(owed="{}", vendor=VENDOR, purposes=PURPOSES)
    agree(ANN, tcf=make_string(purposes=PURPOSES))
    agree(BOB, tcf=make_string(purposes=(*PURPOSES, 7)))
    write_audience(tmp_path, ANN, BOB)
    before = enforce(tmp_path, "before.csv")
    pull_through()

    change_vendor(
        slug="vendor",
        tcf_vendor=VENDOR,
        tcf_purposes=(*PURPOSES, 7),
        reason="it measures advertisements",
        changed_by="officer",
        at=timezone.now(),
    )
    pull_through()

    assert list_waiting() == [(ref_of(ANN), Cause.POLICY, HELD_BACK)]
    after = enforce(tmp_path, "after.csv")
    assert (after.allowed, after.denied_by_reason) == (1, {HELD_BACK: 1})
    assert [terms_of(before), terms_of(after)] == [
        [("tcf_vendor", str(VENDOR), "1 8", 2)],
        [("tcf_vendor", str(VENDOR), "1 7 8", 1)],
    ]


def test_another_mapping_of_signals_has_everybody_decided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    hold_by_vendor(ANN)
    before = Page.objects.get().world
    monkeypatch.setattr(judging, "name_reading", lambda *_: "another")

    pull_through()

    assert Page.objects.get().world not in {"", before}
    assert not list_waiting()


def test_what_strings_are_read_by_counts_only_where_one_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    mapping = SimpleNamespace(digest="d")
    monkeypatch.setattr(lacking, "get_mapping", lambda at: SimpleNamespace(mapping=mapping))  # noqa: ARG005
    vendor = RegisteredDestination("ads", "ad_platform", JAN_1, tcf=TcfTerms(VENDOR, PURPOSES))
    string = Obligation("signal", "tc_string", "tcf")

    assert lacking.name_reading(make_policy(ads=((),)), {}) == ""
    assert lacking.name_reading(make_policy(ads=((), (string,))), {}) == "d"
    assert lacking.name_reading(make_policy(ads=((),)), {"ads": vendor}) == "d"


def lose_mapping(settings: Any) -> None:
    settings.SIGNAL_MAPPING = settings.VENDOR_LISTS / "gone.json"


def lose_lists(settings: Any) -> None:
    settings.VENDOR_LISTS = settings.VENDOR_LISTS / "gone"


LOSSES: dict[str, Callable[[Any], None]] = {
    "the mapping cannot be read": lose_mapping,
    "no vendor list is kept here": lose_lists,
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sweeps", [True, False], ids=["swept meanwhile", "not swept meanwhile"])
def test_a_process_set_up_badly_takes_nobody_out_and_holds_up_no_withdrawal(
    settings: Any, loss: str, sweeps: bool
) -> None:
    """Whoever spoke meanwhile is decided again once strings can be read."""
    mapping, lists = settings.SIGNAL_MAPPING, settings.VENDOR_LISTS
    hold_by_vendor(ANN, BOB, CAT)
    renew(ANN, vendor_consents=IdSet.of([2]))
    say(BOB, choose(AUDIENCE, "withdrawn", LATER), at=LATER)
    LOSSES[loss](settings)

    sequence_pending()
    while not following.follow():
        pass
    if sweeps:
        assert sweeping.sweep(until=monotonic() + LONG.total_seconds())

    assert list_waiting() == [(ref_of(BOB), Cause.WITHDRAWAL, "withdrawn")]
    settings.SIGNAL_MAPPING, settings.VENDOR_LISTS = mapping, lists
    pull_through()
    [_, (ref, cause, reason)] = list_waiting()
    assert (ref, cause, reason) == (ref_of(ANN), Cause.POLICY if sweeps else Cause.STRING, HELD_BACK)


def test_the_check_finds_who_was_missed() -> None:
    hold_by_vendor(ANN)
    renew(ANN, vendor_consents=IdSet.of([2]))
    with patch.object(following, "_list_denials", lambda _: []):
        pull_through()
    assert not list_waiting()

    report, _ = doubting.doubt(list(Page.objects.values_list("pk", flat=True)))

    assert report.missed == 1
    assert list_waiting() == [(ref_of(ANN), Cause.STRING, HELD_BACK)]
    assert Incident.objects.get().kind == "withdrawal_missed"


def ask_no_strings(patch: pytest.MonkeyPatch) -> None:
    """Let those who are told of stay by what is decided, whatever strings they have."""
    patch.setattr(following, "judge", judging.judge_without_strings)


def sweep_without_strings(patch: pytest.MonkeyPatch) -> None:
    """Let those who are decided by other rules stay by what is decided."""
    patch.setattr(deciding, "judge", judging.judge_without_strings)


def check_without_strings(patch: pytest.MonkeyPatch) -> None:
    """Let the check find nobody whose string was lost."""
    patch.setattr(doubting, "judge", judging.judge_without_strings)


def forget_who_spoke(patch: pytest.MonkeyPatch) -> None:
    """Do not come back to those whose strings could not be read."""
    patch.setattr(services_of_membership, "decide_again", lambda _: None)


def judge_all_the_same(patch: pytest.MonkeyPatch) -> None:
    """Take whoever's string cannot be judged for one who has none."""
    patch.setattr(asking, "UNREADABLE", "never")


def ignore_the_mapping(patch: pytest.MonkeyPatch) -> None:
    """Take people for decided by whatever mapping they were."""
    patch.setattr(asking, "world_digest", lambda policy, register, _: world_digest(policy, register))


def call_it_a_change(patch: pytest.MonkeyPatch) -> None:
    """Do not tell a no from a string that came."""
    patch.setattr(
        following, "trace_string_to_entries", lambda told: Origin(Cause.CHANGE, told[0].recorded_at)
    )


Given = tuple[str, ...]
"""What a test is given."""
MUTANTS: list[tuple[Callable[[pytest.MonkeyPatch], None], Callable[..., None], Given]] = [
    (ask_no_strings, test_a_newer_string_that_takes_the_vendor_back_takes_the_person_out, ()),
    (ask_no_strings, test_a_no_of_somebody_linked_speaks_against_the_string_too, ()),
    (call_it_a_change, test_a_no_that_speaks_against_a_string_to_be_sent_takes_its_person_out, ()),
    (sweep_without_strings, test_a_policy_that_asks_for_a_string_takes_out_who_has_none, ()),
    (check_without_strings, test_the_check_finds_who_was_missed, ()),
    (ignore_the_mapping, test_another_mapping_of_signals_has_everybody_decided_again, ("monkeypatch",)),
]


@pytest.mark.parametrize(("plant", "test", "given"), MUTANTS)
def test_a_planted_mistake_is_seen(
    request: pytest.FixtureRequest,
    plant: Callable[[pytest.MonkeyPatch], None],
    test: Callable[..., None],
    given: Given,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        with pytest.raises(AssertionError):
            test(**{name: request.getfixturevalue(name) for name in given})


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("plant", [forget_who_spoke, judge_all_the_same])
def test_who_is_lost_by_a_process_set_up_badly_is_seen(
    settings: Any, plant: Callable[[pytest.MonkeyPatch], None], loss: str
) -> None:
    test = test_a_process_set_up_badly_takes_nobody_out_and_holds_up_no_withdrawal
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        with pytest.raises((AssertionError, MappingUnreadable, ValueError)):
            test(settings, loss, sweeps=False)
