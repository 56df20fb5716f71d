"""What officers decide about requests, once, by the table of states, with the person told why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consent.ledger.queries import get_time
from consent.requests import services
from consent.requests.intake.contents import read_claims
from consent.requests.intake.suggesting import suggest_for
from consent.requests.models import Agent, Request, RequestEvent, SealedPart
from consent.requests.moving import lock_request, move
from consent.requests.rules.transitions import TRANSITIONS
from consent.requests.types import (
    CLOSED,
    Actor,
    ChangedMeanwhile,
    ContentDestroyed,
    EventKind,
    MailTemplate,
    Method,
    NotPossible,
    RefusalGround,
    RequestState,
    RequestType,
)
from consent.requests.verification.codes import CodeCheck
from tests.lineage_told import list_runs
from tests.policy_officers import make_officer
from tests.requests_world import email_of, read_code_mails, read_mails, take_in

pytestmark = pytest.mark.django_db


def verified(**changes: Any) -> Request:
    received = take_in(**changes)
    code = read_code_mails(received.request_id)[-1]
    assert services.check_code(received.request_id, code=code, at=get_time()) is CodeCheck.ACCEPTED
    return Request.objects.get(pk=received.request_id)


def in_review(**changes: Any) -> Request:
    request = verified(**changes)
    move(request, RequestState.IN_REVIEW, kind=EventKind.IN_REVIEW, actor=Actor.SYSTEM)
    return request


def in_state(state: RequestState) -> Request:
    """Return a request that was led to `state` by the shortest way."""
    ways = {
        RequestState.RECEIVED: (),
        RequestState.VERIFYING: (RequestState.VERIFYING,),
        RequestState.IN_PROGRESS: (RequestState.IN_PROGRESS,),
        RequestState.IN_REVIEW: (RequestState.IN_PROGRESS, RequestState.IN_REVIEW),
        **{closed: (closed,) for closed in CLOSED},
    }
    request = Request(
        reference=f"R-{len(Request.objects.all()):04}",
        type=RequestType.ACCESS,
        controller="acme",
        channel="portal",
        received_at=get_time(),
        due_at=get_time(),
    )
    request.save(force_insert=True)
    for step in ways[state]:
        move(request, step, kind=EventKind.NOTED, actor=Actor.SYSTEM, ground="other")
    return request


@pytest.mark.parametrize("after", list(RequestState))
@pytest.mark.parametrize("before", list(RequestState))
def test_the_database_holds_the_table_of_states_whoever_writes(
    before: RequestState, after: RequestState
) -> None:
    request = in_state(before)
    changes: dict[str, Any] = {
        "state": after,
        "closed_at": get_time() if after in CLOSED else None,
        "ground": "other" if after is RequestState.REFUSED else "",
    }
    allowed = before is after or after in TRANSITIONS[before]

    def write() -> None:
        with transaction.atomic():
            Request.objects.filter(pk=request.pk).update(**changes)

    if allowed:
        write()
    else:
        with pytest.raises(IntegrityError, match="does not go from"):
            write()


def test_a_refusal_names_its_ground_and_tells_the_person_why_and_until_when_they_can_appeal() -> None:
    officer, request = make_officer("olga"), in_review()

    services.refuse(
        request.pk,
        ground=RefusalGround.LEGAL_EXEMPTION,
        explanation="Tax law asks us to keep it.",
        officer_id=officer.pk,
        version=request.version,
    )

    request.refresh_from_db()
    assert (request.state, request.ground) == (RequestState.REFUSED, RefusalGround.LEGAL_EXEMPTION)
    mail = read_mails(request.pk)[-1]
    assert mail["template"] == MailTemplate.REFUSED
    assert mail["context"]["ground"] == "legal_exemption"
    assert mail["context"]["reason"] == "Tax law asks us to keep it."
    assert mail["context"]["appeal_until"] == (get_time() + timedelta(days=90)).date().isoformat()
    assert "Tax law" not in str(list(RequestEvent.objects.values()))
    assert list(list_runs("handle_request.access").values()) == [["START", "ABORT"]]


def test_a_refusal_without_a_word_of_explanation_is_none() -> None:
    officer, request = make_officer("olga"), in_review()

    with pytest.raises(NotPossible):
        services.refuse(
            request.pk,
            ground=RefusalGround.OTHER,
            explanation=" ",
            officer_id=officer.pk,
            version=request.version,
        )

    request.refresh_from_db()
    assert request.state == RequestState.IN_REVIEW


def refuse_it(request: Request, officer_id: int) -> None:
    services.refuse(
        request.pk,
        ground=RefusalGround.OTHER,
        explanation="No.",
        officer_id=officer_id,
        version=request.version,
    )


def fulfil_it(request: Request, officer_id: int) -> None:
    services.fulfil(request.pk, officer_id=officer_id, version=request.version)


def decide_it(request: Request, officer_id: int) -> None:
    services.decide_jurisdiction(
        request.pk, jurisdiction="FR", reason="A letter.", officer_id=officer_id, version=request.version
    )


@pytest.mark.parametrize("second", [refuse_it, fulfil_it, decide_it])
@pytest.mark.parametrize("first", [refuse_it, fulfil_it, decide_it])
def test_of_two_officers_who_decide_at_once_the_second_is_told_to_look_again(
    first: Callable[[Request, int], None], second: Callable[[Request, int], None]
) -> None:
    request = in_review()

    first(request, make_officer("olga").pk)
    with pytest.raises(ChangedMeanwhile):
        second(request, make_officer("otto").pk)


def test_what_is_fulfilled_partly_is_explained_and_its_run_is_complete() -> None:
    officer, request = make_officer("olga"), in_review()
    with pytest.raises(NotPossible):
        services.fulfil(request.pk, officer_id=officer.pk, version=request.version, partly=True)

    services.fulfil(
        request.pk, officer_id=officer.pk, version=request.version, partly=True, explanation="Not the logs."
    )

    assert read_mails(request.pk)[-1]["context"] == {"partly": "yes", "reason": "Not the logs."}
    assert list(list_runs("handle_request.access").values()) == [["START", "COMPLETE"]]


def test_a_request_that_went_back_to_its_person_and_on_again_is_one_run() -> None:
    request = verified()
    move(request, RequestState.IN_REVIEW, kind=EventKind.IN_REVIEW, actor=Actor.SYSTEM)
    move(request, RequestState.IN_PROGRESS, kind=EventKind.SENT_BACK, actor=Actor.OFFICER)
    services.cancel(request.pk, actor=Actor.PERSON)

    assert list(list_runs("handle_request.access").values()) == [["START", "ABORT"]]


def test_a_request_that_never_started_tells_lineage_nothing() -> None:
    services.cancel(take_in().request_id, actor=Actor.PERSON)

    assert list_runs() == {}


def test_a_no_that_was_recorded_is_not_taken_back_by_ending_the_request() -> None:
    with pytest.raises(NotPossible):
        services.cancel(take_in(type=RequestType.OPT_OUT).request_id, actor=Actor.PERSON)


def test_who_never_proves_who_they_are_is_told_that_the_request_ended() -> None:
    received = take_in()

    assert services.expire_stale(at=get_time() + timedelta(days=29)) == 0
    assert services.expire_stale(at=get_time() + timedelta(days=31)) == 1

    assert Request.objects.get(pk=received.request_id).state == RequestState.EXPIRED
    assert read_mails(received.request_id)[-1]["template"] == MailTemplate.EXPIRED
    assert services.expire_stale(at=get_time() + timedelta(days=31)) == 0


def test_who_proved_a_contact_and_waits_for_an_officer_does_not_expire() -> None:
    received = take_in(jurisdiction="US-CA")
    services.check_code(received.request_id, code=read_code_mails(received.request_id)[-1], at=get_time())

    assert services.expire_stale(at=get_time() + timedelta(days=31)) == 0


def test_an_appeal_is_a_request_of_its_own_that_the_earlier_one_is_told_of_once_it_is_proven() -> None:
    request = in_review()
    refuse_it(request, make_officer("olga").pk)
    received = take_in(type=RequestType.APPEAL, appeal_of=request.reference.lower())
    appealed = RequestEvent.objects.filter(request=request, kind=EventKind.APPEALED)
    assert not appealed.exists()

    services.check_code(received.request_id, code=read_code_mails(received.request_id)[-1], at=get_time())

    assert appealed.get().detail == {"appeal": received.reference, "same_person": True}


def test_an_appeal_by_somebody_else_says_so() -> None:
    request = in_review()
    refuse_it(request, make_officer("olga").pk)

    appeal = verified(
        type=RequestType.APPEAL, appeal_of=request.reference, identifiers=(email_of("mallory"),)
    )

    told = RequestEvent.objects.get(request=request, kind=EventKind.APPEALED)
    assert told.detail == {"appeal": appeal.reference, "same_person": False}


def test_what_cannot_be_appealed_against_is_answered_alike_whether_it_is_there_or_not() -> None:
    going_on = take_in()
    answers = set()
    for reference in (going_on.reference, "R-2222-2222"):
        with pytest.raises(services.AppealNotPossible) as refused:
            take_in(type=RequestType.APPEAL, appeal_of=reference)
        answers.add(str(refused.value))

    assert len(answers) == 1


def test_what_a_request_held_is_destroyed_once_nobody_can_appeal_and_its_row_stays() -> None:
    request = in_review()
    refuse_it(request, make_officer("olga").pk)

    assert services.forget_content(at=get_time() + timedelta(days=89)) == 0
    assert services.forget_content(at=get_time() + timedelta(days=91)) == 1

    request.refresh_from_db()
    assert not SealedPart.objects.filter(request=request).exists()
    assert not request.people.exists()
    assert not any(bytes(row.contact_index) for row in request.verifications.order_by("pk"))
    with pytest.raises(ContentDestroyed):
        read_claims(request)
    assert services.forget_content(at=get_time() + timedelta(days=91)) == 0


def test_what_an_open_appeal_rests_on_is_kept() -> None:
    request = in_review()
    refuse_it(request, make_officer("olga").pk)
    verified(type=RequestType.APPEAL, appeal_of=request.reference)

    assert services.forget_content(at=get_time() + timedelta(days=91)) == 0


def test_an_officer_decides_whose_law_speaks_with_a_reason_and_no_later_suggestion_changes_it() -> None:
    request, officer = verified(jurisdiction=None), make_officer("olga")
    assert request.jurisdiction == ""

    with pytest.raises(services.RequestMalformed):
        services.decide_jurisdiction(
            request.pk, jurisdiction="XX", reason="?", officer_id=officer.pk, version=request.version
        )
    decide_it(request, officer.pk)

    request.refresh_from_db()
    assert request.jurisdiction == "FR"
    assert suggest_for(request).has_right is True


def test_a_trusted_agent_vouches_for_addresses_only_and_an_inactive_one_is_nobody() -> None:
    Agent.objects.create(slug="helpful", title="Helpful", is_trusted=True)
    Agent.objects.create(slug="gone", title="Gone", is_active=False)

    received = take_in(agent="helpful", vouched=True, identifiers=(email_of("ann", verified=True),))

    request = Request.objects.get(pk=received.request_id)
    assert (request.state, request.verified_by) == (RequestState.IN_PROGRESS, Method.AGENT)
    for slug in ("gone", "nobody"):
        with pytest.raises(services.AgentUnknown):
            take_in(agent=slug)


def test_an_agent_that_is_not_trusted_has_the_person_confirm_it_themselves() -> None:
    Agent.objects.create(slug="new", title="New")

    received = take_in(agent="new", vouched=True, identifiers=(email_of("ann", verified=True),))

    assert received.state is RequestState.VERIFYING
    assert read_mails(received.request_id)[-1]["to"] == "ann@people.example"


def test_a_request_that_is_not_there_is_not_found_by_anybody() -> None:
    with pytest.raises(Exception, match="no such request"):
        lock_request("00000000-0000-4000-8000-000000000000")
