"""Legal holds: what they keep from erasure, for whom and how long, and how the rest is erased afterwards."""

from datetime import timedelta
from typing import Any

import pytest

from consent.keys import queries as key_queries
from consent.ledger.queries import get_time
from consent.requests.erasing import keys
from consent.requests.models import (
    Certificate,
    Dataset,
    Field,
    LegalHold,
    Request,
    RequestEvent,
    Step,
    System,
)
from consent.requests.queries import get_holds, get_ledger_holds, preview_erasure
from consent.requests.services import erase_rest, finish_erasure, lift_hold, place_hold
from consent.requests.types import EventKind, NotPossible, OnErasure, RequestState, StepAction, StepState
from consent.subjects import queries as subject_queries
from consent.subjects.types import SubjectRef
from tests.erasing_world import (
    approve_by_two,
    destroy_as_step,
    end_step,
    end_systems,
    fresh,
    make_approver,
    make_request,
    make_system,
)
from tests.subjects_world import attach, customer

pytestmark = pytest.mark.django_db
ANN, BEN = customer("1"), customer("2")


def make_shop(**dataset: Any) -> System:
    shop = make_system("shop")
    Dataset.objects.create(system=shop, name="orders", title="Orders", **dataset)
    Dataset.objects.create(system=shop, name="people", title="People")
    return shop


def hold(*, system: str = "", dataset: str = "", **given: Any) -> LegalHold:
    columns = {
        "reference": "Case 7",
        "ground": "GDPR Art. 17(3)(e)",
        "since": get_time().date(),
        "officer_id": make_approver(f"officer-{LegalHold.objects.count()}"),
        **given,
    }
    if dataset:
        columns["dataset"] = Dataset.objects.get(system__slug=system, name=dataset)
    elif system:
        columns["system"] = System.objects.get(slug=system)
    return place_hold(**columns)


def lift(held: LegalHold) -> None:
    lift_hold(held.pk, officer_id=make_approver("zoe"), at=get_time())


def test_a_hold_is_on_one_dataset_one_system_or_everything_and_on_one_person_or_everybody() -> None:
    shop, today = make_shop(), get_time().date()
    other = make_system("other")
    Dataset.objects.create(system=other, name="orders", title="Orders")
    hold(reference="A", system="shop", dataset="orders", subject_ref="sub_a")
    hold(reference="B", system="shop")
    hold(reference="C", subject_ref="sub_c")

    assert get_holds(shop, ["sub_a"], on=today) == {
        "orders": "A: GDPR Art. 17(3)(e); B: GDPR Art. 17(3)(e)",
        "people": "B: GDPR Art. 17(3)(e)",
    }
    assert list(get_holds(shop, ["sub_b"], on=today).values()) == ["B: GDPR Art. 17(3)(e)"] * 2
    assert get_holds(other, ["sub_a", "sub_b"], on=today) == {}
    assert get_holds(other, ["sub_c"], on=today) == {"orders": "C: GDPR Art. 17(3)(e)"}
    assert get_holds(other, [], on=today) == {}
    assert get_ledger_holds(["sub_a", "sub_c"], on=today) == {"sub_c": "C: GDPR Art. 17(3)(e)"}


def test_a_hold_stands_from_its_first_day_to_its_last_unless_it_is_lifted() -> None:
    shop, today = make_shop(), get_time().date()
    day = timedelta(days=1)
    hold(system="shop", since=today, until=today + day)

    assert [bool(get_holds(shop, [], on=today + n * day)) for n in (-1, 0, 1, 2)] == [
        False,
        True,
        True,
        False,
    ]

    lift(LegalHold.objects.get())
    assert get_holds(shop, [], on=today) == {}


def test_the_preview_shows_systems_in_order_with_holds_and_grounds() -> None:
    attach([ANN])
    shop = make_shop(on_erasure=OnErasure.KEEP, keep_ground="HGB section 257")
    people = Dataset.objects.get(system=shop, name="people")
    Dataset.objects.filter(pk=people.pk).update(on_erasure=OnErasure.MASK)
    Field.objects.create(
        dataset=people, name="vat", category="x", masking="keep", keep_ground="AO section 147"
    )
    make_system("first", order=1)
    make_system("old", is_enabled=False)
    hold(system="shop", dataset="people")

    plan = preview_erasure(make_request(ANN).pk)

    assert (plan.subjects, plan.erased_before, plan.spared) == (1, 0, 0)
    assert [one.slug for one in plan.systems] == ["first", "shop"]
    assert plan.switched_off == ("Old",)
    orders, masked = plan.systems[1].datasets
    assert (orders.on_erasure, orders.ground, orders.hold) == (OnErasure.KEEP, "HGB section 257", "")
    assert masked.hold == "Case 7: GDPR Art. 17(3)(e)"
    assert masked.kept_fields == (("vat", "AO section 147"),)
    assert subject_queries.find_subjects([[ANN]])


def finish_held(request: Request) -> None:
    end_systems(request)
    step = Step.objects.get(request=request, action=StepAction.ERASE)
    end_step(step.pk, found=2, done=1, kept=1, ground="Case 7: GDPR Art. 17(3)(e)")
    destroy_as_step(request)
    finish_erasure(request)


def test_under_a_hold_on_everything_the_keys_stay_and_the_rest_is_erased_when_it_is_lifted() -> None:
    [(ann,)] = attach([ANN])
    make_shop()
    held = hold(subject_ref=ann)
    request = approve_by_two(make_request(ANN))

    finish_held(request)

    assert fresh(request).state == RequestState.PARTLY_FULFILLED
    assert key_queries.get_keys([ann])
    certificate = Certificate.objects.get().body
    assert '"keys_kept":1' in certificate
    assert "Case 7" in certificate

    lift(held)
    rest = Request.objects.get(pk=erase_rest(request.pk, officer_id=make_approver("yves")))
    assert rest.state == RequestState.IN_PROGRESS
    with pytest.raises(NotPossible):
        erase_rest(request.pk, officer_id=make_approver("xaver"))
    approved = approve_by_two(rest)
    told = RequestEvent.objects.get(request=rest, kind=EventKind.APPROVED)
    assert told.detail == {"subjects": 1, "erased_before": 0, "spared": 0, "unproven": 0}
    assert subject_queries.list_kept(request.pk) == ()
    assert subject_queries.list_kept(rest.pk) == (ann,)

    end_systems(approved)
    destroy_as_step(approved)
    finish_erasure(approved)

    assert key_queries.get_keys([ann]) == {}
    assert fresh(rest).state == RequestState.FULFILLED
    assert Certificate.objects.count() == 2


def test_a_hold_that_is_placed_after_the_approval_keeps_the_keys_all_the_same() -> None:
    (ann,), (ben,) = attach([ANN], [BEN])
    request = approve_by_two(make_request(ANN, BEN))
    hold(subject_ref=ben)
    end_systems(request)

    outcome = keys.destroy(request)

    assert outcome.state is StepState.PARTLY_DONE
    assert (outcome.datasets[0].done, outcome.datasets[0].kept) == (1, 1)
    assert list(key_queries.get_keys([ann, ben])) == [SubjectRef(ben)]


def test_of_a_request_that_kept_nothing_there_is_no_rest() -> None:
    request = approve_by_two(make_request(ANN))
    with pytest.raises(NotPossible):
        erase_rest(request.pk, officer_id=make_approver("eve"))
    end_systems(request)
    destroy_as_step(request)
    finish_erasure(request)

    with pytest.raises(NotPossible):
        erase_rest(request.pk, officer_id=make_approver("eva"))


def test_what_several_rounds_report_of_a_dataset_is_one_row() -> None:
    make_shop()
    request = approve_by_two(make_request(ANN))
    end_systems(request)
    rounds = [
        {"dataset": "orders", "found": 3, "done": 2, "kept": 1, "ground": "Case 7"},
        {"dataset": "orders", "found": 1, "done": 1, "kept": 0, "ground": ""},
    ]
    Step.objects.filter(request=request, action=StepAction.ERASE).update(report=rounds, kept=1)
    destroy_as_step(request)

    finish_erasure(request)

    assert fresh(request).state == RequestState.FULFILLED
    assert '{"dataset":"orders","done":3,"found":3,"ground":"","kept":0}' in Certificate.objects.get().body
