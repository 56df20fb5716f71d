"""PostgreSQL: row-level security on the tables, and a view for each reader that masks.

Run as the owner of the tables, in one transaction. See "Row Security Policies", "CREATE POLICY", "CREATE
VIEW" (security_barrier) and "Rules and Privileges" in PostgreSQL's manual.

* A reader is a role, and its purpose is written into its view and its policies: no setting of a session
  takes part, so no setting can be changed to escape.
* The views run with their owner's rights; the reader holds no privilege on the mapping. `security_barrier`
  keeps functions of the reader's own behind the filter, as row security does on the table itself.
* On the table itself the reader may select only columns that no obligation can touch.
* Time is `clock_timestamp()`: `now()` stands still in a transaction that is held open.
* The owner of a table, superusers and roles with BYPASSRLS pass row security. The script ends by refusing
  to have such readers, and readers who are members of one another.
"""

from collections.abc import Sequence

from sqlglot import exp

from activation.decisions.types import Obligation
from activation.enforcement.warehouse.conditions import (
    counts,
    create_mapping,
    find_fields,
    is_touched,
    mapping,
    of,
    of_question,
    owes_any,
    table,
    text,
)
from activation.enforcement.warehouse.mapping import COLUMNS, LOADED_AT, QUESTION
from activation.enforcement.warehouse.masking import shown
from activation.enforcement.warehouse.types import (
    Column,
    GuardedTable,
    Layout,
    Served,
    Statement,
    WarehouseMalformed,
)

_LONGEST_NAME = 63
_ROW = "person"
_DIALECT = "postgres"


def generate(layout: Layout, readers: Sequence[Served]) -> list[Statement]:
    """Return the statements, in order.

    :raises WarehouseMalformed: if the names that they would make are too long, or meet.
    """
    _check_views(layout, readers)
    statements = [Statement("BEGIN"), *_mapping_table(layout, readers)]
    for served in readers:
        statements += _may_read(layout, served)
    for guarded in layout.tables:
        statements += _guard(layout, guarded, readers)
    return [*statements, _check_readers(layout, readers), Statement("COMMIT")]


def load(layout: Layout, served: Served) -> list[Statement]:
    """Return the statements that replace a reader's part of the mapping by a CSV export, in psql."""
    target = _sql(table(layout.mapping))
    names = ", ".join(_name(name) for name in COLUMNS)
    where = of_question(layout, served)
    return [
        Statement("BEGIN"),
        Statement(f"CREATE TEMPORARY TABLE accordant_load (LIKE {target} INCLUDING DEFAULTS) ON COMMIT DROP"),
        Statement(f"\\copy accordant_load ({names}) FROM 'mapping.csv' WITH (FORMAT csv, HEADER match)"),
        _tree(exp.delete(table(layout.mapping)).where(where)),
        Statement(f"INSERT INTO {target} SELECT * FROM accordant_load WHERE {_sql(where)}", (where,)),
        Statement("COMMIT"),
    ]


def _mapping_table(layout: Layout, readers: Sequence[Served]) -> list[Statement]:
    schema, target = _name(layout.policies[0]), _sql(table(layout.mapping))
    created = create_mapping(layout)
    nobody = ", ".join(["PUBLIC", *_roles(readers)])
    key = ", ".join(map(_name, ("subject_key", *QUESTION)))
    return [
        *(
            Statement(f"CREATE SCHEMA IF NOT EXISTS {one}")
            for one in sorted({schema, _name(layout.mapping[0])})
        ),
        _tree(created),
        Statement(f"ALTER TABLE {target} ALTER COLUMN {_name(LOADED_AT)} SET DEFAULT clock_timestamp()"),
        Statement(f"CREATE UNIQUE INDEX IF NOT EXISTS accordant_one_answer ON {target} ({key})"),
        Statement(f"REVOKE ALL ON TABLE {target} FROM {nobody}"),
        Statement(f"GRANT USAGE ON SCHEMA {schema} TO {', '.join(_roles(readers))}"),
    ]


def _may_read(layout: Layout, served: Served) -> list[Statement]:
    """Return the view of the keys that one reader may read; row security looks at it."""
    view, role = _view(layout, served, "may_read"), _name(served.reader.role)
    found = exp.select(of("subject_key")).from_(mapping(layout)).where(counts(layout, served, _now()))
    return [
        Statement(f"DROP VIEW IF EXISTS {view} CASCADE"),
        Statement(f"CREATE VIEW {view} WITH (security_barrier = true) AS {_sql(found)}", (found,)),
        Statement(f"REVOKE ALL ON TABLE {view} FROM PUBLIC"),
        Statement(f"GRANT SELECT ON TABLE {view} TO {role}"),
    ]


def _guard(layout: Layout, guarded: GuardedTable, readers: Sequence[Served]) -> list[Statement]:
    target = _sql(table(guarded.path))
    nobody = ", ".join(["PUBLIC", *_roles(readers)])
    statements = [
        Statement(f"ALTER TABLE {target} ENABLE ROW LEVEL SECURITY"),
        Statement(f"REVOKE ALL ON TABLE {target} FROM {nobody}"),
        Statement(f"GRANT USAGE ON SCHEMA {_name(guarded.path[0])} TO {', '.join(_roles(readers))}"),
    ]
    for served in readers:
        statements += _row_policy(layout, guarded, served)
        statements += _masking_view(layout, guarded, served)
    return statements


def _row_policy(layout: Layout, guarded: GuardedTable, served: Served) -> list[Statement]:
    target, role = _sql(table(guarded.path)), _name(served.reader.role)
    policy = _name(f"accordant_{served.reader.role}")
    keys = f"SELECT {_name('subject_key')} FROM {_view(layout, served, 'may_read')}"
    untouched = [one for one in guarded.columns if not is_touched(one, served.foreseen)]
    columns = ", ".join(_name(one.name) for one in untouched)
    return [
        Statement(f"DROP POLICY IF EXISTS {policy} ON {target}"),
        Statement(
            f"CREATE POLICY {policy} ON {target} AS PERMISSIVE FOR SELECT TO {role}"
            f" USING ({_name(guarded.key)} IN ({keys}))"
        ),
        *([Statement(f"GRANT SELECT ({columns}) ON TABLE {target} TO {role}")] if untouched else []),
    ]


def _masking_view(layout: Layout, guarded: GuardedTable, served: Served) -> list[Statement]:
    view, role = _view(layout, served, guarded.path[-1]), _name(served.reader.role)
    columns = [_shown(one, served.foreseen) for one in guarded.columns]
    people = exp.alias_(table(guarded.path), _ROW, table=True, quoted=True)
    found = (
        exp.select(*columns, *_added(guarded, served))
        .from_(people)
        .join(mapping(layout), on=of("subject_key").eq(of(guarded.key, _ROW)), join_type="inner")
        .where(counts(layout, served, _now()))
    )
    return [
        Statement(f"DROP VIEW IF EXISTS {view}"),
        Statement(f"CREATE VIEW {view} WITH (security_barrier = true) AS {_sql(found)}", (found,)),
        Statement(f"REVOKE ALL ON TABLE {view} FROM PUBLIC"),
        Statement(f"GRANT SELECT ON TABLE {view} TO {role}"),
    ]


def _shown(column: Column, foreseen: frozenset[Obligation]) -> exp.Expr:
    value: exp.Expr = of(column.name, _ROW)
    if column.owed(foreseen, "set") or column.owed(foreseen, "mask"):
        value = exp.cast(value, "TEXT")
    found = shown(column, value, foreseen, owed=_owed, hashed=_sha256)
    return exp.alias_(found, column.name, quoted=True)


def _added(guarded: GuardedTable, served: Served) -> list[exp.Expr]:
    """Return the columns that the table lacks and a set value needs."""
    present = frozenset[str]().union(*(column.names for column in guarded.columns))
    fields = {one.field for one in find_fields(served.foreseen, "set")} - present
    added = [Column(name=field, field=field) for field in sorted(fields)]
    return [
        exp.alias_(
            shown(one, exp.cast(exp.Null(), "TEXT"), served.foreseen, owed=_owed, hashed=_sha256),
            one.name,
            quoted=True,
        )
        for one in added
    ]


def _check_readers(layout: Layout, readers: Sequence[Served]) -> Statement:
    """Return a statement that fails, and undoes the script, if a reader could pass the policies."""
    roles = ", ".join(f"'{one.reader.role}'" for one in readers)
    tables = ", ".join(f"'{_sql(table(one))}'::regclass" for one in [layout.mapping, *_paths(layout)])
    return Statement(
        "DO $check$ BEGIN IF EXISTS (SELECT FROM pg_roles AS reader"
        f" WHERE reader.rolname IN ({roles}) AND (reader.rolsuper OR reader.rolbypassrls"
        f" OR EXISTS (SELECT FROM pg_class WHERE oid IN ({tables})"
        " AND pg_has_role(reader.oid, relowner, 'MEMBER'))"
        f" OR EXISTS (SELECT FROM pg_roles AS other WHERE other.rolname IN ({roles})"
        " AND other.oid <> reader.oid AND pg_has_role(reader.oid, other.oid, 'MEMBER'))))"
        " THEN RAISE EXCEPTION 'a reader passes row security, owns a table, or is a member of another';"
        " END IF; END $check$"
    )


def _check_views(layout: Layout, readers: Sequence[Served]) -> None:
    made = [f"{one.reader.role}_{name}" for one in readers for name in ["may_read", *_names(layout)]]
    if len(set(made)) != len(made) or max(map(len, made)) > _LONGEST_NAME:
        raise WarehouseMalformed(
            f"a view is named after its reader and its table: two names meet, or one passes {_LONGEST_NAME}"
            " characters"
        )


def _paths(layout: Layout) -> list[tuple[str, ...]]:
    return [one.path for one in layout.tables]


def _names(layout: Layout) -> list[str]:
    return [path[-1] for path in _paths(layout)]


def _roles(readers: Sequence[Served]) -> list[str]:
    return [_name(one.reader.role) for one in readers]


def _view(layout: Layout, served: Served, name: str) -> str:
    return _sql(table((layout.policies[0], f"{served.reader.role}_{name}")))


def _owed(obligations: list[Obligation]) -> exp.Expr:
    return owes_any(obligations) or exp.false()


def _sha256(value: exp.Expr) -> exp.Expr:
    read = exp.Anonymous(this="convert_to", expressions=[value, text("UTF8")])
    return exp.Anonymous(
        this="encode", expressions=[exp.Anonymous(this="sha256", expressions=[read]), text("hex")]
    )


def _now() -> exp.Expr:
    return exp.Anonymous(this="clock_timestamp")


def _name(name: str) -> str:
    return _sql(exp.to_identifier(name, quoted=True))


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect=_DIALECT)


def _tree(tree: exp.Expr) -> Statement:
    return Statement(_sql(tree), (tree,))
