"""The choices in force: kept with every write, read as of any time, made anew from the ledger."""

import random
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.ledger import queries as ledger
from consent.records import queries, services
from consent.records.models import ConsentRecord, CurrentChoice
from consent.records.rules.current import fold_by_key, key_of
from consent.records.types import Choice, ChoiceInForce, NewChoice, NewRow, Recorded
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from tests.integration.test_parallel_writers import in_parallel
from tests.ledger_world import sequence_all
from tests.records_world import JUNE_1, record_all

pytestmark = pytest.mark.django_db

KEYS: list[dict[str, Any]] = [
    {"purpose": "marketing.email"},
    {"purpose": "marketing.email", "controller": "acme"},
    {"purpose": "marketing.email", "controller": "acme", "destination": "mailer"},
    {"purpose": "ads", "controller": "acme"},
    {"purpose": "ads", "controller": "other"},
]
ACME = KEYS[1]
SAID = [Choice.GRANTED, Choice.GRANTED, Choice.REFUSED, Choice.WITHDRAWN, Choice.SHOWN, Choice.PENDING]
AGO = [timedelta(), timedelta(minutes=-4), timedelta(minutes=4), timedelta(minutes=6), timedelta(days=40)]


def said(choice: Choice, *, effective_at: datetime, **changes: Any) -> NewChoice:
    return NewChoice(**{**ACME, "choice": choice, "effective_at": effective_at, **changes})


def record(*choices: NewChoice, person: str = "1") -> Recorded:
    row = NewRow((Identifier(IdentifierKind.CUSTOMER_ID, person),), choices, ())
    [recorded] = record_all(row)
    return recorded


def draw_row(draw: random.Random, person: str) -> NewRow:
    """Return a row of random choices, some told late, some with an end."""
    now, choices = ledger.get_time(), []
    for _ in range(draw.randint(1, 4)):
        choice, effective_at = draw.choice(SAID), now - draw.choice(AGO) * draw.random()
        key = draw.choice(KEYS[1:] if choice is Choice.GRANTED else KEYS)
        expires_at = effective_at + timedelta(days=draw.choice([1, 50])) if draw.random() < 0.3 else None
        choices.append(NewChoice(**key, choice=choice, effective_at=effective_at, expires_at=expires_at))
    return NewRow((Identifier(IdentifierKind.CUSTOMER_ID, person),), tuple(choices), ())


def draw_history(seed: int, *, people: int = 5, batches: int = 12) -> set[SubjectRef]:
    """Record random batches about a few people, and return who they are."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    refs: set[SubjectRef] = set()
    for _ in range(batches):
        rows = [draw_row(draw, str(draw.randrange(people))) for _ in range(draw.randint(1, 4))]
        recorded = record_all(*rows)
        refs.update(one.subject_ref for one in recorded)
    return refs


def columns() -> list[dict[str, Any]]:
    """Return the whole projection, without the rows' own numbers."""
    rows = list(CurrentChoice.objects.order_by("subject", "purpose", "controller", "destination").values())
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def only(choices: dict[SubjectRef, tuple[ChoiceInForce, ...]]) -> ChoiceInForce:
    [[choice]] = choices.values()
    return choice


@pytest.mark.parametrize("seed", range(8))
def test_kept_with_every_write_is_what_the_whole_history_comes_to(seed: int) -> None:
    refs = draw_history(seed)

    history = [one for records in queries.list_records(refs=refs).values() for one in records]
    assert len(history) > 20
    assert {key_of(choice): choice for choice in queries.list_current(refs)} == fold_by_key(history)


def test_a_write_costs_as_many_statements_for_many_as_for_one() -> None:
    def count(people: int, start: int) -> int:
        now = ledger.get_time()
        rows = [
            NewRow(
                (Identifier(IdentifierKind.CUSTOMER_ID, str(start + number)),),
                (
                    said(Choice.REFUSED, effective_at=now - timedelta(days=9)),
                    said(Choice.GRANTED, effective_at=now - timedelta(days=8)),
                ),
                (),
            )
            for number in range(people)
        ]
        with CaptureQueriesContext(connection) as captured:
            services.record_rows(rows=rows, source="test", at=JUNE_1)
        return len(captured)

    assert count(1, 0) == count(100, 1)


def test_writers_at_the_same_time_leave_what_the_whole_history_comes_to(committed_database: str) -> None:
    now = ledger.get_time()
    choices = [
        said(choice, effective_at=now - timedelta(minutes=minutes))
        for choice in (Choice.GRANTED, Choice.WITHDRAWN)
        for minutes in (0, 2, 10, 20)
    ]

    recorded = in_parallel([partial(record, choice) for choice in choices])

    [ref] = {one.subject_ref for one in recorded}
    [choice] = queries.list_current([ref])
    assert {key_of(choice): choice} == fold_by_key(queries.list_records(refs=[ref])[ref])


def test_nothing_is_kept_of_a_write_that_failed() -> None:
    with pytest.raises(Exception, match="too long"):
        record(
            said(Choice.GRANTED, effective_at=JUNE_1),
            said(Choice.REFUSED, effective_at=JUNE_1, purpose="p" * 129),
        )

    assert not CurrentChoice.objects.exists()


def test_a_grant_imported_late_never_beats_a_withdrawal_on_record() -> None:
    now = ledger.get_time()
    ref = record(said(Choice.WITHDRAWN, effective_at=now - timedelta(days=30))).subject_ref
    withdrawn_at = ledger.get_time()
    record(said(Choice.GRANTED, effective_at=now - timedelta(days=40)))
    record(said(Choice.GRANTED, effective_at=now - timedelta(days=20)))

    at = ledger.get_time()
    assert only(queries.list_choices(refs=[ref], at=at)).choice is Choice.WITHDRAWN
    for known_at in (withdrawn_at, at):
        for days in (0, 10, 25, 30):
            as_of = now - timedelta(days=days)
            found = queries.list_choices(refs=[ref], at=at, as_of=as_of, known_at=known_at)
            assert only(found).choice is Choice.WITHDRAWN
    before = queries.list_choices(refs=[ref], at=at, as_of=now - timedelta(days=35), known_at=at)
    assert only(before).choice is Choice.GRANTED


def test_a_past_state_is_what_was_in_force_then_by_what_was_known_then() -> None:
    start = ledger.get_time()
    ref = record(said(Choice.GRANTED, effective_at=start - timedelta(days=2))).subject_ref
    knew_grant = ledger.get_time()
    record(said(Choice.WITHDRAWN, effective_at=start - timedelta(days=1)))
    at = ledger.get_time()

    def choice(**when: datetime) -> Choice | None:
        found = queries.list_choices(refs=[ref], at=at, **when)
        return only(found).choice if found else None

    assert choice() is Choice.WITHDRAWN
    assert choice(known_at=knew_grant) is Choice.GRANTED
    assert choice(as_of=start - timedelta(days=1.5)) is Choice.GRANTED
    assert choice(as_of=start - timedelta(days=3)) is None
    assert choice(known_at=start) is None


@pytest.mark.parametrize("seed", range(3))
def test_as_of_now_is_the_current_state(seed: int) -> None:
    refs = draw_history(seed)
    at = ledger.get_time() + timedelta(minutes=5)

    assert queries.list_choices(refs=refs, at=at, as_of=at, known_at=at) == queries.list_choices(
        refs=refs, at=at
    )


def test_a_choice_by_a_clock_ahead_of_ours_does_not_count_yet() -> None:
    now = ledger.get_time()
    ref = record(said(Choice.REFUSED, effective_at=now)).subject_ref
    record(said(Choice.GRANTED, effective_at=now + timedelta(minutes=4)))

    assert only(queries.list_choices(refs=[ref], at=now + timedelta(minutes=1))).choice is Choice.REFUSED
    assert only(queries.list_choices(refs=[ref], at=now + timedelta(minutes=5))).choice is Choice.GRANTED


def corrupt(how: str) -> None:
    rows = CurrentChoice.objects.order_by("pk")
    first = rows.first()
    assert first
    if how == "changed":
        CurrentChoice.objects.filter(pk=first.pk).update(choice=Choice.OVERRULED, reviewed=True)
    elif how == "missing":
        first.delete()
    elif how == "surplus":
        first.pk, first.purpose = None, "made.up"
        first.save(force_insert=True)
    else:
        rows.delete()


@pytest.mark.parametrize("how", ["changed", "missing", "surplus", "empty"])
def test_a_corrupted_projection_is_found_and_made_anew(how: str, capsys: pytest.CaptureFixture[str]) -> None:
    draw_history(1)
    before = columns()
    call_command("rebuild_choices", check=True)
    corrupt(how)
    corrupted = columns()

    with pytest.raises(CommandError, match="differ"):
        call_command("rebuild_choices", check=True)

    told = capsys.readouterr().out
    assert "rec_" in told
    assert "sub_" not in told
    assert columns() == corrupted

    call_command("rebuild_choices")

    assert columns() == before
    call_command("rebuild_choices", check=True)


def test_the_rebuild_reads_the_ledger_and_not_the_records() -> None:
    draw_history(2)
    sequence_all()
    before = columns()
    CurrentChoice.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE consent_records_consentrecord DISABLE TRIGGER USER")
        cursor.execute("UPDATE consent_records_consentrecord SET choice = 'refused'")

    call_command("rebuild_choices")

    assert columns() == before


def test_what_is_recorded_but_not_in_the_ledger_yet_stays() -> None:
    draw_history(3)
    sequence_all()
    sequenced = ConsentRecord.objects.count()
    draw_history(4)
    before = columns()

    report = services.rebuild_choices(repair=True)

    assert report.pending == ConsentRecord.objects.count() - sequenced > 0
    assert report.events == sequenced
    assert columns() == before


@pytest.mark.parametrize("seed", range(6))
def test_any_past_state_is_what_the_records_until_then_come_to(seed: int) -> None:
    refs = draw_history(seed, people=3, batches=16)
    at = ledger.get_time() + timedelta(minutes=5)
    history = [one for records in queries.list_records(refs=refs).values() for one in records]
    times = sorted({one.effective_at for one in history} | {one.recorded_at for one in history} | {at})

    for as_of in times[::4]:
        for known_at in (*times[::9], at):
            found = queries.list_choices(refs=refs, at=at, as_of=as_of, known_at=known_at)
            told = {key_of(choice): choice for choices in found.values() for choice in choices}
            assert told == fold_by_key(
                one for one in history if one.effective_at <= as_of and one.recorded_at <= known_at
            )
