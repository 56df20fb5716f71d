"""No way of changing evidence gets past the database."""

import pgtrigger
import pytest
from django.db import IntegrityError, connection, models, transaction

from consent.ledger import services
from consent.ledger.models import Checkpoint, Leaf, LogKey, PendingEvent, PrivatePart, TreeNode
from consent.ledger.types import NewEntry, Stream
from consent.records.models import ConsentRecord
from consent.subjects import services as subjects
from consent.subjects.models import SubjectFact, Tombstone
from consent.subjects.types import SubjectRef
from tests.ledger_world import sequence_all
from tests.records_world import JUNE_1, make_new_row, record_all

pytestmark = pytest.mark.django_db

EVIDENCE = [Leaf, TreeNode, Checkpoint, LogKey, PrivatePart, ConsentRecord, SubjectFact, Tombstone]
STATEMENTS = [
    "UPDATE {table} SET {column} = {column}",
    "UPDATE {table} SET {column} = {column} WHERE false",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE false",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
]


@pytest.fixture(autouse=True)
def _evidence(db: None) -> None:
    _, other = record_all(make_new_row("1"), make_new_row("2"))
    subjects.erase_subject(ref=SubjectRef(other.subject_ref), requested_by="request:1", at=JUNE_1)
    services.append(stream=Stream.AUDIT, entries=[NewEntry("told", {})])
    sequence_all()
    services.sign_checkpoint()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit: nothing else bars TRUNCATE


def _column_of(model: type[models.Model]) -> str:
    return str(model._meta.concrete_fields[-1].column)


def rows_of(model: type[models.Model]) -> list[dict[str, object]]:
    return list(model._default_manager.order_by("pk").values())


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("model", EVIDENCE)
def test_sql_cannot_change_evidence(model: type[models.Model], statement: str) -> None:
    before = rows_of(model)
    assert before

    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table=model._meta.db_table, column=_column_of(model)))

    assert rows_of(model) == before


@pytest.mark.parametrize("model", EVIDENCE)
def test_the_orm_cannot_change_evidence(model: type[models.Model]) -> None:
    before = rows_of(model)
    row = model._default_manager.order_by("pk").first()
    assert row is not None

    for change in (
        row.save,
        row.delete,
        model._default_manager.all().delete,
        lambda: model._default_manager.update(**{_column_of(model): None}),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()

    assert rows_of(model) == before


@pytest.mark.parametrize("model", EVIDENCE)
def test_the_trigger_cannot_be_told_to_look_away(model: type[models.Model]) -> None:
    before = rows_of(model)

    with pytest.raises(IntegrityError, match="append-only"), pgtrigger.ignore(), transaction.atomic():
        model._default_manager.update(**{_column_of(model): None})

    assert rows_of(model) == before


def test_every_table_of_evidence_has_its_trigger() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only_%'"
        )
        guarded = {table for (table,) in cursor.fetchall()}

    assert guarded >= {model._meta.db_table for model in EVIDENCE}


def test_a_pending_event_is_never_changed_on_its_way_to_its_place() -> None:
    services.append(stream=Stream.AUDIT, entries=[NewEntry("waiting", {})])

    for statement in ("UPDATE {} SET kind = 'other'", "TRUNCATE {}"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format(PendingEvent._meta.db_table))

    assert PendingEvent.objects.get().kind == "waiting"
