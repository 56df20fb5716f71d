"""Which rows are in order, and what is said of those that are not."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent.records.rules.rows import MAX_ROW_BYTES, read_line, read_row
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.types import NO, OFFICER, Choice, FaultCode, NewRow, Vocabulary
from consent.subjects.types import FactName, Identifier, IdentifierKind
from tests.records_world import JUNE_1, VOCABULARY, make_choice, make_fact, make_line, make_row

Code = FaultCode
SECRET = "zebra.q-77"
"""Stands in for personal data: it must not turn up in any fault."""


def faults_of(line: bytes, vocabulary: Vocabulary = VOCABULARY) -> list[tuple[str, FaultCode]]:
    """Return the path and code of each fault of a line; none if the row is in order."""
    row = read_line(line, vocabulary=vocabulary, at=JUNE_1)
    if isinstance(row, NewRow):
        return []
    assert not [fault for fault in row if SECRET in str(fault)]
    return [(fault.path, fault.code) for fault in row]


def with_choice(**changes: Any) -> bytes:
    return make_line(choices=[make_choice(**changes)])


def with_fact(**changes: Any) -> bytes:
    return make_line(facts=[make_fact(**changes)])


def with_identifiers(*identifiers: Any) -> bytes:
    return make_line(identifiers=list(identifiers))


def lacking(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


OF_OTHER_SHAPES = {
    Code.MALFORMED_TEXT,
    Code.MALFORMED_CSV,
    Code.WRONG_COLUMN_COUNT,
    Code.UNMAPPED_PURPOSE,
    Code.UNKNOWN_STATUS,
}
"""Shown by the tests of CSV and of vendors' messages."""

MALFORMED: dict[str, tuple[bytes, list[tuple[str, FaultCode]]]] = {
    "a signal that cannot be read": (
        make_line(signals={"usp": "1YXN"}),
        [("signals.usp", Code.MALFORMED_SIGNAL)],
    ),
    "not JSON": (b"{", [("", Code.MALFORMED_JSON)]),
    "cut off": (make_line()[:-5], [("", Code.MALFORMED_JSON)]),
    "two objects": (make_line() + make_line(), [("", Code.MALFORMED_JSON)]),
    "not UTF-8": (make_line().replace(b"checkout", b"check\xff"), [("", Code.MALFORMED_JSON)]),
    "UTF-16": (make_line().decode().encode("utf-16"), [("", Code.MALFORMED_JSON)]),
    "a byte order mark": (b"\xef\xbb\xbf" + make_line(), [("", Code.MALFORMED_JSON)]),
    "a lone surrogate": (with_choice(form="\ud800"), [("", Code.MALFORMED_JSON)]),
    "a name twice": (b'{"choices":[],' + make_line()[1:], [("", Code.MALFORMED_JSON)]),
    "NaN": (with_choice(notice_version=float("nan")), [("", Code.MALFORMED_JSON)]),
    "infinity": (with_choice(notice_version=float("inf")), [("", Code.MALFORMED_JSON)]),
    "a number beyond floats": (
        make_line().replace(b'"notice_version": 1', b'"notice_version": 1e999'),
        [("", Code.MALFORMED_JSON)],
    ),
    "a huge integer": (with_choice(notice_version=2**70), [("", Code.MALFORMED_JSON)]),
    "nested without end": (b"[" * 30_000, [("", Code.MALFORMED_JSON)]),
    "too long": (make_line("x" * MAX_ROW_BYTES), [("", Code.LINE_TOO_LONG)]),
    "a list": (b"[]", [("", Code.WRONG_TYPE)]),
    "a string": (b'"row"', [("", Code.WRONG_TYPE)]),
    "null": (b"null", [("", Code.WRONG_TYPE)]),
    "an unknown field": (make_line(note=SECRET), [("note", Code.UNKNOWN_FIELD)]),
    "a field named by personal data": (
        json.dumps({**make_row(), SECRET: 1}).encode(),
        [("(not a field's name)", Code.UNKNOWN_FIELD)],
    ),
    "no identifiers": (
        json.dumps(lacking(make_row(), "identifiers")).encode(),
        [("identifiers", Code.MISSING_FIELD)],
    ),
    "empty identifiers": (with_identifiers(), [("identifiers", Code.MISSING_FIELD)]),
    "null identifiers": (make_line(identifiers=None), [("identifiers", Code.MISSING_FIELD)]),
    "identifiers no list": (make_line(identifiers={"kind": "email"}), [("identifiers", Code.WRONG_TYPE)]),
    "an identifier no object": (with_identifiers(SECRET), [("identifiers[0]", Code.WRONG_TYPE)]),
    "too many identifiers": (
        with_identifiers(*({"kind": "customer_id", "value": str(n)} for n in range(21))),
        [("identifiers", Code.TOO_MANY)],
    ),
    "an identifier without kind": (
        with_identifiers({"value": SECRET}),
        [("identifiers[0].kind", Code.MISSING_FIELD)],
    ),
    "an identifier without value": (
        with_identifiers({"kind": "email"}),
        [("identifiers[0].value", Code.MISSING_FIELD)],
    ),
    "an identifier with more": (
        with_identifiers({"kind": "customer_id", "value": "1", "proved": True}),
        [("identifiers[0].proved", Code.UNKNOWN_FIELD)],
    ),
    "verified that is no truth value": (
        with_identifiers({"kind": "email", "value": "anna@example.com", "verified": "yes"}),
        [("identifiers[0].verified", Code.WRONG_TYPE)],
    ),
    "a verified cookie": (
        with_identifiers({"kind": "cookie_id", "value": "1", "verified": True}),
        [("identifiers[0].verified", Code.NOT_VERIFIABLE)],
    ),
    "a new start in a file": (make_line(new_start=True), [("new_start", Code.NEW_START_REFUSED)]),
    "a new start that is no truth value": (
        make_line(new_start=1),
        [("new_start", Code.WRONG_TYPE)],
    ),
    "an identifier's value a number": (
        with_identifiers({"kind": "customer_id", "value": 1}),
        [("identifiers[0].value", Code.WRONG_TYPE)],
    ),
    "an unknown kind": (
        with_identifiers({"kind": "passport", "value": SECRET}),
        [("identifiers[0].kind", Code.UNKNOWN_IDENTIFIER_KIND)],
    ),
    "a malformed address": (
        with_identifiers({"kind": "customer_id", "value": "1"}, {"kind": "email", "value": SECRET}),
        [("identifiers[1].value", Code.MALFORMED_IDENTIFIER)],
    ),
    "an address of 300 characters": (
        with_identifiers({"kind": "email", "value": "a" * 288 + "@example.com"}),
        [("identifiers[0].value", Code.MALFORMED_IDENTIFIER)],
    ),
    "a malformed number": (
        with_identifiers({"kind": "phone", "value": "0664"}),
        [("identifiers[0].value", Code.MALFORMED_IDENTIFIER)],
    ),
    "an empty row": (make_line(choices=[], facts=[]), [("choices", Code.EMPTY_ROW)]),
    "a row of nulls": (make_line(choices=None, facts=None), [("choices", Code.EMPTY_ROW)]),
    "choices no list": (make_line(choices=make_choice()), [("choices", Code.WRONG_TYPE)]),
    "a choice no object": (make_line(choices=[make_choice(), None]), [("choices[1]", Code.WRONG_TYPE)]),
    "too many choices": (make_line(choices=[{}] * 201), [("choices", Code.TOO_MANY)]),
    "a choice's unknown field": (
        with_choice(Purpose=SECRET),
        [("choices[0].(not a field's name)", Code.UNKNOWN_FIELD)],
    ),
    "no purpose": (
        make_line(choices=[lacking(make_choice(), "purpose")]),
        [("choices[0].purpose", Code.MISSING_FIELD)],
    ),
    "no choice": (
        make_line(choices=[lacking(make_choice(), "choice")]),
        [("choices[0].choice", Code.MISSING_FIELD)],
    ),
    "a purpose no string": (
        with_choice(purpose=["marketing.email"]),
        [("choices[0].purpose", Code.WRONG_TYPE)],
    ),
    "an unknown choice": (with_choice(choice=SECRET), [("choices[0].choice", Code.UNKNOWN_CHOICE)]),
    "a choice in capitals": (with_choice(choice="GRANTED"), [("choices[0].choice", Code.UNKNOWN_CHOICE)]),
    "an empty choice": (with_choice(choice=""), [("choices[0].choice", Code.UNKNOWN_CHOICE)]),
    "an officer's invalidation": (
        with_choice(choice="invalidated", refers_to="rec_1"),
        [("choices[0].choice", Code.OFFICERS_CHOICE)],
    ),
    "an officer's overruling": (
        with_choice(choice="objection_overruled", refers_to="rec_1"),
        [("choices[0].choice", Code.OFFICERS_CHOICE)],
    ),
    "a purpose in capitals": (
        with_choice(purpose="Marketing"),
        [("choices[0].purpose", Code.MALFORMED_VALUE)],
    ),
    "an empty purpose": (with_choice(purpose=""), [("choices[0].purpose", Code.MALFORMED_VALUE)]),
    "a purpose with an empty step": (
        with_choice(purpose="marketing..email"),
        [("choices[0].purpose", Code.MALFORMED_VALUE)],
    ),
    "a purpose ending in a line": (
        with_choice(purpose="marketing.email\n"),
        [("choices[0].purpose", Code.MALFORMED_VALUE)],
    ),
    "a purpose too long": (with_choice(purpose="a" * 129), [("choices[0].purpose", Code.MALFORMED_VALUE)]),
    "a malformed purpose in a no": (
        with_choice(choice="withdrawn", purpose="*.email"),
        [("choices[0].purpose", Code.MALFORMED_VALUE)],
    ),
    "a grant of an unknown purpose": (
        with_choice(purpose="marketing.post"),
        [("choices[0].purpose", Code.UNKNOWN_PURPOSE)],
    ),
    "a grant of a purpose above": (
        with_choice(purpose="marketing"),
        [("choices[0].purpose", Code.UNKNOWN_PURPOSE)],
    ),
    "a grant of all purposes": (with_choice(purpose="*"), [("choices[0].purpose", Code.UNKNOWN_PURPOSE)]),
    "all purposes asked for": (
        with_choice(purpose="*", choice="pending"),
        [("choices[0].purpose", Code.UNKNOWN_PURPOSE)],
    ),
    "a grant to nobody": (
        with_choice(controller=None),
        [("choices[0].controller", Code.CONTROLLER_REQUIRED)],
    ),
    "a confirmation to nobody": (
        with_choice(controller=None, choice="confirmed"),
        [("choices[0].controller", Code.CONTROLLER_REQUIRED)],
    ),
    "an unknown controller": (
        with_choice(controller="umbrella"),
        [("choices[0].controller", Code.UNKNOWN_CONTROLLER)],
    ),
    "a no to an unknown controller": (
        with_choice(choice="withdrawn", controller="acne"),
        [("choices[0].controller", Code.UNKNOWN_CONTROLLER)],
    ),
    "an unknown destination": (
        with_choice(destination="billboard"),
        [("choices[0].destination", Code.UNKNOWN_DESTINATION)],
    ),
    "a controller no name": (
        with_choice(controller="a b"),
        [("choices[0].controller", Code.MALFORMED_VALUE)],
    ),
    "consent by silence": (with_choice(method="silence"), [("choices[0].method", Code.NO_AFFIRMATIVE_ACT)]),
    "consent by scrolling": (with_choice(method="scroll"), [("choices[0].method", Code.NO_AFFIRMATIVE_ACT)]),
    "consent implied": (with_choice(method="Implied"), [("choices[0].method", Code.NO_AFFIRMATIVE_ACT)]),
    "a pre-ticked box": (with_choice(method="pre-ticked"), [("choices[0].method", Code.NO_AFFIRMATIVE_ACT)]),
    "a pre-ticked confirmation": (
        with_choice(choice="confirmed", method="pre_ticked"),
        [("choices[0].method", Code.NO_AFFIRMATIVE_ACT)],
    ),
    "consent by continued browsing": (
        with_choice(method="continued.browsing"),
        [("choices[0].method", Code.NO_AFFIRMATIVE_ACT)],
    ),
    "a checkbox that was ticked beforehand": (
        with_choice(method="checkbox-pre-ticked"),
        [("choices[0].method", Code.NO_AFFIRMATIVE_ACT)],
    ),
    "an unknown notice": (with_choice(notice="terms"), [("choices[0].notice_version", Code.UNKNOWN_NOTICE)]),
    "an unknown notice version": (
        with_choice(notice_version=2),
        [("choices[0].notice_version", Code.UNKNOWN_NOTICE)],
    ),
    "a notice without version": (
        with_choice(notice_version=None),
        [("choices[0].notice", Code.UNKNOWN_NOTICE)],
    ),
    "a version without notice": (with_choice(notice=None), [("choices[0].notice", Code.UNKNOWN_NOTICE)]),
    "a notice version in quotes": (
        with_choice(notice_version="1"),
        [("choices[0].notice_version", Code.WRONG_TYPE)],
    ),
    "a notice version in parts": (
        with_choice(notice_version=1.5),
        [("choices[0].notice_version", Code.WRONG_TYPE)],
    ),
    "a notice version true": (
        with_choice(notice_version=True),
        [("choices[0].notice_version", Code.WRONG_TYPE)],
    ),
    "a notice version of none": (
        with_choice(notice_version=0),
        [("choices[0].notice_version", Code.MALFORMED_VALUE)],
    ),
    "a notice version past the column": (
        with_choice(notice_version=2**31),
        [("choices[0].notice_version", Code.MALFORMED_VALUE)],
    ),
    "a flag in quotes": (with_choice(explicit="true"), [("choices[0].explicit", Code.WRONG_TYPE)]),
    "a flag as a number": (with_choice(by_guardian=1), [("choices[0].by_guardian", Code.WRONG_TYPE)]),
    "a flag as a list": (
        with_choice(after_conflict_notice=[]),
        [("choices[0].after_conflict_notice", Code.WRONG_TYPE)],
    ),
    "a time without offset": (
        with_choice(effective_at="2026-01-05T10:00:00"),
        [("choices[0].effective_at", Code.MALFORMED_TIME)],
    ),
    "a date": (with_choice(effective_at="2026-01-05"), [("choices[0].effective_at", Code.MALFORMED_TIME)]),
    "a time that is none": (
        with_choice(effective_at="2026-02-30T10:00:00Z"),
        [("choices[0].effective_at", Code.MALFORMED_TIME)],
    ),
    "a time in words": (with_choice(effective_at=SECRET), [("choices[0].effective_at", Code.MALFORMED_TIME)]),
    "a time as a number": (
        with_choice(effective_at=1767607200),
        [("choices[0].effective_at", Code.WRONG_TYPE)],
    ),
    "a time off the calendar": (
        with_choice(effective_at="0001-01-01T00:00:00+14:00"),
        [("choices[0].effective_at", Code.MALFORMED_TIME)],
    ),
    "a time before 1995": (
        with_choice(effective_at="1994-12-31T23:59:59Z"),
        [("choices[0].effective_at", Code.TIME_OUT_OF_BOUNDS)],
    ),
    "a grant beyond the bound": (
        with_choice(effective_at="2016-06-03T11:59:59Z"),
        [("choices[0].effective_at", Code.TIME_OUT_OF_BOUNDS)],
    ),
    "a time too far ahead": (
        with_choice(effective_at="2026-06-01T12:05:01Z"),
        [("choices[0].effective_at", Code.TIME_OUT_OF_BOUNDS)],
    ),
    "a no from the future": (
        with_choice(choice="refused", effective_at="2027-01-01T00:00:00Z"),
        [("choices[0].effective_at", Code.TIME_OUT_OF_BOUNDS)],
    ),
    "an end at the start": (
        with_choice(expires_at="2026-01-05T10:00:00Z"),
        [("choices[0].expires_at", Code.ENDS_BEFORE_START)],
    ),
    "an end that is no time": (
        with_choice(expires_at="never"),
        [("choices[0].expires_at", Code.MALFORMED_TIME)],
    ),
    "a form too long": (with_choice(form="f" * 65), [("choices[0].form", Code.MALFORMED_VALUE)]),
    "a reference no name": (with_choice(refers_to="rec 1"), [("choices[0].refers_to", Code.MALFORMED_VALUE)]),
    "facts no list": (make_line(facts="DE"), [("facts", Code.WRONG_TYPE)]),
    "too many facts": (make_line(facts=[make_fact()] * 51), [("facts", Code.TOO_MANY)]),
    "a fact no object": (make_line(facts=["DE"]), [("facts[0]", Code.WRONG_TYPE)]),
    "a fact's unknown field": (with_fact(source="crm"), [("facts[0].source", Code.UNKNOWN_FIELD)]),
    "a fact without name": (
        make_line(facts=[lacking(make_fact(), "name")]),
        [("facts[0].name", Code.MISSING_FIELD)],
    ),
    "a fact without value": (
        make_line(facts=[lacking(make_fact(), "value")]),
        [("facts[0].value", Code.MISSING_FIELD)],
    ),
    "an unknown fact": (with_fact(name="shoe_size"), [("facts[0].name", Code.UNKNOWN_FACT)]),
    "a country in words": (with_fact(value="Germany"), [("facts[0].value", Code.MALFORMED_FACT)]),
    "a country in small letters": (with_fact(value="de"), [("facts[0].value", Code.MALFORMED_FACT)]),
    "a birthday tomorrow": (
        with_fact(name="born_on", value="2026-06-03"),
        [("facts[0].value", Code.MALFORMED_FACT)],
    ),
    "a birthday that is none": (
        with_fact(name="born_on", value="2001-02-29"),
        [("facts[0].value", Code.MALFORMED_FACT)],
    ),
    "a birthday without dashes": (
        with_fact(name="born_on", value="20010228"),
        [("facts[0].value", Code.MALFORMED_FACT)],
    ),
    "a birthday of old": (
        with_fact(name="born_on", value="1879-12-31"),
        [("facts[0].value", Code.MALFORMED_FACT)],
    ),
    "a contract perhaps": (
        with_fact(name="contract_active", value="maybe"),
        [("facts[0].value", Code.MALFORMED_FACT)],
    ),
    "a restriction true": (with_fact(name="restricted", value=True), [("facts[0].value", Code.WRONG_TYPE)]),
    "a fact towards an unknown controller": (
        with_fact(name="contract_active", value="yes", controller="umbrella"),
        [("facts[0].controller", Code.UNKNOWN_CONTROLLER)],
    ),
    "a fact that ends before it starts": (
        with_fact(until="2026-01-01T00:00:00Z"),
        [("facts[0].until", Code.ENDS_BEFORE_START)],
    ),
    "a fact from the future": (
        with_fact(effective_at="2026-07-01T00:00:00Z"),
        [("facts[0].effective_at", Code.TIME_OUT_OF_BOUNDS)],
    ),
    "several faults": (
        make_line(
            choices=[make_choice(choice="maybe"), make_choice(controller=None)], facts=[make_fact(value="?")]
        ),
        [
            ("choices[0].choice", Code.UNKNOWN_CHOICE),
            ("choices[1].controller", Code.CONTROLLER_REQUIRED),
            ("facts[0].value", Code.MALFORMED_FACT),
        ],
    ),
}


@pytest.mark.parametrize(("line", "faults"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_row_is_refused_with_every_fault_and_its_place(
    line: bytes, faults: list[tuple[str, FaultCode]]
) -> None:
    assert faults_of(line) == faults


def test_every_code_of_a_fault_has_a_row_that_shows_it() -> None:
    shown = {code for _, faults in MALFORMED.values() for _, code in faults}

    by_what_is_on_record = {Code.UNKNOWN_RECORD, Code.IDENTITY_CONFLICT, Code.SUBJECT_ERASED}
    assert shown == set(FaultCode) - OF_OTHER_SHAPES - by_what_is_on_record


def test_a_row_in_order_is_read_whole() -> None:
    row = read_line(make_line(), vocabulary=VOCABULARY, at=JUNE_1)

    assert isinstance(row, NewRow)
    assert row.identifiers == (
        Identifier(IdentifierKind.CUSTOMER_ID, "00001"),
        Identifier(IdentifierKind.EMAIL, "c00001@customers.example"),
    )
    [choice], [fact] = row.choices, row.facts
    assert (choice.purpose, choice.choice, choice.controller) == ("marketing.email", Choice.GRANTED, "acme")
    assert choice.effective_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert (choice.notice, choice.notice_version) == ("privacy", 1)
    assert (choice.method, choice.form) == ("checkbox", "checkout-2026")
    assert (choice.explicit, choice.by_guardian, choice.after_conflict_notice) == (False, False, False)
    assert (choice.expires_at, choice.destination, choice.refers_to) == (None, None, None)
    assert (fact.name, fact.value, fact.controller, fact.until) == (FactName.RESIDENCE, "DE", None, None)


def test_a_row_with_every_field_is_read_whole() -> None:
    choice = make_choice(
        destination="mailer",
        expires_at="2027-01-05T10:00:00+01:00",
        explicit=True,
        by_guardian=True,
        after_conflict_notice=True,
        refers_to="rec_1",
    )
    fact = make_fact(name="contract_active", value="yes", controller="acme", until="2030-01-01T00:00:00Z")

    row = read_row(make_row(choices=[choice], facts=[fact]), vocabulary=VOCABULARY, at=JUNE_1)

    assert isinstance(row, NewRow)
    [read], [known] = row.choices, row.facts
    assert read.expires_at == datetime(2027, 1, 5, 9, tzinfo=UTC)
    assert (read.explicit, read.by_guardian, read.after_conflict_notice) == (True, True, True)
    assert (read.destination, read.refers_to) == ("mailer", "rec_1")
    assert known.until == datetime(2030, 1, 1, tzinfo=UTC)
    assert known.controller == "acme"


@pytest.mark.parametrize("choice", sorted(NO))
@pytest.mark.parametrize("purpose", ["*", "marketing", "purpose_of.next_year"])
def test_every_no_is_taken_for_every_purpose_even_with_no_policy(choice: Choice, purpose: str) -> None:
    line = make_line(
        choices=[{"purpose": purpose, "choice": choice, "notice": "unheard_of", "notice_version": 9}],
        facts=[],
    )

    assert faults_of(line, Vocabulary()) == []


@pytest.mark.parametrize("choice", sorted(set(Choice) - NO - OFFICER))
def test_anything_but_a_no_on_a_notice_that_nobody_could_see_is_refused(choice: Choice) -> None:
    assert faults_of(with_choice(choice=choice, notice_version=7)) == [
        ("choices[0].notice_version", FaultCode.UNKNOWN_NOTICE)
    ]


def test_a_no_needs_no_affirmative_act() -> None:
    assert faults_of(with_choice(choice="refused", method="inactivity")) == []


def test_a_choice_or_fact_without_a_time_is_of_the_present() -> None:
    row = read_row(
        make_row(choices=[make_choice(effective_at=None)], facts=[lacking(make_fact(), "effective_at")]),
        vocabulary=VOCABULARY,
        at=JUNE_1,
    )

    assert isinstance(row, NewRow)
    assert row.choices[0].effective_at == row.facts[0].effective_at == JUNE_1


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-01T12:05:00Z",
        "2026-06-01T14:05:00+02:00",
        "2026-06-01t12:04:59.999999999z",
        "2016-06-03T12:00:00Z",  # 3650 days
    ],
)
def test_times_up_to_the_bounds_are_taken(written: str) -> None:
    assert faults_of(with_choice(effective_at=written)) == []


@pytest.mark.parametrize("choice", ["granted", "shown", "pending"])
def test_the_bound_on_back_dating_is_the_vocabularys(choice: str) -> None:
    strict = replace(VOCABULARY, max_back_dating=timedelta(days=30))
    line = with_choice(choice=choice, effective_at="2026-05-02T11:59:59Z")

    assert faults_of(line) == []
    assert faults_of(line, strict) == [("choices[0].effective_at", Code.TIME_OUT_OF_BOUNDS)]


@pytest.mark.parametrize("choice", sorted(NO))
def test_a_no_is_taken_however_long_ago_it_was_said(choice: Choice) -> None:
    for written in ("2001-01-01T00:00:00Z", "1985-01-01T00:00:00Z", "0001-01-01T00:00:00Z"):
        row = read_line(
            with_choice(choice=choice.value, effective_at=written), vocabulary=VOCABULARY, at=JUNE_1
        )
        assert isinstance(row, NewRow)
        assert row.choices[0].effective_at == datetime.fromisoformat(written)


def test_whoever_is_born_today_east_of_us_is_taken() -> None:
    today_in_kiribati = (JUNE_1 + timedelta(hours=14)).date()

    assert today_in_kiribati == date(2026, 6, 2)
    assert faults_of(with_fact(name="born_on", value=today_in_kiribati.isoformat())) == []


def test_an_identifier_given_twice_counts_once() -> None:
    twice = [{"kind": "email", "value": value} for value in ("Anna@example.com", "anna@example.com ")]

    row = read_row(make_row(identifiers=twice), vocabulary=VOCABULARY, at=JUNE_1)

    assert isinstance(row, NewRow)
    assert row.identifiers == (Identifier(IdentifierKind.EMAIL, "anna@example.com"),)


def test_the_vocabulary_is_read_from_the_policy() -> None:
    document = (
        b'{"controllers":{"acme":{}},"destinations":{"mailer":{}},'
        b'"notices":{"privacy":{"versions":{"1":{},"12":{}}}},"purposes":{"ads":{}}}'
    )

    assert read_vocabulary(document) == Vocabulary(
        purposes=frozenset({"ads"}),
        controllers=frozenset({"acme"}),
        destinations=frozenset({"mailer"}),
        notices=frozenset({("privacy", 1), ("privacy", 12)}),
    )


def test_an_identifier_given_twice_is_verified_if_either_says_so() -> None:
    twice = [{"kind": "email", "value": "anna@example.com", "verified": said} for said in (True, False)]

    for order in (twice, twice[::-1]):
        row = read_row(make_row(identifiers=order), vocabulary=VOCABULARY, at=JUNE_1)
        assert isinstance(row, NewRow)
        assert [one.is_verified for one in row.identifiers] == [True]


@pytest.mark.parametrize(
    ("identifier", "accepted"),
    [
        ({"kind": "customer_id", "value": "1"}, True),
        ({"kind": "email", "value": "anna@example.com", "verified": True}, True),
        ({"kind": "email", "value": "anna@example.com"}, False),
        ({"kind": "cookie_id", "value": "1"}, False),
    ],
    ids=["a customer", "a verified address", "an address", "a cookie"],
)
def test_a_persons_own_act_starts_anew_if_it_shows_who_they_are(
    identifier: dict[str, object], accepted: bool
) -> None:
    value = make_row(identifiers=[identifier], new_start=True)

    row = read_row(value, vocabulary=VOCABULARY, at=JUNE_1, is_act=True)

    if accepted:
        assert isinstance(row, NewRow)
        assert row.new_start
    else:
        assert isinstance(row, list)
        assert [fault.code for fault in row] == [FaultCode.NEW_START_REFUSED]
