"""Signed messages of agents: every check of the protocol, in its order, and nothing passes that fails one."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent.kernel.errors import AccordantError
from consent.requests.protocols.drp import errors, messages
from consent.requests.protocols.drp.messages import Message, Signer, read_message
from consent.requests.protocols.schemas import MessageMalformed
from tests.protocols_world import BUSINESS, SigningAgent

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
PIGEON, OTHER = SigningAgent(), SigningAgent("OTHER_AGENT")
SIGNER = Signer(agent=PIGEON.name, verify_key=PIGEON.verify_key)


def written(**changes: Any) -> dict[str, Any]:
    return {**PIGEON.envelope(at=AT), "exercise": "deletion", "email": "ann@people.example", **changes}


def read(content: bytes, *, at: datetime = AT) -> Message:
    return read_message(content, signer=SIGNER, businesses={BUSINESS: "acme"}, form="exercise", at=at)


FAULTS: list[tuple[str, type[AccordantError], dict[str, Any]]] = [
    ("check_agent", errors.AnotherAgent, {"agent-id": OTHER.name}),
    ("check_business", errors.AnotherBusiness, {"business-id": "OTHER_CB"}),
    ("check_issued", errors.NotYetIssued, {"issued-at": (AT + timedelta(seconds=1)).isoformat()}),
    ("check_expires", errors.MessageExpired, {"expires-at": AT.isoformat()}),
    ("check_version", errors.VersionUnknown, {"drp.version": "0.9.4"}),
    ("", MessageMalformed, {"exercise": "everything"}),
]
"""In the mandated order: which check, what rises, and what is wrong."""


def test_a_message_that_is_right_is_read() -> None:
    message = read(PIGEON.sign(written()))

    assert message.body["exercise"] == "deletion"
    assert message.expires_at == AT + timedelta(minutes=10)


def test_a_message_changed_in_any_byte_is_refused() -> None:
    content = PIGEON.sign(written())
    for place in range(len(content)):
        for change in (1, 32, 128):
            mutated = bytearray(content)
            mutated[place] ^= change
            with pytest.raises((errors.NotDecodable, errors.SignatureRefused)):
                read(bytes(mutated))


def test_a_message_cut_anywhere_or_with_something_added_is_refused() -> None:
    content = PIGEON.sign(written())
    for length in range(len(content)):
        with pytest.raises((errors.NotDecodable, errors.SignatureRefused)):
            read(content[:length])
    raw = base64.b64decode(content)
    with pytest.raises(errors.SignatureRefused):
        read(base64.b64encode(raw + b" "))


def test_nothing_of_a_message_is_read_before_its_signature_holds() -> None:
    with pytest.raises(errors.SignatureRefused):
        read(OTHER.sign(b"no JSON"))
    with pytest.raises(errors.SignatureRefused):
        read(OTHER.sign(written()))
    with pytest.raises(MessageMalformed):
        read(PIGEON.sign(b"no JSON"))


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=[fault[1].code for fault in FAULTS])
def test_of_several_faults_the_first_in_the_mandated_order_is_told(first: int) -> None:
    changes: dict[str, Any] = {}
    for _, _, wrong in FAULTS[first:]:
        changes |= wrong

    with pytest.raises(FAULTS[first][1]):
        read(PIGEON.sign(written(**changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"expires-at": (AT + timedelta(days=61)).isoformat()},
        {"expires-at": "soon"},
        {"issued-at": "2026-11-29T11:00:00"},
        {"issued-at": 7},
        {"email": ["ann@people.example"]},
        {"status_callback": 7},
        {"regime": "gdpr"},
        {"relationships": "customer"},
    ],
)
def test_what_is_not_of_the_form_is_refused_and_not_repeated(changes: dict[str, Any]) -> None:
    with pytest.raises((MessageMalformed, errors.MessageExpired)) as refused:
        read(PIGEON.sign(written(**changes)))

    assert "ann@" not in str(refused.value)
    assert "soon" not in str(refused.value).split()


def test_a_name_that_comes_twice_is_refused() -> None:
    text = json.dumps(written())[:-1] + f', "business-id": "{BUSINESS}"}}'
    with pytest.raises(MessageMalformed):
        read(PIGEON.sign(text.encode()))


def test_the_same_message_signed_again_has_the_same_digest() -> None:
    content = PIGEON.sign(written())
    other = Signer(agent=OTHER.name, verify_key=PIGEON.verify_key)
    named = read_message(
        PIGEON.sign(written(**{"agent-id": OTHER.name})),
        signer=other,
        businesses=[BUSINESS],
        form="exercise",
        at=AT,
    )

    assert read(content).digest == read(content).digest
    assert read(content).digest != named.digest


def test_a_message_that_takes_a_request_back_needs_no_envelope_but_what_is_there_is_checked() -> None:
    def read_bare(body: dict[str, Any]) -> Message:
        return read_message(
            PIGEON.sign(body),
            signer=SIGNER,
            businesses=[BUSINESS],
            form="revoke",
            at=AT,
            is_enveloped=False,
        )

    assert read_bare({"reason": "I stay"}).expires_at is None
    assert read_bare({**PIGEON.envelope(at=AT), "reason": "I stay"}).expires_at is not None
    with pytest.raises(errors.AnotherBusiness):
        read_bare(PIGEON.envelope(at=AT, **{"business-id": "OTHER_CB"}))


@pytest.mark.parametrize(("check", "rises", "wrong"), FAULTS[:-1])
def test_without_one_of_the_checks_its_fault_would_pass(
    check: str, rises: type[AccordantError], wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = PIGEON.sign(written(**wrong))
    with pytest.raises(rises):
        read(content)
    left = tuple(one for one in messages.CHECKS if one.__name__ != check)
    monkeypatch.setattr(messages, "CHECKS", left)
    if check == "check_version":  # the form names the version, too
        with pytest.raises(MessageMalformed):
            read(content)
        return

    assert read(content).digest


def test_without_the_check_of_the_signature_a_changed_message_would_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    believe: Callable[..., None] = lambda *_args, **_named: None  # noqa: E731 - the mutant
    content = OTHER.sign(written())
    with pytest.raises(errors.SignatureRefused):
        read(content)
    monkeypatch.setattr(messages, "check_signature", believe)

    assert read(content).digest
