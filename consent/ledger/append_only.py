"""The triggers that keep evidence from being changed."""

import pgtrigger
from django.db import models
from pgtrigger import compiler


class UnconditionalSql(compiler.UpsertTriggerSql):
    """The SQL that installs an `UnconditionalTrigger`. Migrations name this class."""

    def get_template(self) -> str:
        """Return the installation's SQL. Its text is part of old migrations: add a class, do not edit."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                FOR EACH {level}
                EXECUTE FUNCTION {pgid}();
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class UnconditionalTrigger(pgtrigger.Trigger):
    """A trigger that `pgtrigger.ignore` cannot switch off."""

    def compile(self, model: models.Model) -> compiler.Trigger:
        """Return the trigger in the form that migrations keep."""
        plain = super().compile(model)
        return compiler.Trigger(name=plain.name, sql=UnconditionalSql(**plain.sql.kwargs))


class AppendOnly(UnconditionalTrigger):
    """Makes every UPDATE, DELETE and TRUNCATE fail, even one that would touch no row."""

    name = "append_only"
    level = pgtrigger.Statement
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate
    func = (
        "RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP"
        " USING ERRCODE = 'integrity_constraint_violation';"
    )


class AppendOnlyUntilPruned(AppendOnly):
    """Makes them fail too, but for the one operation that a pruning function of the owner carries out.

    Such a function (ADR 13) runs as the table's owner and sets `accordant.pruning` to the table and the
    operation, for its own statement alone. Whoever else sets it is not the owner, and is refused as ever.
    """

    func = (
        "IF current_user = (SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class"  # noqa: S608 - names of ours
        " WHERE oid = TG_RELID) AND TG_OP <> 'TRUNCATE'"
        " AND pg_catalog.current_setting('accordant.pruning', true) = TG_TABLE_NAME || ' ' || TG_OP"
        " THEN RETURN NULL; END IF; " + AppendOnly.func
    )


class OwnersOnly(UnconditionalTrigger):
    """Lets nobody but the table's owner write, whatever they were granted."""

    name = "owners_only"
    level = pgtrigger.Statement
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate
    func = (
        "IF current_user = (SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class"
        " WHERE oid = TG_RELID) THEN RETURN NULL; END IF;"
        " RAISE EXCEPTION '% is written by its owner alone: % refused', TG_TABLE_NAME, TG_OP"
        " USING ERRCODE = 'insufficient_privilege';"
    )


class OwnersSql(compiler.UpsertTriggerSql):
    """The SQL that installs an `OwnersTrigger`. Migrations name this class."""

    def get_template(self) -> str:
        """Return the installation's SQL. Its text is part of old migrations: add a class, do not edit."""
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER AS $$
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
            REVOKE ALL ON FUNCTION {pgid}() FROM PUBLIC;
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid}
                {when} {operation} ON {table}
                FOR EACH {level}
                EXECUTE FUNCTION {pgid}();
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class OwnersTrigger(pgtrigger.Trigger):
    """A trigger that runs as its owner: it may write where the application may not."""

    def compile(self, model: models.Model) -> compiler.Trigger:
        """Return the trigger in the form that migrations keep."""
        plain = super().compile(model)
        return compiler.Trigger(name=plain.name, sql=OwnersSql(**plain.sql.kwargs))


class NeverChanged(UnconditionalTrigger):
    """Makes every UPDATE and TRUNCATE fail. Rows come and go one by one, as they are."""

    name = "never_changed"
    level = pgtrigger.Statement
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Truncate
    func = AppendOnly.func
