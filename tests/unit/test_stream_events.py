"""What an event says, and what becomes of its key."""

from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from activation.decisions.types import Obligation
from activation.enforcement.streaming.events import PersonReader, Unusable, read_event, write_event
from activation.enforcement.streaming.keys import KeyRule
from activation.enforcement.streaming.types import EventFault, StreamRefused, StreamTerms
from activation.obligations.applying import mask_text
from activation.obligations.objects import ObjectPlan
from consent.subjects.types import IdentifierKind

EMAIL, CUSTOMER = IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, EventFault.EMPTY),
        (b"", EventFault.UNREADABLE),
        (b"{", EventFault.UNREADABLE),
        (b"\xff\xfe", EventFault.UNREADABLE),
        (b'{"a": "\xff"}', EventFault.UNREADABLE),
        (b'{"a": "\\ud800"}', EventFault.UNREADABLE),
        (b'{"a": NaN}', EventFault.UNREADABLE),
        (b'{"a": 1e99999999999999999999}', EventFault.UNREADABLE),
        (b'{"a": ' + b"9" * 5_000 + b"}", EventFault.UNREADABLE),
        (b"[" * 100_000, EventFault.UNREADABLE),
        (b'{"a":' * 100_000, EventFault.UNREADABLE),
        (b"\xef\xbb\xbf{}", EventFault.UNREADABLE),
        (b"{} {}", EventFault.UNREADABLE),
        (b"[]", EventFault.NOT_AN_OBJECT),
        (b'"text"', EventFault.NOT_AN_OBJECT),
        (b"null", EventFault.NOT_AN_OBJECT),
        (b"1", EventFault.NOT_AN_OBJECT),
    ],
)
def test_what_is_no_object_is_told_apart(value: bytes | None, fault: EventFault) -> None:
    with pytest.raises(Unusable) as raised:
        read_event(value)

    assert raised.value.fault is fault


def test_numbers_leave_as_they_came() -> None:
    text = b'{"a":1.10,"b":123456789012345678901234567890,"c":0.30000000000000000001,"d":-0.0,"e":1E+400}'

    assert write_event(read_event(text)) == text


def test_a_name_that_stands_twice_leaves_with_the_value_that_was_looked_at() -> None:
    event = read_event(b'{"customer_id":"granted","customer_id":"refused"}')

    assert PersonReader([(CUSTOMER, ("customer_id",))]).read(event) == "refused"
    assert write_event(event) == b'{"customer_id":"refused"}'


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"user": {"id": "7"}}, "7"),
        ({"user": {"id": 7}}, "7"),
        ({"user": {"id": None}}, EventFault.WITHOUT_IDENTIFIER),
        ({"user": {"id": " "}}, EventFault.WITHOUT_IDENTIFIER),
        ({"user": {}}, EventFault.WITHOUT_IDENTIFIER),
        ({"user": "7"}, EventFault.WITHOUT_IDENTIFIER),
        ({"user.id": "7"}, EventFault.WITHOUT_IDENTIFIER),
        ({}, EventFault.WITHOUT_IDENTIFIER),
        ({"user": {"id": True}}, EventFault.MALFORMED_IDENTIFIER),
        ({"user": {"id": Decimal("7.0")}}, EventFault.MALFORMED_IDENTIFIER),
        ({"user": {"id": ["7"]}}, EventFault.MALFORMED_IDENTIFIER),
        ({"user": {"id": {"is": "7"}}}, EventFault.MALFORMED_IDENTIFIER),
        ({"user": {"id": "7" * 1_001}}, EventFault.MALFORMED_IDENTIFIER),
    ],
)
def test_an_identifier_is_found_at_its_path(event: dict[str, Any], told: str | EventFault) -> None:
    reader = PersonReader([(CUSTOMER, ("user", "id"))])

    if isinstance(told, EventFault):
        with pytest.raises(Unusable) as raised:
            reader.read(event)
        assert raised.value.fault is told
    else:
        assert reader.read(event) == told


def test_an_address_is_never_a_number() -> None:
    with pytest.raises(Unusable):
        PersonReader([(EMAIL, ("email",))]).read({"email": 7})


def test_of_several_identifiers_those_given_count() -> None:
    reader = PersonReader([(CUSTOMER, ("id",)), (EMAIL, ("email",))])

    person = reader.read({"id": "7", "email": None})

    assert reader.named(person) == [(CUSTOMER, "7")]
    with pytest.raises(Unusable):
        reader.read({"id": None, "email": ""})


MASK, DROP = Obligation("mask", "email", "sha256"), Obligation("drop", "phone")
EVENT = {"id": 7, "email": "A@b.example", "phone": "+491701234561", "again": "+491701234561", "n": [1]}
HIDDEN = (mask_text("A@b.example", EMAIL) or "").encode()


@pytest.mark.parametrize(
    ("key", "owed", "left"),
    [
        (None, (MASK, DROP), None),
        (b"A@b.example", (), b"A@b.example"),
        (b"A@b.example", (Obligation("set", "x", "y"),), b"A@b.example"),
        (b"A@b.example", (MASK,), HIDDEN),
        (b"7", (MASK, DROP), b"7"),
        (b"+491701234561", (DROP,), None),
        (b"+491701234561", (MASK,), b"+491701234561"),
        (b"a@B.example", (MASK,), sha256(b"a@B.example").hexdigest().encode()),
        (b'{"email":"A@b.example"}', (MASK,), sha256(b'{"email":"A@b.example"}').hexdigest().encode()),
        (b"\xff", (MASK,), sha256(b"\xff").hexdigest().encode()),
        (b"something", (MASK, DROP), None),
        (b"\xff", (DROP,), None),
        (b"", (MASK,), sha256(b"").hexdigest().encode()),
    ],
)
def test_what_is_hidden_in_an_event_does_not_leave_as_its_key(
    key: bytes | None, owed: tuple[Obligation, ...], left: bytes | None
) -> None:
    plan = ObjectPlan(owed, {CUSTOMER: ("id",)})

    event = plan.apply(dict(EVENT))

    assert KeyRule([(CUSTOMER, ("id",))]).apply(key, EVENT, event, plan) == left


def test_a_key_that_is_a_nested_identifier_is_masked_with_it() -> None:
    event = {"user": {"mail": "a@b.example"}}
    plan = ObjectPlan((MASK,), {EMAIL: ("user", "mail")})

    key = KeyRule([(EMAIL, ("user", "mail"))]).apply(b"a@b.example", event, plan.apply(event), plan)

    assert key == (mask_text("a@b.example", EMAIL) or "").encode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"allowed": "in"},
        {"denied": "out"},
        {"identifiers": ()},
        {"identifiers": ((EMAIL, ("a",)), (EMAIL, ("b",)))},
    ],
)
def test_terms_that_could_not_work_are_refused(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "purpose": "p",
        "destination": "d",
        "controller": "c",
        "input": "in",
        "allowed": "out",
        "denied": "no",
        "group": "g",
        "identifiers": ((EMAIL, ("email",)),),
    }
    StreamTerms(**given)

    with pytest.raises(StreamRefused):
        StreamTerms(**{**given, **wrong})
