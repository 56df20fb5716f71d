"""Signals over HTTP: taken with choices in one transaction, refused with a place, given back to a CMP."""

import hashlib
import json
import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

from consent.ledger.models import Leaf, PendingEvent
from consent.records import events
from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.rules import signals as rules
from consent.records.signals import desk, judging
from consent.subjects.models import Subject
from consent.subjects.services import erase_subject
from consent.subjects.types import SubjectRef
from tests.integration.test_consents_api import ShopKey
from tests.ledger_world import sequence_all
from tests.signals_world import (
    ADS,
    AUDIENCE,
    EVERYTHING,
    NOON,
    PERSON,
    choose,
    make_body,
    make_tc,
    publish_policy,
    signals,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("consent.records.api.urls")]
YES = make_tc(*EVERYTHING)


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


def call(path: str, body: Any, scopes: frozenset[str] | None = None, **headers: Any) -> Any:
    client = APIClient()
    caller = ShopKey(scopes=scopes or frozenset({"consents:write", "subjects:read"}))
    client.force_authenticate(caller)  # type: ignore[arg-type]  # callers are no users
    return client.post(path, json.dumps(body).encode(), content_type="application/json", **headers)


def post(**changes: Any) -> Any:
    return call("/consents", make_body(**changes))


def ask(kind: str = "tcf", **changes: Any) -> Any:
    return call("/subjects/signal", {"identifiers": PERSON, "kind": kind, **changes})


def test_signals_and_choices_come_in_one_request_and_each_record_names_where_it_came_from() -> None:
    answer = post(choices=[choose("marketing.email", "granted")], signals=signals(tcf=YES, gpc="1"))

    assert answer.status_code == 201
    told = {one["kind"]: one for one in answer.json()["signals"]}
    rows = {
        (row.purpose, row.choice): row.refers_to
        for row in ConsentRecord.objects.filter(pk__in=answer.json()["records"])
    }
    assert rows == {
        ("marketing.email", "granted"): "",
        ("*", "opt_out_signal"): told["gpc"]["event_id"],
        (AUDIENCE, "granted"): told["tcf"]["event_id"],
    }
    assert [one["purpose"] for one in told["tcf"]["conflicts"]] == [ADS]
    assert [one["against_from"] for one in told["tcf"]["conflicts"]] == ["gpc"]


@pytest.mark.parametrize(
    ("given", "signal"),
    [
        ({"tcf": YES[:20]}, "tcf"),
        ({"tcf": YES + "!"}, "tcf"),
        ({"tcf": 7}, "tcf"),
        ({"gpp": "nonsense"}, "gpp"),
        ({"usp": "1YYX"}, "usp"),
        ({"usp": "2YYY"}, "usp"),
        ({"gpc": "0"}, "gpc"),
        ({"gpc": 1}, "gpc"),
        ({"gpc": False}, "gpc"),
        ({"tcf": YES, "usp": "1YYN", "gpp": "x"}, "gpp"),
    ],
    ids=str,
)
def test_a_signal_that_cannot_be_read_is_refused_with_its_place_and_nothing_is_written(
    given: dict[str, Any], signal: str
) -> None:
    before = PendingEvent.objects.count()

    answer = post(choices=[choose("marketing.email", "granted")], signals=signals(**given))

    assert answer.status_code == 400
    problem = answer.json()
    assert (problem["code"], problem["signal"]) == ("malformed_signal", signal)
    assert problem["reason"]
    assert {"position", "field", "errors"} <= problem.keys()
    assert YES not in answer.content.decode()
    assert not Subject.objects.exists()
    assert not RecordedSignal.objects.exists()
    assert PendingEvent.objects.count() == before


def test_the_place_of_a_fault_is_that_of_the_character() -> None:
    problem = post(signals=signals(usp="1YQN")).json()

    assert (problem["position"], problem["field"]) == (2, "OptOutSale")


def test_a_string_is_sealed_and_stands_nowhere_in_the_open(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    answer = post(signals=signals(tcf=YES))
    sequence_all()

    assert YES not in answer.content.decode()
    assert YES not in caplog.text
    for leaf in Leaf.objects.all():
        assert YES not in bytes(leaf.envelope).decode()
    for row in RecordedSignal.objects.values():
        assert YES not in str(row)
    body = json.loads(bytes(Leaf.objects.get(kind="signal_recorded").envelope))["body"]
    assert body["says"] == {
        "cmp_id": 31,
        "cmp_version": 640,
        "policy_version": 4,
        "vendor_list_version": 126,
    }
    assert body["mapping"]["digest"] == RecordedSignal.objects.get().mapping_digest


def test_digests_of_one_string_differ_from_person_to_person() -> None:
    for person in ("1", "2"):
        post(identifiers=[{"kind": "customer_id", "value": person}], signals=signals(tcf=YES))

    assert len(set(RecordedSignal.objects.values_list("digest", flat=True))) == 2


def test_a_cmp_gets_the_string_as_it_was_sent_with_whether_it_holds() -> None:
    post(signals=signals(tcf=YES))

    found = ask().json()["signal"]
    assert (found["text"], found["holds"], found["noes_since"]) == (YES, True, [])

    no = choose("marketing.email", "refused", NOON)
    post(choices=[no], facts=[])
    assert ask().json()["signal"]["holds"]  # the string says nothing of mail

    del no["effective_at"]
    post(choices=[{**no, "purpose": "advertising"}], facts=[])
    found = ask().json()["signal"]
    assert (found["text"], found["holds"]) == (YES, False)
    assert "advertising" in found["noes_since"]


def test_a_string_does_not_hold_that_an_earlier_no_stood_against() -> None:
    post(choices=[choose(ADS, "refused", NOON)])
    post(signals=signals(tcf=YES))

    assert ask().json()["signal"]["holds"] is False


def test_a_string_that_says_no_holds_after_the_same_no() -> None:
    post(signals=signals(tcf=make_tc(1, 8)))
    no = choose(ADS, "refused")
    del no["effective_at"]
    post(choices=[no], facts=[])

    assert ask().json()["signal"]["holds"] is True


def test_who_has_no_string_or_is_not_known_or_was_erased_gets_none() -> None:
    assert ask().json() == {"signal": None}
    post(signals=signals(usp="1YYN"))
    assert ask().json() == {"signal": None}
    assert ask("usp").json()["signal"]["text"] == "1YYN"
    assert ask("usp", controller="other").json() == {"signal": None}

    erase_subject(ref=SubjectRef(Subject.objects.get().ref), requested_by="request:1", at=NOON)

    assert ask("usp").json() == {"signal": None}


@pytest.mark.parametrize("wrong", [{"kind": "gpc"}, {"kind": "x"}, {"identifiers": []}, {"more": 1}], ids=str)
def test_a_question_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    assert ask(**wrong).status_code == 400


def test_a_no_of_the_persons_own_cannot_pass_for_a_strings() -> None:
    event = post(signals=signals(tcf=YES)).json()["signals"][0]["event_id"]

    answer = post(choices=[choose(ADS, "refused", refers_to=event, method="tcf")], facts=[])

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_a_key_for_some_purposes_writes_no_signal() -> None:
    body = make_body(facts=[], signals=signals(usp="1YYN"))

    answer = call("/consents", body, frozenset({f"consents:write:{ADS}"}))

    assert (answer.status_code, RecordedSignal.objects.count()) == (403, 0)


def test_a_request_that_is_sent_again_under_its_key_is_answered_alike() -> None:
    bodies = [
        call("/consents", make_body(signals=signals(tcf=YES)), HTTP_IDEMPOTENCY_KEY="k-1").json()
        for _ in range(2)
    ]

    assert bodies[0] == bodies[1]
    assert RecordedSignal.objects.count() == 1


def test_lines_of_an_import_take_signals_and_a_malformed_one_is_rejected_alone() -> None:
    client = APIClient()
    client.force_authenticate(ShopKey())  # type: ignore[arg-type]  # callers are no users
    lines = [make_body(signals=signals(tcf=text)) for text in (YES, YES[:20])]
    body = b"\n".join(json.dumps(line).encode() for line in lines)

    report = client.post("/consents/import", body, content_type="application/x-ndjson").json()

    assert (report["accepted"], report["rejected"]) == (1, 1)
    assert [fault["code"] for fault in report["faults"]] == ["malformed_signal"]
    assert RecordedSignal.objects.count() == 1


# Planted bugs


def test_a_reader_that_passes_over_a_malformed_signal_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rules._decode_all
    monkeypatch.setattr(rules, "_decode_all", lambda value, _: honest(value, []))

    post(signals=signals(tcf=YES, usp="1YYX"))

    assert RecordedSignal.objects.exists()  # half of it


def test_a_string_in_the_log_is_seen(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    honest = events.tell_signal

    def chatty(taken: Any, signal: Any, *rest: Any, **more: Any) -> Any:
        logging.getLogger("consent").warning("signal %s", signal.text)
        return honest(taken, signal, *rest, **more)

    monkeypatch.setattr(desk, "tell_signal", chatty)

    post(signals=signals(tcf=YES))

    assert YES in caplog.text


def test_a_digest_that_anybody_could_guess_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        judging, "digest_of", lambda signal, _: hashlib.sha256(signal.text.encode()).hexdigest()
    )
    for person in ("1", "2"):
        post(identifiers=[{"kind": "customer_id", "value": person}], signals=signals(tcf=YES))

    assert len(set(RecordedSignal.objects.values_list("digest", flat=True))) == 1
