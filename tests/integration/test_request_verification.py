"""A code shows that a contact reaches the person who asks, and no more than that."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from consent.ledger.queries import get_time
from consent.requests.models import Request, RequestEvent
from consent.requests.persons import read_person
from consent.requests.rules import codes as rules
from consent.requests.types import (
    Actor,
    Channel,
    EventKind,
    Level,
    MailTemplate,
    Method,
    NotPossible,
    RequestState,
    RequestType,
)
from consent.requests.verification.codes import CodeCheck, ask_code, check_code
from consent.requests.verification.contacts import find_proven_contact
from consent.requests.verification.vouching import (
    DocumentKind,
    accept_document,
    accept_token,
    change_level,
)
from consent.subjects.types import IdentifierKind
from tests.policy_officers import make_officer
from tests.requests_world import customer_of, email_of, read_code_mails, read_mails, take_in
from tests.subjects_world import attach

pytestmark = pytest.mark.django_db
WRONG = "2222-2222"
PER_CODE, PER_REQUEST, PER_CONTACT = (
    rules.ATTEMPTS_PER_CODE,
    rules.ATTEMPTS_PER_REQUEST,
    rules.CODES_PER_CONTACT,
)
"""As they are: tests of mutants change them."""


def now(**later: float) -> datetime:
    return get_time() + timedelta(**later)


def state_of(request_id: Any) -> str:
    return Request.objects.get(pk=request_id).state


def test_the_code_that_was_sent_lets_the_request_go_on() -> None:
    received = take_in()
    [code] = read_code_mails(received.request_id)

    assert (
        check_code(received.request_id, code=code.lower().replace("-", " "), at=now()) is CodeCheck.ACCEPTED
    )

    request = Request.objects.get(pk=received.request_id)
    assert request.state == RequestState.IN_PROGRESS
    assert request.verified_by == Method.EMAIL_CODE
    contact = find_proven_contact(request)
    assert contact is not None
    assert contact.value == "ann@people.example"


def test_a_wrong_code_counts_and_is_told_and_the_right_one_still_counts_after_it() -> None:
    received = take_in()
    [code] = read_code_mails(received.request_id)

    assert check_code(received.request_id, code=WRONG, at=now()) is CodeCheck.WRONG

    failed = RequestEvent.objects.filter(request=received.request_id, kind=EventKind.VERIFICATION_FAILED)
    assert failed.get().detail == {"attempts": 1}
    assert check_code(received.request_id, code=code, at=now()) is CodeCheck.ACCEPTED


def test_a_code_ends_after_a_quarter_of_an_hour() -> None:
    received = take_in()
    [code] = read_code_mails(received.request_id)

    assert check_code(received.request_id, code=code, at=now(minutes=16)) is CodeCheck.WRONG
    assert state_of(received.request_id) == RequestState.VERIFYING


def test_a_code_tried_wrongly_too_often_is_good_for_nothing() -> None:
    received = take_in()
    [code] = read_code_mails(received.request_id)
    for _ in range(PER_CODE):
        check_code(received.request_id, code=WRONG, at=now())

    assert check_code(received.request_id, code=code, at=now()) is CodeCheck.WRONG


def test_a_newer_code_takes_the_place_of_the_one_before() -> None:
    received = take_in()
    assert ask_code(received.request_id, at=now(minutes=2)).is_sent
    first, second = read_code_mails(received.request_id)

    assert check_code(received.request_id, code=first, at=now(minutes=3)) is CodeCheck.WRONG
    assert check_code(received.request_id, code=second, at=now(minutes=3)) is CodeCheck.ACCEPTED


def test_a_code_is_not_sent_again_at_once() -> None:
    received = take_in()

    assert not ask_code(received.request_id, at=now(seconds=10)).is_sent
    assert len(read_code_mails(received.request_id)) == 1


def guess_until_locked(request_id: Any) -> CodeCheck:
    checked, minutes = CodeCheck.WRONG, 0
    while checked is CodeCheck.WRONG and minutes < 12:
        for _ in range(PER_CODE):
            checked = check_code(request_id, code=WRONG, at=now(minutes=minutes))
        minutes += 2
        ask_code(request_id, at=now(minutes=minutes))
    return checked


def test_a_request_that_was_guessed_at_too_often_takes_no_code_and_goes_to_an_officer() -> None:
    received = take_in()

    assert guess_until_locked(received.request_id) is CodeCheck.LOCKED

    code = read_code_mails(received.request_id)[-1]
    assert check_code(received.request_id, code=code, at=now(minutes=10)) is CodeCheck.LOCKED
    assert not ask_code(received.request_id, at=now(hours=2)).is_sent
    failed = RequestEvent.objects.filter(request=received.request_id, kind=EventKind.VERIFICATION_FAILED)
    assert failed.filter(ground="locked").exists()
    assert failed.count() == PER_REQUEST


def test_nobody_gets_more_guesses_at_a_contact_by_filing_more_requests() -> None:
    """A new request has new codes; the contact's own limits count them all."""
    for _ in range(5):
        received = take_in()
        for minute in (0, 2):
            ask_code(received.request_id, at=now(minutes=minute))
            for _ in range(PER_CODE):
                check_code(received.request_id, code=WRONG, at=now(minutes=minute))
    last = take_in()
    [code] = read_code_mails(last.request_id)

    assert check_code(last.request_id, code=code, at=now(minutes=3)) is CodeCheck.WRONG
    assert check_code(last.request_id, code=code, at=now(days=2)) is CodeCheck.WRONG  # it is over
    assert ask_code(last.request_id, at=now(days=2)).is_sent
    newest = read_code_mails(last.request_id)[-1]
    assert check_code(last.request_id, code=newest, at=now(days=2)) is CodeCheck.ACCEPTED


def test_a_contact_is_not_flooded_with_codes_and_whoever_asks_is_answered_as_before() -> None:
    answers = []
    for _ in range(PER_CONTACT + 2):
        received = take_in()
        answers.append(received.state)

    assert set(answers) == {RequestState.VERIFYING}
    assert [mail["template"] for mail in read_mails(received.request_id)] == [MailTemplate.RECEIVED]
    assert ask_code(received.request_id, at=now(minutes=2)).is_sent  # said, and not done


def test_only_who_waits_for_proof_can_give_it() -> None:
    received = take_in(type=RequestType.OPT_OUT)

    with pytest.raises(NotPossible):
        ask_code(received.request_id, at=now())
    with pytest.raises(NotPossible):
        check_code(received.request_id, code=WRONG, at=now())


def test_a_proven_address_leads_to_the_subject_that_has_it_verified_and_to_what_is_verified_of_them() -> None:
    [[ann]] = attach([email_of("ann", verified=True), customer_of("4711")])
    received = take_in()
    [code] = read_code_mails(received.request_id)
    check_code(received.request_id, code=code, at=now())

    request = Request.objects.get(pk=received.request_id)
    assert request.subjects == [ann]
    assert read_person(request).identifiers == {
        IdentifierKind.EMAIL: ("ann@people.example",),
        IdentifierKind.CUSTOMER_ID: ("4711",),
    }


def test_what_was_only_claimed_widens_nothing() -> None:
    """The attacker proves their own address, and claims the victim's address and number beside it."""
    [[victim]] = attach([email_of("victim", verified=True), customer_of("4711")])
    received = take_in(
        identifiers=(email_of("mallory"), email_of("victim"), customer_of("4711")), reply_to=None
    )
    [code] = read_code_mails(received.request_id)
    assert check_code(received.request_id, code=code, at=now()) is CodeCheck.ACCEPTED

    request = Request.objects.get(pk=received.request_id)
    assert victim not in request.subjects
    assert read_person(request).identifiers == {IdentifierKind.EMAIL: ("mallory@people.example",)}
    matched = RequestEvent.objects.get(request=request, kind=EventKind.MATCHED)
    assert matched.detail == {"subjects": 0, "uncertain": 0, "unproven": 2}


def test_an_address_that_was_slipped_into_somebody_elses_record_proves_nothing_about_it() -> None:
    """A form took the attacker's address with the victim's number, and the address was never verified."""
    [[victim]] = attach([customer_of("4711"), email_of("mallory")])
    received = take_in(identifiers=(email_of("mallory"),))
    [code] = read_code_mails(received.request_id)
    check_code(received.request_id, code=code, at=now())

    request = Request.objects.get(pk=received.request_id)
    assert victim not in request.subjects
    assert read_person(request).identifiers == {IdentifierKind.EMAIL: ("mallory@people.example",)}
    assert RequestEvent.objects.get(request=request, kind=EventKind.MATCHED).detail["uncertain"] == 1


def test_a_number_that_a_form_put_beside_a_verified_address_does_not_lead_to_its_person() -> None:
    """A shop vouches for Mallory's number; the address that stood beside it in the form was the victim's."""
    [[victim]] = attach([email_of("victim", verified=True)])
    attach([customer_of("666"), email_of("victim")])
    received = take_in(
        actor=Actor.CALLER, channel=Channel.API, identifiers=(customer_of("666"),), vouched=True
    )

    request = Request.objects.get(pk=received.request_id)
    assert victim not in request.subjects


def test_an_address_alone_on_record_leads_to_its_subject_though_nobody_verified_it() -> None:
    [[ann]] = attach([email_of("ann")])
    received = take_in()
    [code] = read_code_mails(received.request_id)
    check_code(received.request_id, code=code, at=now())

    assert Request.objects.get(pk=received.request_id).subjects == [ann]


def test_a_code_that_went_to_the_address_to_answer_to_proves_that_address_alone() -> None:
    [[victim]] = attach([customer_of("4711"), email_of("victim", verified=True)])
    received = take_in(identifiers=(customer_of("4711"),), reply_to="mallory@people.example")
    [code] = read_code_mails(received.request_id)
    check_code(received.request_id, code=code, at=now())

    request = Request.objects.get(pk=received.request_id)
    assert victim not in request.subjects
    assert read_person(request).identifiers == {IdentifierKind.EMAIL: ("mallory@people.example",)}


def test_a_caller_vouches_for_the_numbers_it_gives_out_and_for_nothing_that_was_only_typed() -> None:
    [[ann]] = attach([customer_of("4711"), email_of("ann", verified=True)])
    attach([customer_of("4712"), email_of("victim", verified=True)])
    mine = (customer_of("4711"), email_of("ann", verified=True))
    received = take_in(identifiers=(*mine, email_of("victim")), vouched=True)

    request = Request.objects.get(pk=received.request_id)
    assert request.state == RequestState.IN_PROGRESS
    assert request.verified_by == Method.TOKEN
    assert request.subjects == [ann]
    assert read_person(request).identifiers == {
        IdentifierKind.CUSTOMER_ID: ("4711",),
        IdentifierKind.EMAIL: ("ann@people.example",),
    }


def test_a_caller_who_knows_nobody_of_those_named_cannot_vouch() -> None:
    received = take_in()

    with pytest.raises(NotPossible):
        accept_token(received.request_id, at=now())
    assert state_of(received.request_id) == RequestState.VERIFYING


def test_where_more_is_asked_a_code_is_not_enough_and_a_document_is() -> None:
    officer = make_officer("olga")
    received = take_in(jurisdiction="US-CA")
    [code] = read_code_mails(received.request_id)

    assert check_code(received.request_id, code=code, at=now()) is CodeCheck.ACCEPTED
    request = Request.objects.get(pk=received.request_id)
    assert request.state == RequestState.VERIFYING

    assert accept_document(
        request.pk,
        document=DocumentKind.PASSPORT,
        proven={IdentifierKind.EMAIL},
        officer_id=officer.pk,
        version=request.version,
        at=now(),
    )
    assert state_of(request.pk) == RequestState.IN_PROGRESS


def test_an_officer_who_asks_for_less_lets_go_on_what_was_shown_already() -> None:
    officer = make_officer("olga")
    received = take_in(jurisdiction="US-CA")
    [code] = read_code_mails(received.request_id)
    check_code(received.request_id, code=code, at=now())
    version = Request.objects.get(pk=received.request_id).version

    change_level(received.request_id, level=Level.CONTACT, officer_id=officer.pk, version=version)

    assert state_of(received.request_id) == RequestState.IN_PROGRESS
    with pytest.raises(NotPossible):
        change_level(take_in().request_id, level=Level.NONE, officer_id=officer.pk, version=3)


def test_the_code_lies_nowhere_in_the_clear() -> None:
    received = take_in()
    [code] = read_code_mails(received.request_id)

    rows = str([list(model.objects.values()) for model in (Request, RequestEvent)])
    request = Request.objects.get(pk=received.request_id)
    assert code not in rows
    assert code not in str(list(request.verifications.values()))
    assert code.replace("-", "") not in str(list(request.verifications.values()))
