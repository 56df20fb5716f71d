"""Writers at the same time, on real connections and with real commits."""

import json
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest
from django.db import connection, connections, transaction

from consent.ledger import services as ledger_services
from consent.ledger.types import NewEntry, Stream
from consent.records import queries, services
from consent.records.models import ConsentRecord
from consent.records.types import NO, Recorded
from consent.subjects import queries as subjects
from consent.subjects import services as subject_services
from consent.subjects.models import Subject
from consent.subjects.types import Identifier, IdentifierKind
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1, make_choice, make_new_row

pytestmark = pytest.mark.usefixtures("committed_database")

T = TypeVar("T")
OPT_OUT = [make_choice(choice="opted_out")]


def in_parallel(works: Sequence[Callable[[], T]]) -> list[T]:
    """Start all `works` at once, each on a connection of its own, and return what they return."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def record(*people: str, **changes: object) -> Callable[[], list[Recorded]]:
    """Return the work of recording an opt-out of each of `people` in one call."""
    rows = [make_new_row(person, choices=OPT_OUT, facts=[], **changes) for person in people]
    return lambda: services.record_rows(rows=rows, source="test", at=JUNE_1)


def test_32_first_opt_outs_of_one_person_at_once_make_one_subject_and_all_stand() -> None:
    recorded = [one for [one] in in_parallel([record("00001")] * 32)]

    [ref] = {one.subject_ref for one in recorded}
    assert list(Subject.objects.values_list("ref", "version")) == [(ref, 32)]
    assert sorted(one.version for one in recorded) == list(range(1, 33))
    records = queries.list_records(refs=[ref])[ref]
    assert {record.record_id for record in records} == {id_ for one in recorded for id_ in one.record_ids}
    assert [record.version for record in records] == list(range(1, 33))
    assert all(record.choice in NO for record in records)


def test_first_writes_that_share_one_identifier_only_make_one_subject() -> None:
    shared = {"kind": "email", "value": "anna@example.com"}
    own = [{"kind": "cookie_id", "value": str(number)} for number in range(16)]

    in_parallel([record("", identifiers=[cookie, shared]) for cookie in own])

    assert Subject.objects.count() == 1
    cookies = [[Identifier(IdentifierKind.COOKIE_ID, cookie["value"])] for cookie in own]
    assert len(set(subjects.find_subjects(cookies))) == 1


def test_batches_that_name_the_same_people_in_other_orders_do_not_block_each_other_for_ever() -> None:
    people = [str(number) for number in range(60)]
    orders = [random.Random(seed).sample(people, len(people)) for seed in range(8)]  # noqa: S311 - no secret

    in_parallel([record(*order) for order in orders])
    in_parallel([record(*order) for order in reversed(orders)])

    assert Subject.objects.count() == len(people)
    assert set(Subject.objects.values_list("version", flat=True)) == {16}


def test_two_who_bring_the_same_new_people_in_opposite_orders_never_wait_for_each_other() -> None:
    left, middle, right = (Identifier(IdentifierKind.COOKIE_ID, value) for value in "123")
    middle_is_taken = threading.Event()

    def take_the_middle_for_a_while() -> None:
        with transaction.atomic():
            subject_services.resolve_or_create(identifier_sets=[[middle]])
            middle_is_taken.set()
            _wait_until_somebody_waits(writers=2)
            transaction.set_rollback(True)

    def resolve(*identifiers: Identifier) -> None:
        assert middle_is_taken.wait(timeout=30)
        subject_services.resolve_or_create(identifier_sets=[[identifier] for identifier in identifiers])

    works: list[Callable[[], None]] = [
        take_the_middle_for_a_while,
        partial(resolve, left, middle, right),
        partial(resolve, right, middle, left),
    ]
    in_parallel(works)

    assert Subject.objects.count() == 3


def test_indexes_have_no_gaps_and_tell_what_the_records_tell() -> None:
    in_parallel([record(str(number), "shared") for number in range(12)])

    entries = read_entries(after=0)
    assert [entry.index for entry in entries] == list(range(24))
    assert {entry.event_id for entry in entries} == set(ConsentRecord.objects.values_list("pk", flat=True))
    versions: dict[str | None, list[int | None]] = {}
    for entry in entries:
        versions.setdefault(entry.subject_ref, []).append(entry.subject_version)
    assert all(counted == list(range(1, len(counted) + 1)) for counted in versions.values())


def test_two_who_find_the_same_people_to_be_one_make_one_link() -> None:
    [first, second] = services.record_rows(
        rows=[make_new_row("1", facts=[]), make_new_row("2", facts=[])], source="test", at=JUNE_1
    )
    both = [{"kind": "customer_id", "value": value} for value in ("1", "2")]

    in_parallel([record("", identifiers=identifiers) for identifiers in (both, both[::-1])] * 4)

    [link] = subjects.list_links([first.subject_ref])
    assert {link.left, link.right} == {first.subject_ref, second.subject_ref}
    kinds = [json.loads(entry.envelope)["kind"] for entry in read_entries(after=2)]
    assert sorted(kinds) == ["choice_recorded"] * 8 + ["subjects_linked"]


def test_writers_do_not_wait_for_each_other_and_the_later_commit_gets_the_later_place() -> None:
    appended, committed = threading.Event(), threading.Event()

    def append_slowly() -> None:
        with transaction.atomic():
            ledger_services.append(stream=Stream.AUDIT, entries=[NewEntry("slow", {})])
            appended.set()
            assert committed.wait(timeout=30)

    def append_at_once() -> list[str]:
        assert appended.wait(timeout=30)
        with transaction.atomic():
            ledger_services.append(stream=Stream.AUDIT, entries=[NewEntry("quick", {})])
        seen = [entry.kind for entry in read_entries()]
        committed.set()
        return seen

    assert in_parallel([append_slowly, append_at_once]) == [None, ["quick"]]
    assert [entry.kind for entry in read_entries()] == ["quick", "slow"]


def _wait_until_somebody_waits(*, writers: int) -> None:
    waiting = 0
    with connection.cursor() as cursor:
        while waiting < writers:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            [waiting] = cursor.fetchone()


def test_a_writer_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        ledger_services.append(stream=Stream.AUDIT, entries=[NewEntry("lonely", {})])

    assert len(read_entries()) == 0
