"""Requests come in sealed, are answered alike whoever they are about, and go on or wait for proof."""

from typing import Any

import pytest

from consent.requests.intake.checking import RequestMalformed
from consent.requests.models import Message, Request, RequestEvent, RequestPerson, SealedPart
from consent.requests.types import EventKind, MailTemplate, RequestState, RequestType
from consent.subjects.types import Identifier, IdentifierKind
from tests.requests_world import OTHERS_WORDS, email_of, make_new, read_mails, take_in

pytestmark = pytest.mark.django_db


def kinds_of(request_id: Any) -> list[str]:
    return list(
        RequestEvent.objects.filter(request=request_id).order_by("at", "pk").values_list("kind", flat=True)
    )


def test_a_request_for_access_waits_for_the_code_that_its_contact_is_sent() -> None:
    received = take_in(details=OTHERS_WORDS)

    assert received.state is RequestState.VERIFYING
    assert [mail["template"] for mail in read_mails(received.request_id)] == [
        MailTemplate.RECEIVED,
        MailTemplate.CODE,
    ]
    assert {mail["to"] for mail in read_mails(received.request_id)} == {"ann@people.example"}
    assert kinds_of(received.request_id) == [
        EventKind.RECEIVED,
        EventKind.ACKNOWLEDGED,
        EventKind.VERIFICATION_ASKED,
        EventKind.VERIFICATION_ASKED,
    ]


@pytest.mark.parametrize(
    "type_",
    [
        RequestType.OPT_OUT,
        RequestType.LIMIT_SENSITIVE,
        RequestType.WITHDRAWAL,
        RequestType.OBJECTION,
        RequestType.COMPLAINT,
    ],
)
def test_who_says_no_or_complains_is_never_asked_for_proof(type_: RequestType) -> None:
    received = take_in(type=type_)

    assert received.state is RequestState.IN_PROGRESS
    assert MailTemplate.CODE not in [mail["template"] for mail in read_mails(received.request_id)]


def test_nothing_personal_lies_outside_the_sealed_parts() -> None:
    received = take_in(
        details=OTHERS_WORDS,
        identifiers=(email_of("ann"), Identifier(IdentifierKind.PHONE, "+49 170 1234567")),
        reply_to="ann.private@people.example",
    )

    rows = [
        str(list(model.objects.values()))
        for model in (Request, RequestEvent, Message, RequestPerson, SealedPart)
    ]
    for secret in ("people.example", "170", "order of 5 May"):
        assert not any(secret in row for row in rows if secret != "170")
    assert "+49" not in "".join(rows)
    assert OTHERS_WORDS not in "".join(rows)
    assert received.reference.startswith("R-")


@pytest.mark.parametrize(
    "changes",
    [
        {"identifiers": ()},
        {"identifiers": (Identifier(IdentifierKind.EMAIL, "no address"),)},
        {"identifiers": (email_of("ann"),) * 21},
        {"controller": "Not A Slug"},
        {"jurisdiction": "XX-YY"},
        {"reply_to": "nowhere"},
        {"details": "x" * 10_001},
        {"details": "a\0b"},
        {"corrections": {"name": "Ann"}},
        {"purposes": ("marketing.email",)},
        {"appeal_of": "R-2222-2222"},
        {"type": RequestType.APPEAL},
    ],
)
def test_what_cannot_be_a_request_is_refused_and_leaves_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(RequestMalformed) as refused:
        take_in(**changes)

    assert not Request.objects.exists()
    assert "people.example" not in str(refused.value)
    assert "no address" not in str(refused.value)


def test_references_are_random_and_hold_no_letter_that_looks_like_another() -> None:
    references = {take_in().reference for _ in range(20)}

    assert len(references) == 20
    assert not set("".join(references)[:]) & set("01OILSZB")


def test_a_new_request_repeats_nothing_of_the_person_when_it_is_shown() -> None:
    assert "people.example" not in repr(make_new())
