"""Canaries are real subjects, each denied for its no alone; they are kept whole, and found by nobody else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from activation.decisions.engine import decide
from activation.decisions.reasons import Reason
from activation.enforcement.canaries.models import CanaryPlace, Incident
from activation.enforcement.canaries.queries import identify, list_canaries, list_canary_refs
from activation.enforcement.canaries.services import ensure_canaries, mend_canaries
from activation.enforcement.canaries.types import Canary, IncidentKind, Way
from activation.snapshots.queries import open_snapshot
from consent.records.models import ConsentRecord
from consent.records.services import record_rows
from consent.records.types import NO, Choice, NewChoice, NewRow
from consent.subjects.models import Subject
from consent.subjects.services import erase_subject, link_by_officer
from tests.canary_world import QUESTION, make_canaries, ref_of
from tests.enforcement_world import POLICY, make_world, publish_policy, register_ads

pytestmark = pytest.mark.django_db

REASONS = {
    Way.REFUSED: Reason.REFUSED,
    Way.WITHDRAWN: Reason.WITHDRAWN,
    Way.UNSUBSCRIBED: Reason.OBJECTED,
    Way.OPTED_OUT: Reason.OPTED_OUT,
    Way.LAPSED: Reason.EXPIRED,
    Way.ERASED: Reason.SUBJECT_ERASED,
}


def test_each_canary_is_denied_for_its_own_way_of_saying_no() -> None:
    make_world()
    canaries = make_canaries()

    with open_snapshot(at=timezone.now()) as snapshot:
        states = snapshot.load_states([identify(one) for one in canaries.values()])
        found = [
            decide(snapshot.policy, snapshot.register, state, QUESTION, timezone.now()) for state in states
        ]

    assert {way: one.reason for way, one in zip(canaries, found, strict=True)} == REASONS


def test_without_its_no_a_canary_would_be_allowed() -> None:
    make_world()
    canaries = make_canaries()
    spoken = [canaries[way] for way in (Way.REFUSED, Way.WITHDRAWN, Way.UNSUBSCRIBED, Way.OPTED_OUT)]

    with open_snapshot(at=timezone.now()) as snapshot:
        for state in snapshot.load_states([identify(one) for one in spoken]):
            [member] = state.members
            yeses = tuple(choice for choice in member.choices if choice.choice not in NO)
            silent = replace(state, members=(replace(member, choices=yeses),))
            decision = decide(snapshot.policy, snapshot.register, silent, QUESTION, timezone.now())
            assert decision.allowed, decision.reason


def test_every_identifier_of_a_canary_leads_to_it_alone() -> None:
    make_world()
    canaries = make_canaries()

    assert len({ref_of(one) for one in canaries.values()}) == len(Way)
    assert list_canary_refs() == {ref_of(one) for one in canaries.values()}


def test_making_canaries_again_changes_nothing() -> None:
    make_world()
    first = make_canaries()
    subjects, records = Subject.objects.count(), ConsentRecord.objects.count()

    assert make_canaries() == first
    assert (Subject.objects.count(), ConsentRecord.objects.count()) == (subjects, records)


def test_two_that_make_canaries_at_once_make_them_once(committed_database: str) -> None:
    make_world()

    def make(_: int) -> dict[Way, Canary]:
        try:
            return make_canaries()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(make, range(4))

    assert all(one == first for one in others)
    assert len(list_canary_refs()) == len(Way)


def test_a_destination_that_nobody_registered_has_no_canaries() -> None:
    publish_policy()

    assert ensure_canaries(destination="ads", at=timezone.now()) == []
    assert not CanaryPlace.objects.exists()


def test_canaries_learn_the_purposes_of_a_new_policy_and_stay_denied() -> None:
    register_ads()
    before = make_canaries()
    publish_policy()

    after = make_canaries()

    digests = {one.policy_digest for way, one in after.items() if way is not Way.ERASED}
    assert len(digests) == 1
    assert digests != {before[Way.REFUSED].policy_digest}
    assert {ref_of(one) for one in after.values()} == {ref_of(one) for one in before.values()}
    with open_snapshot(at=timezone.now()) as snapshot:
        for state in snapshot.load_states([identify(one) for one in after.values()]):
            assert not decide(snapshot.policy, snapshot.register, state, QUESTION, timezone.now()).allowed


def test_canaries_that_stand_are_not_mended() -> None:
    make_world()
    make_canaries()

    assert mend_canaries(destination="ads", at=timezone.now()) == []
    assert not Incident.objects.exists()


def test_a_canary_whose_no_is_gone_is_mended_and_an_incident_raised() -> None:
    make_world()
    canaries = make_canaries()
    later_yes = NewChoice(
        purpose="advertising.audience",
        choice=Choice.GRANTED,
        controller="shop",
        effective_at=timezone.now() - timedelta(minutes=1),
        method="checkbox",
    )
    row = NewRow(identify(canaries[Way.REFUSED]), (later_yes,), ())
    record_rows(rows=[row], source="a system gone wrong", at=timezone.now())

    lost = mend_canaries(destination="ads", at=timezone.now() + timedelta(days=2))

    assert lost == [Way.REFUSED]
    incident = Incident.objects.get()
    assert (incident.kind, incident.ways, incident.suspended) == (
        IncidentKind.CANARY_LOST,
        ["refused"],
        False,
    )


def test_a_canary_that_was_erased_is_followed_by_another() -> None:
    make_world()
    canaries = make_canaries()
    erase_subject(ref=ref_of(canaries[Way.WITHDRAWN]), requested_by="officer:1", at=timezone.now())

    assert mend_canaries(destination="ads", at=timezone.now()) == [Way.WITHDRAWN]

    now = {one.way: one for one in list_canaries(destination="ads")}
    assert now[Way.WITHDRAWN].generation == 2
    assert mend_canaries(destination="ads", at=timezone.now()) == []


def test_a_canary_that_was_linked_to_somebody_is_followed_by_another() -> None:
    make_world()
    canaries = make_canaries()
    link_by_officer(
        left=ref_of(canaries[Way.REFUSED]),
        right=ref_of(canaries[Way.OPTED_OUT]),
        officer=1,
        reason="the same person",
        at=timezone.now(),
    )

    assert mend_canaries(destination="ads", at=timezone.now()) == [Way.REFUSED, Way.OPTED_OUT]
    assert mend_canaries(destination="ads", at=timezone.now()) == []


def test_a_lost_canary_is_made_anew() -> None:
    make_world()
    make_canaries()
    CanaryPlace.objects.filter(way=Way.OPTED_OUT).update(generation=7)

    assert mend_canaries(destination="ads", at=timezone.now()) == [Way.OPTED_OUT]
    assert mend_canaries(destination="ads", at=timezone.now()) == []


def test_canaries_under_a_policy_that_does_not_know_the_destination_refuse_everything() -> None:
    publish_policy(
        POLICY.replace("\n  ads:\n", "\n  other:\n").replace("recipients: [ads]", "recipients: [other]")
    )
    register_ads()

    canaries = make_canaries()

    records = ConsentRecord.objects.filter(subject_id=ref_of(canaries[Way.REFUSED]))
    assert [(one.purpose, one.choice) for one in records] == [("*", "refused")]
