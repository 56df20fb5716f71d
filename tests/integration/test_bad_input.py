"""What is not in order is refused with what is wrong, on every way in, and nothing of it is written."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from consent.records import services
from consent.records.models import ConsentRecord, CurrentChoice, ImportRun
from consent.records.types import Choice
from consent.subjects.models import IdentifierIndex, Subject, SubjectFact
from tests.integration.test_consents_api import post, post_lines
from tests.ledger_world import read_entries
from tests.records_world import (
    make_choice,
    make_fact,
    make_new_row,
    make_row,
    publish_policy,
    record_all,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("consent.records.api.urls")]

SECRET = "zebra.q-77"
"""Stands in for personal data: no answer repeats it."""
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _policy(db: None) -> None:
    publish_policy()


def with_choice(**changes: Any) -> bytes:
    return json.dumps(make_row(choices=[make_choice(**changes)])).encode()


def with_fact(**changes: Any) -> bytes:
    return json.dumps(make_row(facts=[make_fact(**changes)])).encode()


def with_identifier(kind: Any, value: Any) -> bytes:
    return json.dumps(make_row(identifiers=[{"kind": kind, "value": value}])).encode()


def with_text(old: str, new: str) -> bytes:
    text = json.dumps(make_row())
    assert old in text
    return text.replace(old, new).encode()


BAD: dict[str, tuple[bytes, str]] = {
    "a grant back-dated beyond the bound": (
        with_choice(effective_at="2001-01-01T00:00:00Z"),
        "time_out_of_bounds",
    ),
    "a grant before the service could exist": (
        with_choice(effective_at="1994-01-01T00:00:00Z"),
        "time_out_of_bounds",
    ),
    "a banner shown beyond the bound": (
        with_choice(choice="shown", effective_at="2001-01-01T00:00:00Z"),
        "time_out_of_bounds",
    ),
    "a grant from the future": (with_choice(effective_at="2126-01-01T00:00:00Z"), "time_out_of_bounds"),
    "a no from the future": (
        with_choice(choice="withdrawn", effective_at="2126-01-01T00:00:00Z"),
        "time_out_of_bounds",
    ),
    "a fact from the future": (with_fact(effective_at="2126-01-01T00:00:00Z"), "time_out_of_bounds"),
    "a fact from before 1995": (with_fact(effective_at="1994-01-01T00:00:00Z"), "time_out_of_bounds"),
    "a time without its offset": (with_choice(effective_at="2026-01-05T10:00:00"), "malformed_time"),
    "a time in words": (with_choice(effective_at=SECRET), "malformed_time"),
    "a time off the calendar": (with_choice(effective_at="2026-02-30T00:00:00Z"), "malformed_time"),
    "a time as a number": (with_choice(effective_at=1767607200), "wrong_type"),
    "an end before the start": (with_choice(expires_at="2025-01-05T10:00:00Z"), "ends_before_start"),
    "an unknown purpose": (with_choice(purpose="marketing.fax"), "unknown_purpose"),
    "a purpose that is none": (with_choice(purpose=SECRET + "@example.com"), "malformed_value"),
    "a grant of everything": (with_choice(purpose="*"), "unknown_purpose"),
    "a notice that does not exist": (with_choice(notice="terms"), "unknown_notice"),
    "a version that does not exist": (with_choice(notice_version=2), "unknown_notice"),
    "a notice without its version": (with_choice(notice_version=None), "unknown_notice"),
    "a grant to nobody": (with_choice(controller=None), "controller_required"),
    "an unknown controller": (with_choice(controller="nobody"), "unknown_controller"),
    "an unknown destination": (with_choice(destination="nowhere"), "unknown_destination"),
    "an unknown choice": (with_choice(choice="maybe"), "unknown_choice"),
    "an officer's choice": (with_choice(choice="invalidated", refers_to="rec_1"), "officers_choice"),
    "a grant by scrolling": (with_choice(method="scroll"), "no_affirmative_act"),
    "a grant by a box ticked beforehand": (with_choice(method="Pre-Ticked"), "no_affirmative_act"),
    "a grant that is only implied": (with_choice(method="implied_consent"), "no_affirmative_act"),
    "a confirmation of what does not exist": (
        with_choice(choice="confirmed", refers_to="rec_404"),
        "unknown_record",
    ),
    "an e-mail address of 300 characters": (
        with_identifier("email", "x" * 288 + "@example.com"),
        "malformed_identifier",
    ),
    "an identifier of nobody": (
        with_identifier("advertising_id", "00000000-0000-0000-0000-000000000000"),
        "malformed_identifier",
    ),
    "an unknown kind of identifier": (with_identifier("passport", SECRET), "unknown_identifier_kind"),
    "an empty identifier": (with_identifier("email", " "), "malformed_identifier"),
    "an identifier with a null character": (with_identifier("customer_id", "a\0b"), "malformed_identifier"),
    "no identifier": (json.dumps(make_row(identifiers=[])).encode(), "missing_field"),
    "no choice and no fact": (json.dumps(make_row(choices=[], facts=[])).encode(), "empty_row"),
    "an unknown field": (json.dumps(make_row(extra=SECRET)).encode(), "unknown_field"),
    "a field that is no name": (json.dumps({**make_row(), SECRET: 1}).encode(), "unknown_field"),
    "a lone surrogate": (with_choice(form="\ud800"), "malformed_json"),
    "a lone surrogate in an identifier": (with_identifier("customer_id", "a\udfff"), "malformed_json"),
    "a name twice": (with_text('"form":', '"form": "a", "form":'), "malformed_json"),
    "NaN": (with_text('"notice_version": 1', '"notice_version": NaN'), "malformed_json"),
    "infinity": (with_text('"notice_version": 1', '"notice_version": Infinity'), "malformed_json"),
    "a huge integer": (with_text('"notice_version": 1', '"notice_version": ' + "9" * 40), "malformed_json"),
    "an integer of 5,000 digits": (
        with_text('"notice_version": 1', '"notice_version": ' + "9" * 5000),
        "malformed_json",
    ),
    "a huge float": (with_text('"notice_version": 1', '"notice_version": 1e999'), "malformed_json"),
    "a number past the column": (with_choice(notice_version=2**31), "malformed_value"),
    "a negative version": (with_choice(notice_version=-1), "malformed_value"),
    "a broken version": (with_choice(notice_version=1.5), "wrong_type"),
    "nested too deep": (
        with_text('"form": "checkout-2026"', '"form": ' + "[" * 3000 + "]" * 3000),
        "malformed_json",
    ),
    "not UTF-8": (json.dumps(make_row()).encode().replace(b"checkout", b"check\xff"), "malformed_json"),
    "cut short": (json.dumps(make_row()).encode()[:-3], "malformed_json"),
    "a list": (b"[]", "wrong_type"),
    "a text": (b'"row"', "wrong_type"),
    "nothing": (b"null", "wrong_type"),
    "choices in an object": (json.dumps(make_row(choices=make_choice())).encode(), "wrong_type"),
    "a choice in a list": (json.dumps(make_row(choices=[[make_choice()]])).encode(), "wrong_type"),
    "a flag as a text": (with_choice(explicit="yes"), "wrong_type"),
    "a purpose as a list": (with_choice(purpose=["marketing.email"]), "wrong_type"),
    "an identifier as a number": (with_identifier("customer_id", 7), "wrong_type"),
    "a choice of 201": (json.dumps(make_row(choices=[make_choice()] * 201)).encode(), "too_many"),
    "a place that is none": (with_fact(value="Germany"), "malformed_fact"),
    "a fact nobody knows": (with_fact(name="shoe_size"), "unknown_fact"),
}
"""Each with the code of its first fault."""
BEFORE_A_FAULT_IS_FOUND = {"malformed_json"}
"""Codes of a request as a whole: there is no field to tell of."""


def assert_nothing_was_written(entries: int) -> None:
    for model in (Subject, IdentifierIndex, ConsentRecord, CurrentChoice, SubjectFact):
        assert not model._default_manager.exists()
    assert len(read_entries()) == entries


@pytest.mark.parametrize(("body", "code"), BAD.values(), ids=list(BAD))
def test_a_bad_row_is_refused_and_nothing_is_written(body: bytes, code: str) -> None:
    entries = len(read_entries())

    response = post(body)

    told = response.json()
    codes = [told["code"]] if code in BEFORE_A_FAULT_IS_FOUND else [one["code"] for one in told["errors"]]
    assert response.status_code == 400
    assert code in codes
    assert SECRET not in response.content.decode()
    assert_nothing_was_written(entries)


@pytest.mark.parametrize(("line", "code"), BAD.values(), ids=list(BAD))
def test_a_bad_line_is_rejected_and_nothing_is_written(line: bytes, code: str) -> None:
    entries = len(read_entries())

    response = post_lines(line)

    report = response.json()
    assert (response.status_code, report["accepted"], report["rejected"]) == (200, 0, 1)
    assert [fault["code"] for fault in report["faults"]] == [code]
    assert SECRET not in response.content.decode()
    assert ImportRun.objects.get().finished_at is not None
    assert_nothing_was_written(entries)


def test_a_bad_line_among_good_ones_is_rejected_alone() -> None:
    lines = [line for line, _ in BAD.values()]
    good = [json.dumps(make_row(str(number))).encode() for number in range(len(lines))]

    report = post_lines(*[line for pair in zip(lines, good, strict=True) for line in pair]).json()

    assert (report["accepted"], report["rejected"]) == (len(good), len(lines))
    assert [fault["line"] for fault in report["faults"]] == [2 * number + 1 for number in range(len(lines))]
    assert Subject.objects.count() == len(good)


@pytest.mark.parametrize("written", ["2001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_no_beyond_the_bound_is_taken_as_claimed_and_flagged(written: str) -> None:
    row = make_row(choices=[make_choice(choice="withdrawn", effective_at=written)], facts=[])

    assert post(row).status_code == 201
    assert post_lines(json.dumps(row).encode()).json()["accepted"] == 1

    for record in ConsentRecord.objects.all():
        assert record.effective_at.isoformat() == written.replace("Z", "+00:00")
        assert record.back_dated
    assert CurrentChoice.objects.get().choice == Choice.WITHDRAWN


def test_the_bound_is_a_setting() -> None:
    told = make_row(choices=[make_choice(effective_at=(NOW - timedelta(days=40)).isoformat())])

    with override_settings(MAX_BACK_DATING=timedelta(days=30)):
        assert post(told).status_code == 400
    with override_settings(MAX_BACK_DATING=timedelta(days=50)):
        assert post(told).status_code == 201


def ask_for_confirmation(person: str, **changes: Any) -> str:
    row = make_new_row(person, choices=[make_choice(choice="pending")], facts=[], **changes)
    [recorded] = record_all(row)
    return recorded.record_ids[0]


def test_a_confirmation_of_the_persons_own_request_is_taken() -> None:
    asked = ask_for_confirmation("1")

    assert post(make_row("1", choices=[make_choice(choice="confirmed", refers_to=asked)])).status_code == 201


def test_a_confirmation_of_somebody_elses_request_is_refused() -> None:
    asked, entries = ask_for_confirmation("1"), len(read_entries())

    response = post(make_row("2", choices=[make_choice(choice="confirmed", refers_to=asked)]))

    assert [(fault["path"], fault["code"]) for fault in response.json()["errors"]] == [
        ("/choices/0/refers_to", "unknown_record")
    ]
    assert Subject.objects.count() == 1
    assert len(read_entries()) == entries


def test_a_request_of_the_device_is_confirmed_by_the_person_it_is_linked_to() -> None:
    browser = {"kind": "cookie_id", "value": "a1"}
    asked = ask_for_confirmation("", identifiers=[browser])
    identifiers = [{"kind": "customer_id", "value": "2"}, browser]
    ask_for_confirmation("2")

    confirmation = make_row(
        identifiers=identifiers, choices=[make_choice(choice="confirmed", refers_to=asked)]
    )

    assert post(confirmation).status_code == 201


def test_a_no_that_refers_to_nothing_is_never_lost() -> None:
    assert post(make_row(choices=[make_choice(choice="withdrawn", refers_to="rec_404")])).status_code == 201


def test_references_cost_as_many_statements_for_many_rows_as_for_one(
    django_assert_num_queries: Any,
) -> None:
    row = make_new_row("1", choices=[make_choice(choice="confirmed", refers_to="rec_404")])

    with django_assert_num_queries(4):
        assert len(services.find_unknown_records(rows=[row])[0]) == 1
    with django_assert_num_queries(4):
        assert len(services.find_unknown_records(rows=[row] * 50)) == 50
    with django_assert_num_queries(0):
        assert services.find_unknown_records(rows=[make_new_row("1")] * 3) == [[], [], []]
