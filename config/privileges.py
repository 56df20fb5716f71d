"""What the application's database role may do: everything it needs, and nothing to evidence but add to it."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connections, router
from django.db.models import Model
from psycopg import sql

from consent.ledger.append_only import AppendOnly, NeverChanged, OwnersOnly

_OWNERS_FUNCTIONS = {"default": ("accordant_prune(varchar)", "accordant_forget_pruned(integer)")}
"""What the application may have done to evidence in its owner's name: both believe nobody (ADR 13)."""
_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")


def grant_privileges(*, role: str, using: str) -> None:
    """Give `role` its privileges on the tables of the database `using`, and take all others from it.

    The role is made, unable to log in, if there is none. Run it as the owner, after each migration.
    """
    name = sql.Identifier(role)
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
        for statement in _statements(using):
            cursor.execute(sql.SQL(statement).format(role=name))


def list_privileges(using: str) -> dict[str, tuple[str, ...]]:
    """Return what the application may do with each table of the database `using`."""
    models = apps.get_models(include_auto_created=True)
    tables = [model for model in models if model._meta.managed and not model._meta.proxy]
    own = [model for model in tables if router.allow_migrate_model(using, model)]
    return {model._meta.db_table: _privileges(model) for model in own} | {"django_migrations": ("SELECT",)}


def _privileges(model: type[Model]) -> tuple[str, ...]:
    """Return all but what the table's triggers refuse to everybody."""
    refused = {
        operation
        for trigger in getattr(model._meta, "triggers", ())
        if isinstance(trigger, AppendOnly | NeverChanged | OwnersOnly)
        for operation in str(trigger.operation).split(" OR ")
    }
    return tuple(privilege for privilege in _ALL if privilege not in refused)


def _statements(using: str) -> Iterator[str]:
    yield "GRANT USAGE ON SCHEMA public TO {role}"
    yield "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    for table, privileges in list_privileges(using).items():
        yield f'GRANT {", ".join(privileges)} ON "{table}" TO {{role}}'
    yield "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    for function in _OWNERS_FUNCTIONS.get(using, ()):
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {{role}}"
