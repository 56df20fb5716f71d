"""Whoever says no is to be taken out of every holding that has them, and nobody else is."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from activation.destinations.services import register_destination, suspend_destination
from activation.destinations.types import DestinationKind
from activation.enforcement.membership.keys import keys_of_stranger, to_key
from activation.enforcement.membership.models import Page, Segment
from activation.enforcement.membership.sealing import open_member
from activation.enforcement.membership.types import Member, SegmentState
from activation.enforcement.suppression.finding import following, judging, services, sweeping
from activation.enforcement.suppression.finding.asking import Ground
from activation.enforcement.suppression.finding.queries import count_undecided, get_following
from activation.enforcement.suppression.finding.sweeping import PolicyMissing
from activation.enforcement.suppression.models import FeedPosition, Parcel, Suppression
from activation.enforcement.suppression.types import Cause, ParcelState, SuppressionState
from consent.ledger import queries as ledger
from consent.ledger.services import sequence_pending
from consent.subjects.services import erase_subject
from consent.subjects.types import IdentifierKind
from tests.enforcement_world import POLICY, publish_policy, register_ads
from tests.pull_through_world import (
    ALICE,
    BOB,
    LONG,
    TIGHT,
    Clock,
    change_policy,
    deliver,
    erase,
    grant,
    hold,
    link,
    list_waiting,
    make_shop,
    member,
    movable_clock,
    name,
    pull_through,
    ref_of,
    run,
    say,
    unlink,
)

pytestmark = pytest.mark.django_db
OPEN = POLICY.replace("jurisdictions: [DE]", 'jurisdictions: ["*"]').replace(
    "basis: consent\n", "basis: legitimate_interest\n    assessment: LIA-1\n    unknown_subject: allow\n"
)
TOLD = {IdentifierKind.EMAIL: ("c7@customers.example",)}


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with movable_clock() as clock:
        yield clock


@pytest.fixture
def _shop(clock: Clock) -> None:
    """Alice and Bob have said yes, and the destination holds both."""
    make_shop()
    grant(ALICE, clock)
    grant(BOB, clock)
    run()
    pull_through()
    assert not list_waiting()


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize("choice", ["withdrawn", "refused", "objected", "opted_out"])
def test_a_no_of_any_kind_is_set_down(choice: str) -> None:
    say(ALICE, choice)

    pull_through()

    [(ref, cause, reason)] = list_waiting()
    assert (ref, cause, reason) == (ref_of(ALICE), Cause.WITHDRAWAL, choice)


@pytest.mark.usefixtures("_shop")
def test_an_erasure_is_set_down_with_what_the_destination_was_told() -> None:
    ref = ref_of(ALICE)
    erase(ALICE)

    pull_through()

    assert list_waiting() == [(ref, Cause.ERASURE, "subject_erased")]
    deliver()  # opens what is sealed: the identifiers on record are gone


@pytest.mark.usefixtures("_shop")
def test_a_restriction_is_set_down() -> None:
    say(ALICE, restricted="yes")

    pull_through()

    assert list_waiting() == [(ref_of(ALICE), Cause.CHANGE, "subject_restricted")]


@pytest.mark.usefixtures("_shop")
def test_the_clock_of_a_withdrawal_begins_when_it_was_recorded() -> None:
    say(ALICE, "withdrawn")
    pull_through()

    row = Suppression.objects.get()
    [entry] = ledger.list_entries([row.entry or -1])
    assert (entry.kind, entry.recorded_at) == ("choice_recorded", row.recorded_at)
    assert row.recorded_at <= row.enforced_at
    assert row.is_urgent


def test_a_no_of_somebody_linked_counts_for_who_is_held(clock: Clock) -> None:
    make_shop()
    grant(ALICE, clock)
    say(BOB, "refused")
    run()
    pull_through()

    link()
    pull_through()

    assert list_waiting() == [(ref_of(ALICE), Cause.WITHDRAWAL, "refused")]


@pytest.mark.usefixtures("_shop")
def test_a_no_said_after_a_link_takes_out_everybody_it_joins() -> None:
    link()
    pull_through()
    say(BOB, "withdrawn")

    pull_through()

    assert {ref for ref, _, _ in list_waiting()} == {ref_of(ALICE), ref_of(BOB)}


def test_a_link_undone_takes_out_who_was_held_by_the_others_yes(clock: Clock) -> None:
    make_shop()
    say(ALICE)
    grant(BOB, clock)
    link()
    hold(member(ALICE))
    pull_through()

    unlink()
    pull_through()

    assert list_waiting() == [(ref_of(ALICE), Cause.CHANGE, "no_record")]


@pytest.mark.usefixtures("_shop")
def test_a_consent_that_ends_is_set_down_behind_what_people_said(clock: Clock) -> None:
    clock.pass_time()

    pull_through()

    rows = list(Suppression.objects.order_by("pk"))
    assert {(row.cause, row.reason, row.is_urgent) for row in rows} == {(Cause.EXPIRY, "expired", False)}
    assert {row.subject_ref for row in rows} == {ref_of(ALICE), ref_of(BOB)}
    assert all(row.recorded_at < clock.now() for row in rows)


@pytest.mark.usefixtures("_shop")
def test_who_renewed_their_yes_stays_when_the_old_one_ends(clock: Clock) -> None:
    clock.offset += timedelta(days=20)
    grant(ALICE, clock)
    clock.offset -= timedelta(days=20)
    clock.pass_time()

    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(BOB)]


@pytest.mark.usefixtures("_shop")
def test_news_that_shortens_an_allow_is_heeded_when_the_time_comes(clock: Clock) -> None:
    say(ALICE, "granted", valid_until=clock.now() + timedelta(days=3))
    pull_through()
    clock.pass_time(timedelta(days=4))

    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


@pytest.mark.usefixtures("_shop")
def test_a_tighter_policy_takes_out_whom_it_denies() -> None:
    change_policy(TIGHT)

    pull_through()

    assert list_waiting() == [(ref_of(BOB), Cause.POLICY, "transfer_not_permitted")]
    row = Suppression.objects.get()
    assert not row.is_urgent
    assert row.recorded_at <= row.enforced_at


@pytest.mark.usefixtures("_shop")
def test_another_policy_that_denies_nobody_writes_nothing_but_marks() -> None:
    change_policy(POLICY.replace("title: Shop policy", "title: Renamed"))
    assert sum(count_undecided().values()) == 1

    pull_through()

    assert not Suppression.objects.exists()
    assert not count_undecided()


@pytest.mark.usefixtures("_shop")
def test_a_register_that_changes_is_another_world() -> None:
    before = set(Page.objects.values_list("world", flat=True))
    register_destination(
        slug="crm", kind=DestinationKind.CX_TOOL, title="CRM", registered_by="officer", at=timezone.now()
    )

    pull_through()

    assert before.isdisjoint(Page.objects.values_list("world", flat=True))
    assert not list_waiting()


@pytest.mark.usefixtures("_shop")
def test_a_suspended_destination_keeps_what_it_has_but_for_those_who_say_no() -> None:
    suspend_destination(slug="ads", reason="audit", changed_by="officer", at=timezone.now())
    say(ALICE, "withdrawn")
    say(BOB, vital_interest="no")

    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


def test_a_stranger_who_turns_out_to_have_said_no_is_taken_out() -> None:
    change_policy_first(OPEN)
    hold(Member(ref="", identifiers=TOLD, keys=keys_of("00007")))
    pull_through()
    assert not list_waiting()

    say("00007", "objected")
    pull_through()

    assert list_waiting() == [(ref_of("00007"), Cause.WITHDRAWAL, "objected")]


def test_a_stranger_who_becomes_known_and_said_nothing_stays() -> None:
    change_policy_first(OPEN)
    hold(Member(ref="", identifiers=TOLD, keys=keys_of("00007")))

    say("00007")
    pull_through()

    assert not list_waiting()


def test_strangers_go_when_the_policy_asks_for_a_yes() -> None:
    change_policy_first(OPEN)
    hold(Member(ref="", identifiers=TOLD, keys=keys_of("00007")))
    pull_through()

    change_policy(POLICY)
    pull_through()

    assert list_waiting() == [("", Cause.POLICY, "subject_unknown")]


@pytest.mark.usefixtures("_shop")
def test_one_that_waits_stands_for_a_newer_one_and_learns_what_was_sent_since() -> None:
    say(ALICE, "withdrawn")
    pull_through()
    other = {IdentifierKind.EMAIL: ("new@customers.example",)}
    hold(replace(member(ALICE), identifiers=other))
    say(ALICE, "objected")

    pull_through()

    row = Suppression.objects.get()
    told = _opened(row).identifiers[IdentifierKind.EMAIL]
    assert set(told) == {"c1@customers.example", "new@customers.example"}


@pytest.mark.usefixtures("_shop")
def test_one_that_merely_ran_out_becomes_urgent_when_the_person_says_no(clock: Clock) -> None:
    clock.pass_time()
    pull_through()
    say(ALICE, "withdrawn")

    pull_through()

    urgent = Suppression.objects.filter(is_urgent=True)
    assert [row.subject_ref for row in urgent] == [ref_of(ALICE)]
    assert Suppression.objects.count() == 2


@pytest.mark.usefixtures("_shop")
def test_one_that_was_changed_keeps_nobody_from_being_taken_out() -> None:
    say(ALICE, "withdrawn")
    pull_through()
    Suppression.objects.update(sealed=bytes(64))
    say(ALICE, "objected")

    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)] * 2


@pytest.mark.usefixtures("_shop")
def test_one_that_is_on_its_way_does_not_stand_for_a_newer_one() -> None:
    say(ALICE, "withdrawn")
    pull_through()
    first = Suppression.objects.get()
    parcel = Parcel.objects.create(
        holding=first.holding, destination="ads", state=ParcelState.WAITING, size=1
    )
    Suppression.objects.update(parcel=parcel)
    say(ALICE, "objected")

    pull_through()

    [old, new] = Suppression.objects.order_by("pk")
    assert (old.pk, old.parcel_id, new.parcel_id) == (first.pk, parcel.pk, None)
    assert new.subject_ref == old.subject_ref


@pytest.mark.usefixtures("_shop")
def test_a_parked_one_is_superseded_and_what_it_knew_goes_on() -> None:
    say(ALICE, "withdrawn")
    pull_through()
    Suppression.objects.update(state=SuppressionState.PARKED)
    say(ALICE, "objected")

    pull_through()

    [old, new] = Suppression.objects.order_by("pk")
    assert (old.state, bytes(old.sealed), new.state) == (
        SuppressionState.SUPERSEDED,
        b"",
        SuppressionState.WAITING,
    )
    assert new.goes_alone
    assert _opened(new).identifiers == member(ALICE).identifiers


@pytest.mark.usefixtures("_shop")
def test_a_new_yes_takes_nothing_back_and_the_next_run_sends_the_person_again(clock: Clock) -> None:
    say(ALICE, "withdrawn")
    pull_through()
    grant(ALICE, clock)
    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]
    deliver()
    run()
    pull_through()
    assert not list_waiting()


@pytest.mark.usefixtures("_shop")
def test_a_no_that_begins_in_a_minute_counts_at_once() -> None:
    say(ALICE, "withdrawn", at=timezone.now() + timedelta(minutes=1))

    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_database_whose_clock_jumps_misses_no_withdrawal(clock: Clock, hours: int) -> None:
    say(ALICE, "withdrawn")
    clock.offset = timedelta(hours=hours)

    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(days=2)])
def test_an_erasure_written_by_a_clock_that_is_ahead_counts_at_once(ahead: timedelta) -> None:
    ref = ref_of(ALICE)
    erase_subject(ref=ref, requested_by="request 1", at=timezone.now() + ahead)

    pull_through()

    assert list_waiting() == [(ref, Cause.ERASURE, "subject_erased")]


@pytest.mark.usefixtures("_shop")
def test_who_is_being_sent_just_now_is_set_down_at_once() -> None:
    Segment.objects.update(state=SegmentState.SENDING, held_at=None)
    say(ALICE, "withdrawn")

    pull_through()

    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


def test_a_stranger_whose_identifiers_lead_to_two_people_goes_when_one_of_them_says_no() -> None:
    change_policy_first(OPEN)
    hold(Member(ref="", identifiers=TOLD, keys=tuple(sorted((*keys_of("00007"), *keys_of("00008"))))))
    pull_through()
    say("00007")
    say("00008", "objected")

    pull_through()

    assert len(list_waiting()) == 1


@pytest.mark.usefixtures("_shop")
def test_entries_that_have_no_place_yet_come_with_the_next_ones() -> None:
    say(ALICE, "withdrawn")

    assert services.follow_feed()
    assert not list_waiting()
    sequence_pending()
    assert services.follow_feed()
    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


@pytest.mark.usefixtures("_shop")
def test_a_long_feed_is_followed_in_steps_each_of_which_is_kept() -> None:
    say(ALICE, "withdrawn")
    say(BOB, "withdrawn")
    sequence_pending()
    before = get_following().behind

    steps = 1
    while not services.follow_feed(limit=1):
        steps += 1

    assert steps >= before
    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE), ref_of(BOB)]
    assert get_following().behind == 0


def test_the_first_step_of_all_begins_at_the_end_and_has_everybody_decided(clock: Clock) -> None:
    make_shop()
    grant(ALICE, clock)
    run()
    say(ALICE, "withdrawn")
    sequence_pending()

    assert services.follow_feed()

    assert get_following().behind == 0
    assert not list_waiting()
    assert services.sweep_pages(budget=LONG)
    assert list_waiting() == [(ref_of(ALICE), Cause.WITHDRAWAL, "withdrawn")]


@pytest.mark.usefixtures("_shop")
def test_nobody_is_taken_out_because_the_policy_cannot_be_read(clock: Clock) -> None:
    clock.pass_time()
    with patch.object(following, "wake_for_destinations"), _no_policy(), pytest.raises(PolicyMissing):
        services.sweep_pages(budget=LONG)

    assert not list_waiting()


def test_nothing_to_follow_and_nothing_held_is_the_end() -> None:
    assert services.follow_feed()
    assert services.sweep_pages(budget=LONG)
    assert FeedPosition.objects.filter(name="pull_through").exists()


def change_policy_first(text: str) -> None:
    """Put `text` in force as the shop's first policy."""
    publish_policy(text)
    register_ads()


def keys_of(customer: str) -> tuple[bytes, ...]:
    return tuple(map(to_key, keys_of_stranger(name(customer)[1:])))


def _opened(row: Suppression) -> Member:
    return open_member(row.holding, bytes(row.sealed))


def _no_policy() -> AbstractContextManager[object]:
    def without() -> Ground:
        ground = judging.lay_ground()
        return replace(ground, policy=replace(ground.policy, intact=False))

    return patch.object(sweeping, "lay_ground", without)
