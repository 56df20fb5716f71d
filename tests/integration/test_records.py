"""Recording rows: all or nothing, in order, told to the ledger, never with an identifier."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from consent.ledger.queries import get_time, list_private_parts
from consent.records import queries, services
from consent.records.models import ConsentRecord
from consent.records.types import ANY_PURPOSE, Choice, Fault, FaultCode, NewRow, Recorded
from consent.subjects import queries as subjects
from consent.subjects.models import IdentifierIndex, Subject, SubjectFact
from consent.subjects.types import FactName, Identifier, IdentifierKind, SubjectRef, WriteToken
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1, make_choice, make_fact, make_new_row, record_all

pytestmark = pytest.mark.django_db

BOBS_COOKIE = {"kind": "cookie_id", "value": "bob"}


def record(*rows: NewRow) -> list[Recorded]:
    return record_all(*rows)


def test_a_row_becomes_records_facts_and_events_under_one_count_of_versions() -> None:
    choices = [make_choice(), make_choice(choice="withdrawn", purpose="*", controller=None)]

    [recorded] = record(make_new_row(choices=choices, facts=[make_fact()]))

    ref = recorded.subject_ref
    granted, withdrawn = queries.list_records(refs=[ref])[ref]
    [residence] = subjects.list_facts([ref])[ref]
    assert recorded == Recorded(
        ref,
        5,
        (granted.record_id, withdrawn.record_id),
        choices=(Choice.GRANTED, Choice.WITHDRAWN),
    )
    assert (granted.version, withdrawn.version, residence.version) == (3, 4, 5)  # two identifiers came first
    assert (granted.choice, granted.purpose, granted.controller) == (
        Choice.GRANTED,
        "marketing.email",
        "acme",
    )
    assert (withdrawn.choice, withdrawn.purpose, withdrawn.controller) == (Choice.WITHDRAWN, "*", None)
    assert (residence.name, residence.value) == (FactName.RESIDENCE, "DE")
    assert granted.recorded_at == withdrawn.recorded_at == residence.recorded_at
    assert subjects.list_subjects([ref])[ref].version == 5


def test_the_ledger_is_told_all_but_the_identifiers_and_the_facts() -> None:
    [recorded] = record(make_new_row("31415"))

    number, address, choice, fact = read_entries()
    record_id = recorded.record_ids[0]
    assert (choice.kind, choice.event_id, choice.subject_version) == ("choice_recorded", record_id, 3)
    assert (fact.kind, fact.subject_version) == ("fact_recorded", 4)
    assert (number.kind, number.subject_version) == ("identifier_recorded", 1)
    assert (address.kind, address.subject_version) == ("identifier_recorded", 2)
    assert {entry.subject_ref for entry in (number, address, choice, fact)} == {recorded.subject_ref}
    assert json.loads(number.envelope)["body"] == {"kind": "customer_id", "verified": True, "source": "test"}
    assert json.loads(address.envelope)["body"] == {"kind": "email", "verified": False, "source": "test"}
    body = json.loads(choice.envelope)["body"]
    assert body == {
        "purpose": "marketing.email",
        "choice": "granted",
        "controller": "acme",
        "destination": None,
        "notice": "privacy",
        "notice_version": 1,
        "method": "checkbox",
        "form": "checkout-2026",
        "effective_at": "2026-01-05T10:00:00.000000Z",
        "expires_at": None,
        "explicit": False,
        "by_guardian": False,
        "after_conflict_notice": False,
        "back_dated": True,
        "refers_to": None,
        "source": "test",
    }
    assert json.loads(fact.envelope)["body"] == {
        "name": "residence",
        "controller": None,
        "effective_at": "2026-01-05T10:00:00.000000Z",
        "until": None,
        "source": "test",
    }
    assert b"31415" not in b"".join(entry.envelope for entry in read_entries())
    assert b'"DE"' not in fact.envelope
    parts = list_private_parts([number.event_id, address.event_id, fact.event_id, choice.event_id])
    assert set(parts) == {number.event_id, address.event_id, fact.event_id}


def test_every_column_of_a_record_says_what_its_event_says() -> None:
    full = make_choice(
        destination="mailer",
        expires_at="2027-01-05T10:00:00Z",
        explicit=True,
        by_guardian=True,
        after_conflict_notice=True,
        refers_to="rec_1",
    )
    record(make_new_row(choices=[full], facts=[]))

    row = ConsentRecord.objects.get()
    *_, entry = read_entries()
    body = json.loads(entry.envelope)["body"]
    assert row.record_id == entry.event_id
    assert (row.subject_id, row.version) == (entry.subject_ref, entry.subject_version)
    assert row.recorded_at == entry.recorded_at
    for name in set(body) - {"effective_at", "expires_at"}:
        assert getattr(row, name) == body[name], name
    assert body["expires_at"] == "2027-01-05T10:00:00.000000Z"
    assert row.expires_at is not None
    assert row.expires_at.isoformat() == "2027-01-05T10:00:00+00:00"


def test_rows_of_one_person_in_one_call_count_on() -> None:
    first, other, second = record(make_new_row("1"), make_new_row("2"), make_new_row("1"))

    assert first.subject_ref == second.subject_ref != other.subject_ref
    assert (first.version, second.version, other.version) == (4, 6, 4)


def test_a_later_call_counts_on() -> None:
    record(make_new_row())

    [recorded] = record(make_new_row(facts=[]))

    assert recorded.version == 5


def test_an_unknown_persons_facts_can_stand_alone() -> None:
    [recorded] = record(make_new_row(choices=[]))

    assert recorded.record_ids == ()
    assert queries.list_records(refs=[recorded.subject_ref]) == {}


def test_a_row_that_shows_two_subjects_to_be_one_person_links_them_and_tells_the_ledger() -> None:
    alice, bob = record(make_new_row("1"), make_new_row(identifiers=[BOBS_COOKIE]))
    both = [BOBS_COOKIE, {"kind": "cookie_id", "value": "new"}, {"kind": "customer_id", "value": "1"}]

    [recorded] = record(make_new_row(identifiers=both, facts=[]))

    assert recorded.subject_ref == alice.subject_ref
    [link] = subjects.list_links([alice.subject_ref])
    assert {link.left, link.right} == {alice.subject_ref, bob.subject_ref}
    assert link.linked_at == JUNE_1
    identifier, told, choice = read_entries()[-3:]
    assert (identifier.kind, identifier.subject_ref) == ("identifier_recorded", alice.subject_ref)
    assert (told.kind, told.subject_ref) == ("subjects_linked", link.left)
    assert json.loads(told.envelope)["body"] == {
        "left": link.left,
        "right": link.right,
        "linked_at": "2026-06-01T12:00:00.000000Z",
        "provenance": "test",
    }
    assert choice.kind == "choice_recorded"
    before = {alice.subject_ref: 5, bob.subject_ref: 3}
    assert told.subject_version == before[SubjectRef(link.left)] + 1


def test_seeing_the_same_two_again_adds_no_second_link() -> None:
    record(make_new_row("1"), make_new_row(identifiers=[BOBS_COOKIE]))
    both = [{"kind": "customer_id", "value": "1"}, BOBS_COOKIE]

    record(make_new_row(identifiers=both), make_new_row(identifiers=both))
    record(make_new_row(identifiers=both))

    kinds = [entry.kind for entry in read_entries()]
    assert kinds.count("subjects_linked") == 1


def test_a_choice_told_of_late_is_marked_back_dated() -> None:
    now = get_time()
    times = [now - services.BACK_DATE_TOLERANCE - timedelta(seconds=30), now - timedelta(minutes=4), now]
    row = make_new_row(facts=[])
    choices = tuple(
        [
            type(row.choices[0])(
                purpose="marketing.email", choice=Choice.GRANTED, controller="acme", effective_at=moment
            )
            for moment in times
        ]
    )

    [recorded] = record(NewRow(row.identifiers, choices, ()))

    [records] = queries.list_records(refs=[recorded.subject_ref]).values()
    assert [entry.back_dated for entry in records] == [True, False, False]


def test_a_failure_at_the_last_row_leaves_nothing() -> None:
    too_long = NewRow(
        (Identifier(IdentifierKind.CUSTOMER_ID, "2"),),
        (type(make_new_row().choices[0])(purpose="p" * 129, choice=Choice.REFUSED, effective_at=JUNE_1),),
        (),
    )

    with pytest.raises(DatabaseError):
        record(make_new_row("1"), too_long)

    assert not Subject.objects.exists()
    assert not IdentifierIndex.objects.exists()
    assert not ConsentRecord.objects.exists()
    assert not SubjectFact.objects.exists()
    assert not read_entries()


def test_the_number_of_statements_does_not_grow_with_the_number_of_rows() -> None:
    def count(start: int, stop: int) -> int:
        rows = [make_new_row(str(number)) for number in range(start, stop)]
        with CaptureQueriesContext(connection) as captured:
            recorded = record(*rows)
            queries.list_records(refs=[one.subject_ref for one in recorded])
        return len(captured)

    assert count(0, 1) == count(1, 201)


@pytest.mark.parametrize("purpose_and_controller", [("marketing.email", ""), ("*", "acme")])
def test_the_database_itself_refuses_a_wide_yes(purpose_and_controller: tuple[str, str]) -> None:
    [recorded] = record(make_new_row())
    row = ConsentRecord.objects.get()
    row.pk = "rec_forged"
    row.version = recorded.version + 1
    row.purpose, row.controller = purpose_and_controller

    with pytest.raises(DatabaseError, match="record_yes_is_narrow"), transaction.atomic():
        row.save(force_insert=True)


def test_a_token_comes_back_as_it_was_signed() -> None:
    token = WriteToken("sub_alice", 7)

    assert services.read_token(services.sign_token(token)) == token


@pytest.mark.parametrize("position", [0, 5, -1])
def test_a_token_that_was_changed_is_refused(position: int) -> None:
    text = list(services.sign_token(WriteToken("sub_alice", 7)))
    text[position] = "A" if text[position] != "A" else "B"

    with pytest.raises(services.MalformedToken):
        services.read_token("".join(text))


@pytest.mark.parametrize("text", ["", ":", "abc", "é", "a:b:c"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(services.MalformedToken):
        services.read_token(text)


@pytest.mark.parametrize("said", [Choice.GRANTED, Choice.CONFIRMED])
@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"purpose": ANY_PURPOSE}, "choices[1].purpose", FaultCode.UNKNOWN_PURPOSE),
        ({"controller": None}, "choices[1].controller", FaultCode.CONTROLLER_REQUIRED),
    ],
    ids=["all purposes", "every controller"],
)
def test_a_yes_that_reaches_too_far_is_refused_and_the_rows_beside_it_stand(
    said: Choice, changes: dict[str, Any], path: str, code: FaultCode
) -> None:
    [told] = record(make_new_row("1", choices=[make_choice(choice="withdrawn", purpose=ANY_PURPOSE)]))
    row = make_new_row("2")
    wide = replace(row.choices[0], choice=said, refers_to=told.record_ids[0], **changes)

    before, refused, after = services.record_rows(
        rows=[make_new_row("3"), replace(row, choices=(*row.choices, wide)), make_new_row("4")],
        source="test",
        at=JUNE_1,
    )

    assert isinstance(refused, Fault)
    assert (refused.path, refused.code) == (path, code)
    assert isinstance(before, Recorded)
    assert isinstance(after, Recorded)
    assert {one.subject_id for one in ConsentRecord.objects.all()} == {
        told.subject_ref,
        before.subject_ref,
        after.subject_ref,
    }
    assert Subject.objects.count() == 3


def test_an_officer_may_speak_of_a_record_of_all_purposes() -> None:
    row = make_new_row(choices=[make_choice(choice="objected", purpose=ANY_PURPOSE, controller=None)])
    [told] = record(row)
    overruled = replace(row.choices[0], choice=Choice.OVERRULED, refers_to=told.record_ids[0])

    [recorded] = record(replace(row, choices=(overruled,), facts=()))

    assert queries.list_records_by_id(recorded.record_ids)[0].purpose == ANY_PURPOSE
