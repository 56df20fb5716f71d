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


class NeverChanged(UnconditionalTrigger):
    """Makes every UPDATE and TRUNCATE fail. Rows come and go one by one, as they are."""

    name = "never_changed"
    level = pgtrigger.Statement
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Truncate
    func = AppendOnly.func
