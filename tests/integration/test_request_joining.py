"""A request that its person made before joins that one; nobody who has not proven it can use that."""

from typing import Any

import pytest

from consent.ledger.queries import get_time
from consent.requests import services
from consent.requests.models import Request, RequestEvent
from consent.requests.types import Actor, Channel, EventKind, RequestState, RequestType
from consent.requests.verification.codes import CodeCheck
from tests.lineage_told import list_runs
from tests.requests_world import customer_of, email_of, read_code_mails, read_mails, take_in

pytestmark = pytest.mark.django_db


def verify(request_id: Any) -> Request:
    code = read_code_mails(request_id)[-1]
    assert services.check_code(request_id, code=code, at=get_time()) is CodeCheck.ACCEPTED
    return Request.objects.get(pk=request_id)


def test_a_repeated_request_joins_the_one_before_it_once_both_are_proven() -> None:
    first, second = take_in(), take_in()
    older = verify(first.request_id)
    newer = verify(second.request_id)

    assert older.state == RequestState.IN_PROGRESS
    assert newer.state == RequestState.CANCELLED
    assert newer.joined_to_id == older.pk
    assert RequestEvent.objects.get(request=older, kind=EventKind.JOINED).detail == {
        "joined": newer.reference
    }
    assert len(list_runs()) == 1


def test_who_files_first_in_somebody_elses_name_stops_nothing_and_sees_nothing() -> None:
    strangers = take_in(reply_to="mallory@people.example")
    own = take_in()

    assert verify(own.request_id).state == RequestState.IN_PROGRESS
    assert Request.objects.get(pk=strangers.request_id).state == RequestState.VERIFYING
    told = RequestEvent.objects.filter(request=strangers.request_id).order_by("at", "pk")
    assert EventKind.JOINED not in list(told.values_list("kind", flat=True))


def test_a_strangers_unproven_request_is_not_taken_over_when_the_person_files_later() -> None:
    verify(take_in().request_id)
    strangers = take_in()

    assert strangers.state is RequestState.VERIFYING
    assert not strangers.joined


def test_who_proved_less_or_something_else_joins_nothing() -> None:
    """Two people share a mailbox: what one of them asks for must not end the other's request."""
    vouched = take_in(
        identifiers=(email_of("ann", verified=True), customer_of("4711")), vouched=True, channel=Channel.API
    )
    shared = verify(take_in(identifiers=(email_of("ann"),)).request_id)

    assert vouched.state is RequestState.IN_PROGRESS
    assert shared.state == RequestState.IN_PROGRESS


@pytest.mark.parametrize(
    "changes",
    [{"controller": "other"}, {"type": RequestType.PORTABILITY}],
    ids=["another brand", "another type"],
)
def test_another_brand_or_another_type_is_another_request(changes: dict[str, Any]) -> None:
    verify(take_in().request_id)

    assert verify(take_in(**changes).request_id).state == RequestState.IN_PROGRESS


@pytest.mark.parametrize("type_", [RequestType.OPT_OUT, RequestType.WITHDRAWAL, RequestType.COMPLAINT])
def test_a_no_and_a_complaint_are_never_joined_each_counts_from_its_own_time(type_: RequestType) -> None:
    first, second = take_in(type=type_), take_in(type=type_)

    assert first.state is second.state is RequestState.IN_PROGRESS


def test_a_correction_says_something_of_its_own_and_is_never_joined() -> None:
    for name in ("Ann Smith", "Ann Jones"):
        received = take_in(type=RequestType.RECTIFICATION, corrections={"name": name})
        assert verify(received.request_id).state == RequestState.IN_PROGRESS


def test_a_closed_request_joins_nothing() -> None:
    first = verify(take_in().request_id)
    services.cancel(first.pk, actor=Actor.PERSON)

    assert verify(take_in().request_id).state == RequestState.IN_PROGRESS


def test_the_person_is_written_the_same_whether_their_request_is_joined_or_not() -> None:
    first, second = take_in(), take_in()
    verify(first.request_id)
    verify(second.request_id)

    first_mails, second_mails = (
        [mail["template"] for mail in read_mails(one.request_id)] for one in (first, second)
    )
    assert first_mails == second_mails
