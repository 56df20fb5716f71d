"""The role that the application runs as: it does all its work, and evidence is out of its reach."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import DatabaseError, connection, models, transaction

from config.privileges import grant_privileges, list_privileges
from consent.ledger import queries, services
from consent.ledger.models import Checkpoint, Leaf, LogKey, PendingEvent, PrivatePart, TreeNode
from consent.records.models import ConsentRecord
from consent.records.services import record_rows
from tests.ledger_world import sequence_all
from tests.records_world import JUNE_1, make_new_row

pytestmark = pytest.mark.django_db

ROLE = "accordant_app_test"
EVIDENCE: list[type[models.Model]] = [Leaf, TreeNode, Checkpoint, LogKey, PrivatePart, ConsentRecord]


@pytest.fixture
def _as_the_application(db: None) -> Iterator[None]:
    grant_privileges(role=ROLE, using="default")
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {ROLE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.mark.usefixtures("_as_the_application")
def test_the_application_records_places_and_signs() -> None:
    record_rows(rows=[make_new_row()], source="test", at=JUNE_1)
    sequence_all()
    services.sign_checkpoint()

    assert queries.get_checkpoint() is not None
    assert not services.verify_ledger(key=None).findings


@pytest.mark.usefixtures("_as_the_application")
@pytest.mark.parametrize("model", EVIDENCE)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TABLE {table} CASCADE",
        "CREATE TRIGGER other BEFORE INSERT ON {table} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
def test_the_application_has_no_privilege_to_change_evidence(
    model: type[models.Model], statement: str
) -> None:
    column = model._meta.concrete_fields[-1].column

    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=model._meta.db_table, column=column))

    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


@pytest.mark.usefixtures("_as_the_application")
def test_the_application_cannot_put_the_triggers_to_sleep() -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")


@pytest.mark.usefixtures("_as_the_application")
def test_the_application_cannot_change_what_is_pending() -> None:
    record_rows(rows=[make_new_row()], source="test", at=JUNE_1)

    with pytest.raises(DatabaseError), transaction.atomic():
        PendingEvent.objects.update(kind="other")


def test_a_privilege_that_was_given_too_much_is_taken_away() -> None:
    grant_privileges(role=ROLE, using="default")
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT DELETE ON consent_ledger_leaf TO {ROLE}")
        grant_privileges(role=ROLE, using="default")
        cursor.execute("SELECT has_table_privilege(%s, 'consent_ledger_leaf', 'DELETE')", [ROLE])
        assert cursor.fetchone() == (False,)


def test_every_table_with_the_append_only_trigger_can_only_be_added_to() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only_%'"
        )
        guarded = {table for (table,) in cursor.fetchall()}

    privileges = list_privileges("default")
    assert {privileges[table] for table in guarded} == {("SELECT", "INSERT")}


def test_the_keys_database_has_privileges_of_its_own() -> None:
    assert list_privileges("keys").keys() == {"consent_keys_datakey", "django_migrations"}
