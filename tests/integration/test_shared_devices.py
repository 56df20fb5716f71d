"""Rows whose identifiers lead to several people: who acts, whom a no reaches, what waits for officers."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from consent.records import queries, services
from consent.records.models import ConsentRecord
from consent.records.types import Choice, Fault, FaultCode, NewRow
from consent.subjects import queries as subjects
from consent.subjects.models import HeldLink, IdentifierIndex, Subject, SubjectFact, SubjectLink
from consent.subjects.types import SubjectRef
from tests.ledger_world import read_entries
from tests.records_world import (
    JUNE_1,
    make_choice,
    make_fact,
    make_line,
    make_new_row,
    publish_policy,
    record_all,
)

pytestmark = pytest.mark.django_db

ANN, BEN = ({"kind": "customer_id", "value": number} for number in "12")
FAMILY = {"kind": "email", "value": "family@example.com"}
TABLET = {"kind": "device_id", "value": "tablet"}
YES, NO = make_choice(), make_choice(choice="opted_out", purpose="*", controller=None)


def row(*identifiers: dict[str, Any], choices: Any = (YES,), facts: Any = ()) -> NewRow:
    return make_new_row(identifiers=list(identifiers), choices=list(choices), facts=list(facts))


def refused(*rows: NewRow) -> list[FaultCode]:
    """Record the rows, and return why each was refused."""
    outcomes = services.record_rows(rows=rows, source="test", at=JUNE_1)
    return [one.code for one in outcomes if isinstance(one, Fault)]


def choices_of(ref: SubjectRef) -> list[Choice]:
    return [record.choice for record in queries.list_records(refs=[ref])[ref]]


def sizes() -> list[int]:
    """Return how much there is of everything that a row could write."""
    tables: tuple[type[Model], ...] = (
        Subject,
        IdentifierIndex,
        SubjectLink,
        HeldLink,
        SubjectFact,
        ConsentRecord,
    )
    return [*(table._default_manager.count() for table in tables), len(read_entries())]


def test_two_customers_of_one_device_stay_two_and_the_pair_waits_for_an_officer() -> None:
    ann, ben = record_all(row(ANN, TABLET), row(BEN, TABLET))

    assert ann.subject_ref != ben.subject_ref
    assert not SubjectLink.objects.exists()
    held = HeldLink.objects.get()
    assert {held.left_id, held.right_id} == {ann.subject_ref, ben.subject_ref}
    assert (held.reason, held.provenance, held.decision) == ("verified_differ", "test", "")
    told = read_entries()[-1]
    assert (told.stream, told.kind, told.subject_ref) == ("audit", "link_held", None)
    assert json.loads(told.envelope)["body"]["reason"] == "verified_differ"


def test_a_pair_is_held_once_however_often_it_is_seen() -> None:
    record_all(row(ANN, TABLET), row(BEN, TABLET))

    record_all(row(BEN, TABLET), row(TABLET, BEN))

    assert HeldLink.objects.count() == 1
    assert [entry.kind for entry in read_entries()].count("link_held") == 1


def test_a_yes_and_facts_are_recorded_for_the_one_who_acts_only() -> None:
    ann, ben = record_all(row(ANN, FAMILY), row(FAMILY, BEN, facts=[make_fact()]))

    assert choices_of(ann.subject_ref) == [Choice.GRANTED]
    assert choices_of(ben.subject_ref) == [Choice.GRANTED]
    assert [fact.subject_id for fact in SubjectFact.objects.all()] == [ben.subject_ref]
    assert len(ben.record_ids) == 1


def test_a_no_is_recorded_for_everybody_the_row_leads_to() -> None:
    ann, ben = record_all(row(ANN, FAMILY), row(BEN, FAMILY, choices=[NO]))

    assert choices_of(ann.subject_ref) == [Choice.GRANTED, Choice.OPTED_OUT]
    assert choices_of(ben.subject_ref) == [Choice.OPTED_OUT]
    told = ConsentRecord.objects.filter(choice="opted_out")
    assert {record.pk for record in told} == set(ben.record_ids)
    assert {(record.purpose, record.controller, record.destination) for record in told} == {("*", "", "")}


def test_a_no_among_yeses_reaches_everybody_and_the_yeses_do_not() -> None:
    ann, ben = record_all(row(ANN, FAMILY), row(BEN, FAMILY, choices=[YES, NO, YES]))

    assert choices_of(ann.subject_ref) == [Choice.GRANTED, Choice.OPTED_OUT]
    assert choices_of(ben.subject_ref) == [Choice.GRANTED, Choice.OPTED_OUT, Choice.GRANTED]


def test_a_no_stands_for_both_even_if_their_link_is_undone_later() -> None:
    ann, browser = record_all(row(ANN), row(TABLET))

    record_all(row(ANN, TABLET, choices=[NO]))

    assert SubjectLink.objects.count() == 1
    assert choices_of(ann.subject_ref)[-1] == choices_of(browser.subject_ref)[-1] == Choice.OPTED_OUT


def test_a_row_of_two_customers_is_refused_and_nothing_of_it_is_written() -> None:
    record_all(row(ANN), row(BEN))
    before = sizes()

    assert refused(row(ANN, BEN)) == [FaultCode.IDENTITY_CONFLICT]
    assert refused(row(ANN, BEN, choices=[NO, YES])) == [FaultCode.IDENTITY_CONFLICT]
    assert refused(row(ANN, BEN, choices=[NO], facts=[make_fact()])) == [FaultCode.IDENTITY_CONFLICT]

    assert sizes() == before


def test_a_no_of_two_customers_is_recorded_for_both() -> None:
    ann, ben = record_all(row(ANN), row(BEN))

    assert refused(row(ANN, BEN, choices=[NO])) == []

    assert choices_of(ann.subject_ref)[-1] == choices_of(ben.subject_ref)[-1] == Choice.OPTED_OUT
    assert HeldLink.objects.count() == 1
    assert not SubjectLink.objects.exists()


def test_the_rows_around_a_refused_one_are_recorded() -> None:
    record_all(row(ANN), row(BEN))

    outcomes = services.record_rows(rows=[row(ANN), row(ANN, BEN), row(BEN)], source="test", at=JUNE_1)

    assert [isinstance(one, Fault) for one in outcomes] == [False, True, False]
    assert ConsentRecord.objects.count() == 4


def test_an_import_tells_the_line_of_a_row_in_conflict() -> None:
    publish_policy()
    lines = [make_line("1"), b"{", make_line("2"), make_line(identifiers=[ANN, BEN]), b"[]"]

    report = services.import_rows(lines=lines, digest="d" * 64, source="test", at=JUNE_1)

    assert (report.accepted, report.rejected) == (2, 3)
    assert [(fault.line, fault.code) for fault in report.faults] == [
        (2, FaultCode.MALFORMED_JSON),
        (4, FaultCode.IDENTITY_CONFLICT),
        (5, FaultCode.WRONG_TYPE),
    ]


def test_an_address_proved_later_is_told_to_the_ledger_and_counts_from_then() -> None:
    [ann] = record_all(row(ANN, FAMILY))
    assert not IdentifierIndex.objects.get(kind="email").verified

    record_all(row(ANN, FAMILY | {"verified": True}))

    index = IdentifierIndex.objects.get(kind="email")
    assert index.verified
    told = next(entry for entry in read_entries() if entry.kind == "identifier_verified")
    assert told.subject_ref == ann.subject_ref
    assert json.loads(told.envelope)["body"] == {"identifier": index.event_id, "source": "test"}
    assert [one.verified for one in subjects.list_identifiers([ann.subject_ref])[ann.subject_ref]] == [
        True,
        True,
    ]


def test_the_number_of_statements_does_not_grow_with_the_pairs_to_hold_or_link() -> None:
    def count(start: int, stop: int) -> int:
        numbers = [str(number) for number in range(start, stop)]
        people = [{"kind": "customer_id", "value": number} for number in numbers]
        others = [{"kind": "customer_id", "value": f"b{number}"} for number in numbers]
        tablets = [{"kind": "device_id", "value": number} for number in numbers]
        cookies = [{"kind": "cookie_id", "value": number} for number in numbers]
        record_all(
            *(row(*pair) for pair in zip(people, tablets, strict=True)), *(row(one) for one in cookies)
        )
        with CaptureQueriesContext(connection) as captured:
            record_all(*(row(*three) for three in zip(others, tablets, cookies, strict=True)))
        return len(captured)

    assert count(0, 1) == count(1, 101)
