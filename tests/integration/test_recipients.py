"""Recipients are told: what suppressions carried there, what an officer passes on, and who they were."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.types import Member
from activation.enforcement.recipients import telling
from activation.enforcement.recipients.models import RecipientNotice, RecipientTelling
from activation.enforcement.recipients.queries import list_notices_to_tell, list_progress
from activation.enforcement.recipients.services import (
    NoticeAlreadyEnded,
    NoticeNeedsWords,
    NoticeNotFound,
    mark_told,
    tell_all,
)
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.models import Certificate, Message, Request, RequestEvent, Step
from consent.requests.queries import list_recipients
from consent.requests.services import answer_who_received, end_telling, finish_erasure
from consent.requests.types import (
    Actor,
    EventKind,
    NotPossible,
    RequestState,
    RequestType,
    StepAction,
    StepState,
)
from tests.erasing_world import (
    approve_by_two,
    destroy_as_step,
    fresh,
    make_approver,
    make_request,
)
from tests.pull_through_world import (
    ALICE,
    BOB,
    Clock,
    deliver,
    grant,
    list_held_refs,
    make_shop,
    movable_clock,
    name,
    pull_through,
    ref_of,
    run,
    say,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> Iterator[None]:
    with movable_clock() as clock:
        fill_shop(clock)
        yield


def fill_shop(clock: Clock) -> None:
    """Let Alice and Bob say yes, and the destination hold both."""
    make_shop()
    grant(ALICE, clock)
    grant(BOB, clock)
    run()
    pull_through()


def wait(request: Request) -> Step:
    """Let the request come to its recipients."""
    [step] = Step.objects.filter(request=request, action=StepAction.TELL_RECIPIENTS)
    Step.objects.filter(pk=step.pk).update(state=StepState.WAITING, started_at=get_time())
    return step


def ask(kind: RequestType, customer: str = ALICE) -> tuple[Request, Step]:
    """Return a request that has come to its recipients."""
    request = make_request(*name(customer), type=kind)
    step = Step.objects.create(request=request, phase=2, action=StepAction.TELL_RECIPIENTS)
    wait(request)
    return request, step


def state_of(step: Step) -> str:
    return Step.objects.get(pk=step.pk).state


def told_of(step: Step) -> list[tuple[str, int, int, str]]:
    report = Step.objects.get(pk=step.pk).report
    return [(one["dataset"], one["found"], one["done"], one["ground"]) for one in report]


def test_an_erasure_waits_until_every_destination_that_holds_the_person_has_acknowledged() -> None:
    alice = ref_of(ALICE)
    request = approve_by_two(make_request(*name(ALICE)))
    step = wait(request)

    assert tell_all() == 0  # the ledger was not followed so far yet
    pull_through()
    assert tell_all() == 0  # and now the destination has not answered
    assert [(one.destination, one.state) for one in list_progress(request.pk)] == [("ads", "not_yet")]
    assert state_of(step) == StepState.WAITING

    deliver()
    assert alice not in list_held_refs()
    assert tell_all() == 1

    assert state_of(step) == StepState.DONE
    assert told_of(step) == [("ads", 1, 1, "acknowledged")]
    [known] = list_recipients(request.pk)
    assert (known.destination, known.purposes) == ("ads", ("advertising.audience",))
    told = RequestEvent.objects.get(request=request, kind=EventKind.RECIPIENTS_TOLD)
    assert told.detail == {"recipients": 1, "told": 1, "acknowledged": 1}
    assert tell_all() == 0


def test_what_a_destination_refuses_makes_the_step_partly_done_and_the_certificate_says_so() -> None:
    request = approve_by_two(make_request(*name(ALICE)))
    step = wait(request)
    pull_through()
    Suppression.objects.update(state=SuppressionState.PARKED, error="no")

    assert tell_all() == 1

    assert state_of(step) == StepState.PARTLY_DONE
    assert told_of(step) == [("ads", 1, 0, "parked")]
    destroy_as_step(request)
    Step.objects.filter(request=request, action=StepAction.DESTROY_KEYS).update(ended_at=get_time())
    finish_erasure(request)
    assert fresh(request).state == RequestState.PARTLY_FULFILLED
    assert '{"acknowledged":0,"recipient":"ads","state":"parked","told":1}' in Certificate.objects.get().body


def test_of_somebody_whom_nobody_holds_nobody_is_waited_for() -> None:
    request = approve_by_two(make_request(*name("00009")))
    step = wait(request)
    pull_through()

    assert tell_all() == 1

    assert (state_of(step), told_of(step)) == (StepState.DONE, [])
    assert list_recipients(request.pk) == ()


def test_an_opt_out_is_done_when_the_destination_has_taken_the_person_out() -> None:
    say(ALICE, "opted_out")
    request, step = ask(RequestType.OPT_OUT)
    assert tell_all() == 0
    Request.objects.filter(pk=request.pk).update(received_at=get_time())
    pull_through()
    assert tell_all() == 0

    deliver()

    assert tell_all() == 1
    assert told_of(step) == [("ads", 1, 1, "acknowledged")]


def test_a_withdrawal_that_a_destination_need_not_hear_of_is_done_though_it_holds_the_person() -> None:
    _request, step = ask(RequestType.WITHDRAWAL)
    pull_through()

    assert tell_all() == 1

    assert (state_of(step), told_of(step)) == (StepState.DONE, [])
    assert ref_of(ALICE) in list_held_refs()


def test_of_a_rectification_an_officer_tells_every_recipient_on_record() -> None:
    request, step = ask(RequestType.RECTIFICATION)
    pull_through()
    assert tell_all() == tell_all() == 0
    [notice] = list_notices_to_tell()
    assert (notice.request_id, notice.destination, notice.what) == (request.pk, "ads", "rectification")
    officer = make_approver("zoe")

    mark_told(notice.id, officer_id=officer, note="by e-mail")
    with pytest.raises(NoticeAlreadyEnded):
        mark_told(notice.id, officer_id=officer)

    assert tell_all() == 1
    assert (state_of(step), told_of(step)) == (StepState.DONE, [("ads", 1, 1, "by_hand")])
    assert list_notices_to_tell() == []


def test_requests_that_wait_for_long_do_not_keep_others_from_being_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "AT_ONCE", 1)
    _, first = ask(RequestType.RECTIFICATION)
    _, second = ask(RequestType.RECTIFICATION)
    pull_through()
    other, last = ask(RequestType.ACCESS, BOB)
    Request.objects.filter(pk=other.pk).update(due_at=get_time() + timedelta(days=999))

    assert tell_all() == 1

    assert [state_of(step) for step in (first, second, last)] == ["waiting", "waiting", "done"]
    assert list_progress(other.pk) == []


def test_a_recipient_that_cannot_be_told_is_named_with_the_reason() -> None:
    _, step = ask(RequestType.RECTIFICATION)
    pull_through()
    tell_all()
    [notice] = list_notices_to_tell()
    officer = make_approver("zoe")
    with pytest.raises(NoticeNeedsWords):
        mark_told(notice.id, officer_id=officer, is_impossible=True)
    with pytest.raises(NoticeNotFound):
        mark_told(step.pk, officer_id=officer)

    mark_told(notice.id, officer_id=officer, is_impossible=True, note="it no longer exists")

    assert tell_all() == 1
    assert (state_of(step), told_of(step)) == (StepState.PARTLY_DONE, [("ads", 1, 0, "parked")])


LIST = "/admin/activation_enforcement/recipientnotice/"


def sign_in(*permissions: str) -> Client:
    user = User.objects.create_user(f"officer-{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_officers_say_in_the_admin_which_recipients_were_told() -> None:
    request, step = ask(RequestType.RECTIFICATION)
    pull_through()
    tell_all()
    [notice] = list_notices_to_tell()
    told = {"_selected_action": [str(notice.id)]}
    looks, tells = sign_in("view_recipientnotice"), sign_in("tell_recipients")
    looks.post(LIST, {**told, "action": "say_told", "note": "by e-mail"})
    assert [one.id for one in list_notices_to_tell()] == [notice.id]
    assert sign_in("view_request").get(LIST).status_code == 403

    page = tells.get(f"{LIST}?state=open").content.decode()
    assert str(request.pk) in page
    refused = tells.post(LIST, {**told, "action": "say_impossible"}, follow=True).content.decode()
    assert "say why the recipient cannot be told" in refused
    tells.post(LIST, {**told, "action": "say_told", "note": "by e-mail"})

    assert tell_all() == 1
    assert (state_of(step), told_of(step)) == (StepState.DONE, [("ads", 1, 1, "by_hand")])


def test_a_restriction_tells_by_itself_who_has_to_take_the_person_out_and_an_officer_the_others() -> None:
    register_destination(
        slug="crm", kind=DestinationKind.CX_TOOL, title="CRM", registered_by="zoe", at=get_time()
    )
    membership.add_members(
        destination="crm",
        audience="all",
        purpose="advertising.audience",
        controller="shop",
        members=[Member(ref=ref_of(ALICE), identifiers={})],
        world="w" * 64,
    )
    _, step = ask(RequestType.RESTRICTION)
    say(ALICE, restricted="yes")
    pull_through()
    assert tell_all() == 0

    deliver()
    for notice in list_notices_to_tell():
        mark_told(notice.id, officer_id=make_approver(f"teller-of-{notice.destination}"))

    assert tell_all() == 1
    assert ("ads", 1, 1, "acknowledged") in told_of(step)
    assert {one[0] for one in told_of(step)} == {"ads", "crm"}


def test_an_access_request_lists_recipients_for_its_package_and_tells_nobody() -> None:
    request, step = ask(RequestType.ACCESS)

    assert tell_all() == 1

    assert state_of(step) == StepState.DONE
    assert told_of(step) == [("recipients", 1, 1, "")]
    [known] = list_recipients(request.pk)
    assert known.destination == "ads"
    assert known.first_sent is not None
    assert known.first_sent <= (known.last_sent or known.first_sent)
    key = vault.open_key(request)
    [part] = vault.read_parts(request, key, f"step/{step.pk}", parts=1)
    assert part.startswith(b'{"dataset": "recipients", "row": {"destination": "ads"')
    assert not Suppression.objects.exists()


def test_who_asks_who_they_were_is_written_to_once_they_are_known() -> None:
    request, _ = ask(RequestType.ACCESS)
    with pytest.raises(NotPossible):
        answer_who_received(request.pk, actor=Actor.PERSON)
    tell_all()

    answer_who_received(request.pk, actor=Actor.PERSON)

    assert [message.template for message in Message.objects.all()] == ["recipients"]


def test_two_workers_end_a_step_once_and_one_that_dies_in_between_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, step = ask(RequestType.ACCESS)
    end = end_telling

    def die(*given: Any) -> bool:
        end(*given)
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(telling, "end_telling", die)
        with pytest.raises(SystemExit):
            tell_all()
    assert state_of(step) == StepState.WAITING
    assert not RecipientTelling.objects.exists()
    assert not RequestEvent.objects.filter(kind=EventKind.RECIPIENTS_TOLD).exists()

    assert [tell_all(), tell_all()] == [1, 0]


def test_notices_name_nobody() -> None:
    ask(RequestType.RECTIFICATION)
    pull_through()
    tell_all()

    row = RecipientNotice.objects.select_related("telling").get()
    assert ref_of(ALICE) not in str({**vars(row), **vars(row.telling)})
