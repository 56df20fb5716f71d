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
from consent.subjects.models import HeldLink, IdentifierIndex, Subject, SubjectLink
from consent.subjects.types import Identifier, IdentifierKind, Sighting
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1, make_choice, make_new_row, record_all
from tests.subjects_world import attach, cookie

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
    return lambda: record_all(*rows)


def test_32_first_opt_outs_of_one_person_at_once_make_one_subject_and_all_stand() -> None:
    recorded = [one for [one] in in_parallel([record("00001")] * 32)]

    [ref] = {one.subject_ref for one in recorded}
    assert list(Subject.objects.values_list("ref", "version")) == [(ref, 2 + 32)]  # its identifiers first
    assert sorted(one.version for one in recorded) == list(range(3, 35))
    records = queries.list_records(refs=[ref])[ref]
    assert {record.record_id for record in records} == {id_ for one in recorded for id_ in one.record_ids}
    assert [record.version for record in records] == list(range(3, 35))
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
    assert set(Subject.objects.values_list("version", flat=True)) == {2 + 16}


def test_two_who_bring_the_same_new_people_in_opposite_orders_never_wait_for_each_other() -> None:
    left, middle, right = (cookie(value) for value in "123")
    middle_is_taken = threading.Event()

    def take_the_middle_for_a_while() -> None:
        with transaction.atomic():
            subject_services.resolve(sightings=[Sighting((middle,))])
            middle_is_taken.set()
            _wait_until_somebody_waits(writers=2)
            transaction.set_rollback(True)

    def resolve(*identifiers: Identifier) -> None:
        assert middle_is_taken.wait(timeout=30)
        attach(*([identifier] for identifier in identifiers))

    works: list[Callable[[], None]] = [
        take_the_middle_for_a_while,
        partial(resolve, left, middle, right),
        partial(resolve, right, middle, left),
    ]
    in_parallel(works)

    assert Subject.objects.count() == 3


def test_indexes_have_no_gaps_and_tell_what_the_records_tell() -> None:
    in_parallel([record(str(number), "shared") for number in range(12)])

    entries = read_entries()
    assert [entry.index for entry in entries] == list(range(24 + 2 * 13))
    told = {entry.event_id for entry in entries if entry.kind == "choice_recorded"}
    assert told == set(ConsentRecord.objects.values_list("pk", flat=True))
    versions: dict[str | None, list[int | None]] = {}
    for entry in entries:
        versions.setdefault(entry.subject_ref, []).append(entry.subject_version)
    assert all(counted == list(range(1, len(counted) + 1)) for counted in versions.values())


def test_two_who_find_the_same_people_to_be_one_make_one_link() -> None:
    browser = {"kind": "cookie_id", "value": "2"}
    [first, second] = record_all(
        make_new_row("1", facts=[]), make_new_row("", identifiers=[browser], facts=[])
    )
    both = [{"kind": "customer_id", "value": "1"}, browser]

    in_parallel([record("", identifiers=identifiers) for identifiers in (both, both[::-1])] * 4)

    [link] = subjects.list_links([first.subject_ref])
    assert {link.left, link.right} == {first.subject_ref, second.subject_ref}
    kinds = [json.loads(entry.envelope)["kind"] for entry in read_entries()[5:]]
    assert sorted(kinds) == ["choice_recorded"] * 16 + ["subjects_linked"]  # a no is recorded for both


def test_customers_who_share_an_address_and_come_at_once_stay_apart() -> None:
    shared = {"kind": "email", "value": "family@example.com"}
    numbers = [{"kind": "customer_id", "value": str(number)} for number in range(12)]

    in_parallel([record("", identifiers=[number, shared]) for number in numbers])

    leading = IdentifierIndex.objects.filter(kind="customer_id").values_list("subject", flat=True)
    assert len(set(leading)) == Subject.objects.count() == 12
    assert not SubjectLink.objects.exists()
    assert HeldLink.objects.count() == 11  # each with whom the address leads to


def test_writers_beside_an_erasure_write_before_it_or_are_refused() -> None:
    [known] = record_all(make_new_row("1", facts=[]))

    def erase() -> None:
        subject_services.erase_subject(ref=known.subject_ref, requested_by="request:1", at=JUNE_1)

    def write(browser: str) -> None:
        row = make_new_row(
            "",
            identifiers=[{"kind": "customer_id", "value": "1"}, {"kind": "cookie_id", "value": browser}],
            choices=OPT_OUT,
            facts=[],
        )
        services.record_rows(rows=[row], source="test", at=JUNE_1)

    works: list[Callable[[], None]] = [erase, *(partial(write, str(number)) for number in range(12))]
    in_parallel(works)

    assert not IdentifierIndex.objects.exists()
    assert list(Subject.objects.values_list("ref", "erased_at")) == [(known.subject_ref, JUNE_1)]
    *_, last = read_entries()
    assert last.kind == "subject_erased"


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
