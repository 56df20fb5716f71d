"""A PostgreSQL warehouse shows a reader exactly those who may be read for its purpose, masked as owed."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from activation.decisions.engine import decide
from activation.decisions.types import Decision, Obligation, Question, SubjectState
from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from activation.enforcement.warehouse.description import read_layout
from activation.enforcement.warehouse.exporting import export_mapping
from activation.enforcement.warehouse.mapping import COLUMNS
from activation.enforcement.warehouse.postgres import generate, load
from activation.enforcement.warehouse.types import Layout, Product, Served, Statement
from activation.obligations.applying import mask_text
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.kernel.errors import AccordantError
from consent.policies.document.reading import read_yaml
from consent.subjects.queries import SubjectStateUnreadable, get_blind_indexes, list_refs_after
from consent.subjects.types import Identifier, IdentifierKind
from tests.differential_people import DAY, Crowd
from tests.enforcement_world import publish_policy
from tests.warehouse_world import Warehouse, open_warehouse

DENSE = (
    (Path(__file__).parents[1] / "dense_policy.yaml")
    .read_text(encoding="utf-8")
    .replace("purposes: [ads, post]", "purposes: [ads, post, storage]")  # which advertising requires
)
MASKED = Obligation("mask", "email", "sha256")
DROPPED = Obligation("drop", "phone")
SET = Obligation("set", "ad_personalization", "granted")
ADS = {"purpose": "ads", "destination": "partner", "controller": "acme"}
LAYOUT = """
mapping: accordant.consent
policies: accordant
key_kind: customer_id
freshness_minutes: 60
readers:
  - {{role: {marketing}, purpose: ads, destination: partner, controller: acme}}
  - {{role: {service}, purpose: post, destination: mailer, controller: acme}}
tables:
  - table: crm.customer
    key: customer_key
    columns: {{customer_id: customer_id, mail: email, telephone: phone, town: town}}
"""
FRESH, END = "clock_timestamp() - interval '1 minute'", "clock_timestamp() + interval '1 hour'"


@pytest.fixture(scope="module")
def _warehouse(django_db_setup: None, django_db_blocker: Any) -> Iterator[Warehouse]:
    with django_db_blocker.unblock(), open_warehouse("warehouse") as warehouse:
        warehouse.create_role("marketing")
        warehouse.create_role("service")
        yield warehouse


@pytest.fixture
def warehouse(_warehouse: Warehouse) -> Warehouse:
    """A warehouse with an empty table of customers."""
    _warehouse.execute(
        "DROP SCHEMA IF EXISTS accordant CASCADE",
        "DROP SCHEMA IF EXISTS crm CASCADE",
        "CREATE SCHEMA crm",
        "CREATE TABLE crm.customer"
        " (customer_key text, customer_id text, mail text, telephone text, town text)",
    )
    return _warehouse


def layout_of(warehouse: Warehouse, key_kind: str = "customer_id") -> Layout:
    """Return the description of the warehouse."""
    text = LAYOUT.format(marketing=warehouse.role("marketing"), service=warehouse.role("service"))
    return read_layout(text.replace("key_kind: customer_id", f"key_kind: {key_kind}"), Product.POSTGRESQL)


def serve_all(layout: Layout, *foreseen: Obligation) -> list[Served]:
    """Return the readers, of whom the first is owed `foreseen`."""
    first, *others = layout.readers
    return [
        Served(reader=first, foreseen=frozenset(foreseen)),
        *(Served(reader=one, foreseen=frozenset()) for one in others),
    ]


def guard(warehouse: Warehouse, *foreseen: Obligation, spoil: Mapping[str, str] | None = None) -> Layout:
    """Execute what is generated, each text in `spoil` replaced, and return the description."""
    layout = layout_of(warehouse)
    run(warehouse, generate(layout, serve_all(layout, *foreseen)), spoil)
    return layout


def run(warehouse: Warehouse, statements: list[Statement], spoil: Mapping[str, str] | None = None) -> None:
    """Execute statements as the owner of the tables."""
    texts = [one.text for one in statements]
    for correct, spoilt in (spoil or {}).items():
        assert any(correct in text for text in texts), correct
        texts = [text.replace(correct, spoilt) for text in texts]
    warehouse.execute(*texts)


def allow(warehouse: Warehouse, key: str, **changes: str) -> None:
    """Put a row that counts into the mapping, with `changes` to its columns, in SQL."""
    row = {
        **dict.fromkeys(COLUMNS, "''"),
        "subject_key": f"'{key}'",
        "key_kind": "'customer_id'",
        "allowed": "true",
        "obligations": "'#'",
        **{name: f"'{value}'" for name, value in ADS.items()},
        "valid_until": END,
        "decided_at": FRESH,
        "watermark": "1",
        **changes,
    }
    warehouse.execute(
        f"INSERT INTO accordant.consent ({', '.join(row)}) VALUES ({', '.join(row.values())})",
        f"""INSERT INTO crm.customer VALUES
            ('{key}', 'id-{key}', ' {key}@Customers.example', '+4917012345', 'Bonn')""",
    )


def read(warehouse: Warehouse, statement: str, role: str = "marketing") -> list[tuple[Any, ...]]:
    """Return what a reader sees."""
    with closing(warehouse.connect(warehouse.role(role))) as connection:
        return connection.execute(statement.encode()).fetchall()


def view(warehouse: Warehouse, role: str = "marketing") -> str:
    """Return the name of a reader's view of the customers."""
    return f"accordant.{warehouse.role(role)}_customer"


def towns(warehouse: Warehouse) -> tuple[int, int]:
    """Return how many customers the reader sees in its view, and in the table itself."""
    [(seen,)] = read(warehouse, f"SELECT count(town) FROM {view(warehouse)}")
    [(below,)] = read(warehouse, "SELECT count(town) FROM crm.customer")
    return seen, below


# Random people, beside the engine.


def settle(crowd: Crowd, *, people: int) -> None:
    """Let people come, half of them agree, and things happen; somebody's key is lost."""
    for slug, entry in crowd.document["destinations"].items():
        kind = DestinationKind(entry["kind"])
        register_destination(
            slug=slug, kind=kind, title=slug, registered_by="officer", at=crowd.now - 9 * DAY
        )
    crowd.arrive(people)
    for identifiers in crowd.people[::2]:
        place = crowd.draw.choice(["DE", "FR", "US"])
        crowd.agree(
            identifiers, place=place, purpose="ads", controller="acme", notice="privacy", notice_version=2
        )
    events = [*[crowd.speak] * 6, crowd.link, crowd.unlink, crowd.erase, crowd.start_anew]
    for _ in range(people // 3):
        with suppress(AccordantError), transaction.atomic():
            crowd.draw.choice(events)()
    crowd.lose_key()


def load_export(warehouse: Warehouse, layout: Layout, place: int, exported: Path) -> None:
    """Load an exported mapping as psql would."""
    with closing(warehouse.connect()) as connection:
        for statement in load(layout, Served(reader=layout.readers[place], foreseen=frozenset())):
            if statement.text.startswith("\\copy"):
                copied = statement.text.removeprefix("\\").replace("'mapping.csv'", "STDIN")
                with connection.cursor().copy(copied.encode()) as copy:
                    copy.write(exported.read_bytes())
            else:
                connection.execute(statement.text.encode())


def list_people(crowd: Crowd, key_kind: str) -> list[tuple[str, list[Identifier]]]:
    """Return the key of everybody, with what the engine is asked about them by."""
    kinds = {key_kind, f"{key_kind}_sha256"}
    known = [one for person in crowd.people for one in person if one.kind in kinds]
    strangers = [Identifier(IdentifierKind(key_kind), f"unknown-{number}@x.example") for number in range(20)]
    everybody = [*dict.fromkeys(known), *strangers]
    indexes = get_blind_indexes(everybody)
    return [(index.hex(), [one]) for index, one in zip(indexes, everybody, strict=True)]


def load_one(snapshot: Snapshot, identifiers: list[Identifier]) -> SubjectState:
    """Return somebody's state; that of somebody whose key was lost cannot be read."""
    try:
        [state] = snapshot.load_states([identifiers])
    except SubjectStateUnreadable:
        return SubjectState(available=False)
    return state


def decide_each(
    question: Question, people: list[tuple[str, list[Identifier]]], at: datetime
) -> dict[str, Decision]:
    """Return the engine's decision about everybody, by key."""
    with open_snapshot(at=at) as snapshot:
        states = [load_one(snapshot, identifiers) for _, identifiers in people]
        decisions = [decide(snapshot.policy, snapshot.register, one, question, at) for one in states]
    return {key: decision for (key, _), decision in zip(people, decisions, strict=True)}


def expect(key: str, decision: Decision) -> tuple[str | None, ...]:
    """Return what a reader should see of a person who may be read."""
    fields = {"mail": ("email", f"{key}@customers.example"), "telephone": ("phone", "+4917012345")}
    seen: dict[str, str | None] = {}
    for name, (field, value) in fields.items():
        kinds = {one.kind for one in decision.obligations if one.field == field}
        hidden = mask_text(value, IdentifierKind(field)) if "mask" in kinds else value
        seen[name] = None if "drop" in kinds else hidden
    return (f"id-{key}", seen["mail"], seen["telephone"], "Bonn")


@pytest.mark.django_db
@pytest.mark.parametrize("key_kind", ["customer_id", "email"])
def test_a_reader_sees_exactly_those_whom_the_engine_allows(
    key_kind: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    publish_policy(DENSE)
    crowd = Crowd(read_yaml(DENSE), seed=7, now=timezone.now())
    settle(crowd, people=250)
    layout = layout_of(warehouse, key_kind)
    run(warehouse, generate(layout, serve_all(layout, MASKED, DROPPED)))
    people, at = list_people(crowd, key_kind), timezone.now()
    warehouse.execute(
        *(
            f"""INSERT INTO crm.customer VALUES
                ('{key}', 'id-{key}', ' {key}@Customers.example', '+4917012345', 'Bonn')"""
            for key, _ in people
        )
    )
    for place, reader in enumerate(layout.readers):
        question = Question(
            purpose=reader.purpose, destination=reader.destination, controller=reader.controller
        )
        exported = export_mapping(
            question=question, key_kind=key_kind, output=tmp_path / f"{place}.csv", at=at
        )
        load_export(warehouse, layout, place, exported.output)

        decided = decide_each(question, people, at)
        allowed = {key: one for key, one in decided.items() if one.allowed}
        role = reader.role.rpartition("_")[0]
        seen = read(
            warehouse, f"SELECT customer_id, mail, telephone, town FROM {view(warehouse, role)}", role
        )
        if place == 0:
            wanted = sorted(expect(key, one) for key, one in allowed.items())
            assert sorted(seen, key=str) == sorted(wanted, key=str)
            assert len({one.reason for one in decided.values()}) > 5
        assert len(seen) == len(allowed) > 5, Counter(one.reason for one in decided.values())
        [(below,)] = read(warehouse, "SELECT count(town) FROM crm.customer", role)
        assert below == len(allowed)


@pytest.mark.django_db
def test_references_are_exported_one_for_each_subject(tmp_path: Path) -> None:
    publish_policy(DENSE)
    crowd = Crowd(read_yaml(DENSE), seed=3, now=timezone.now())
    settle(crowd, people=80)
    told: list[int] = []

    exported = export_mapping(
        question=Question(purpose="ads", destination="partner", controller="acme"),
        key_kind="subject_ref",
        output=tmp_path / "mapping.csv",
        at=timezone.now(),
        progress=told.append,
    )

    with exported.output.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    refs = set(list_refs_after("", limit=1000))
    assert exported.keys == len(refs) == told[-1]
    assert exported.allowed == len(rows) > 0
    assert {row["subject_key"] for row in rows} < refs
    assert {row["policy_digest"] for row in rows} == {exported.policy_digest}
    assert exported.output.stat().st_mode & 0o777 == 0o600


# What a row of the mapping must be like to count. Each test has a mutant below.

UNCOUNTED = {
    "expired": {"valid_until": "clock_timestamp() - interval '1 second'"},
    "stale": {"decided_at": "clock_timestamp() - interval '61 minutes'"},
    "from the future": {"decided_at": "clock_timestamp() + interval '1 minute'"},
    "denied": {"allowed": "false"},
    "of another purpose": {"purpose": "'post'"},
    "of another destination": {"destination": "'mailer'"},
    "of another controller": {"controller": "'kiosk'"},
    "of another kind of key": {"key_kind": "'email'"},
    "owing the unforeseen": {"obligations": "'#|drop:town|'"},
    "owing what cannot be read": {"obligations": "''"},
}


@pytest.mark.parametrize("changes", UNCOUNTED.values(), ids=UNCOUNTED)
def test_a_row_that_does_not_count_shows_nobody(changes: dict[str, str], warehouse: Warehouse) -> None:
    guard(warehouse, MASKED)
    allow(warehouse, "a")
    allow(warehouse, "b", **changes)

    assert towns(warehouse) == (1, 1)


def test_who_is_not_in_the_mapping_is_not_shown(warehouse: Warehouse) -> None:
    guard(warehouse)
    allow(warehouse, "a")
    warehouse.execute("INSERT INTO crm.customer VALUES ('stranger', '9', 's@x.example', '', 'Bonn')")
    warehouse.execute("INSERT INTO crm.customer (customer_id, town) VALUES ('8', 'Bonn')")

    assert towns(warehouse) == (1, 1)


def test_nothing_is_shown_before_the_first_load(warehouse: Warehouse) -> None:
    guard(warehouse)
    warehouse.execute("INSERT INTO crm.customer VALUES ('a', '9', 's@x.example', '', 'Bonn')")

    assert towns(warehouse) == (0, 0)


CLOCK = "CLOCK_TIMESTAMP()"
MUTANTS = {
    "expired": {f'{CLOCK} < "consent"."valid_until" AND ': ""},
    "stale": {f' AND "consent"."decided_at" > ({CLOCK} - INTERVAL \'60 MINUTE\')': ""},
    "from the future": {f' AND "consent"."decided_at" <= {CLOCK}': ""},
    "denied": {' AND "consent"."allowed"': ""},
    "of another purpose": {'"consent"."purpose" = \'ads\' AND ': ""},
    "of another destination": {'"consent"."destination" = \'partner\' AND ': ""},
    "of another controller": {'"consent"."controller" = \'acme\' AND ': ""},
    "of another kind of key": {'"consent"."key_kind" = \'customer_id\' AND ': ""},
    "owing the unforeseen": {
        " AND REPLACE(\"consent\".\"obligations\", '|mask:email:sha256|', '') = '#'": ""
    },
}


@pytest.mark.parametrize("name", MUTANTS)
def test_without_its_test_a_row_would_count(name: str, warehouse: Warehouse) -> None:
    guard(warehouse, MASKED, spoil=MUTANTS[name])
    allow(warehouse, "a")
    allow(warehouse, "b", **UNCOUNTED[name])

    assert towns(warehouse) == (2, 2)


def test_a_join_that_fails_open_would_show_strangers(warehouse: Warehouse) -> None:
    guard(warehouse, spoil={"INNER JOIN": "LEFT JOIN", ' WHERE "': ' WHERE "consent" IS NULL OR "'})
    warehouse.execute("INSERT INTO crm.customer VALUES ('stranger', '9', 's@x.example', '', 'Bonn')")

    assert towns(warehouse)[0] == 1


def hold_open(warehouse: Warehouse) -> int:
    """Return how many the reader sees of a person who expired within its transaction."""
    with closing(warehouse.connect(warehouse.role("marketing"))) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT now()")
        allow(warehouse, "a", valid_until="clock_timestamp()")
        [seen] = connection.execute(f"SELECT count(*) FROM {view(warehouse)}".encode()).fetchone() or [None]
        return int(seen)


def test_a_transaction_held_open_does_not_stop_the_clock(warehouse: Warehouse) -> None:
    guard(warehouse)

    assert hold_open(warehouse) == 0


def test_the_transactions_own_time_would_stop_the_clock(warehouse: Warehouse) -> None:
    guard(warehouse, spoil={CLOCK: "now()"})

    assert hold_open(warehouse) == 1


# What a column shows.


def test_obligations_are_honoured_row_by_row(warehouse: Warehouse) -> None:
    guard(warehouse, MASKED, DROPPED, SET)
    allow(warehouse, "a")
    allow(warehouse, "b", obligations="'#|mask:email:sha256||set:ad_personalization:granted|'")
    allow(warehouse, "c", obligations="'#|drop:phone|'")

    rows = read(warehouse, f"SELECT * FROM {view(warehouse)} ORDER BY customer_id")

    hashed = sha256(b"b@customers.example").hexdigest()
    assert rows == [
        ("id-a", " a@Customers.example", "+4917012345", "Bonn", None),
        ("id-b", hashed, "+4917012345", "Bonn", "granted"),
        ("id-c", " c@Customers.example", None, "Bonn", None),
    ]


def test_on_the_table_itself_only_columns_that_are_never_touched_can_be_read(warehouse: Warehouse) -> None:
    guard(warehouse, MASKED, DROPPED)
    allow(warehouse, "a")

    assert read(warehouse, "SELECT customer_id, town FROM crm.customer") == [("id-a", "Bonn")]
    for column in ("mail", "telephone", "customer_key", "*"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            read(warehouse, f"SELECT {column} FROM crm.customer")


# Ways out.


@pytest.mark.parametrize(
    "statement",
    [
        "SET accordant.purpose = 'post'",
        "SET search_path = pg_temp, accordant",
        "SET TIME ZONE 'Pacific/Kiritimati'",
        "CREATE TEMP TABLE consent (subject_key text)",
        "CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql RETURN to_timestamp(0)",
    ],
)
def test_what_a_session_may_set_changes_nothing(statement: str, warehouse: Warehouse) -> None:
    guard(warehouse)
    allow(warehouse, "a")
    allow(warehouse, "b", purpose="'post'", destination="'mailer'")
    allow(warehouse, "c", valid_until="timestamptz '2000-01-01'")

    with closing(warehouse.connect(warehouse.role("marketing"))) as connection:
        connection.execute(statement.encode())
        for name in (view(warehouse), "crm.customer"):
            seen = connection.execute(f"SELECT customer_id FROM {name}".encode()).fetchall()
            assert seen == [("id-a",)]


@pytest.mark.parametrize(
    "statement",
    [
        "SET row_security = off; SELECT customer_id FROM crm.customer",
        "SET ROLE {service}",
        "SET SESSION AUTHORIZATION {service}",
        "SELECT * FROM accordant.consent",
        "SELECT * FROM accordant.{service}_may_read",
        "SELECT * FROM accordant.{service}_customer",
        "UPDATE accordant.{marketing}_customer SET town = ''",
        "INSERT INTO crm.customer (town) VALUES ('x')",
        "DELETE FROM crm.customer",
        "INSERT INTO accordant.consent (subject_key) VALUES ('x')",
        "ALTER TABLE crm.customer DISABLE ROW LEVEL SECURITY",
        "DROP POLICY accordant_{marketing} ON crm.customer",
        "CREATE VIEW accordant.mine AS SELECT 1",
        "ALTER VIEW accordant.{marketing}_customer SET (security_barrier = false)",
    ],
)
def test_a_reader_has_no_way_round(statement: str, warehouse: Warehouse) -> None:
    guard(warehouse)
    allow(warehouse, "a")
    roles = {name: warehouse.role(name) for name in ("marketing", "service")}

    with closing(warehouse.connect(roles["marketing"])) as connection:
        *before, last = statement.format(**roles).split("; ")
        for one in before:
            connection.execute(one.encode())
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)
        ):
            connection.execute(last.encode())


def overhear(warehouse: Warehouse) -> str:
    """Return what a cheap function of the reader's own was told while it filtered."""
    told: list[str | None] = []
    with closing(warehouse.connect(warehouse.role("marketing"))) as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
        connection.execute(
            "CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001"
            " AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        connection.execute(
            f"SELECT count(*) FROM {view(warehouse)} WHERE pg_temp.tell(town || mail)".encode()
        )
        connection.execute("SELECT count(*) FROM crm.customer WHERE pg_temp.tell(customer_id || town)")
    return " ".join(map(str, told))


def test_a_cheap_function_hears_only_of_rows_that_are_shown(warehouse: Warehouse) -> None:
    guard(warehouse, MASKED)
    allow(warehouse, "seen", obligations="'#|mask:email:sha256|'")
    allow(warehouse, "hidden", valid_until=FRESH)

    heard = overhear(warehouse)
    assert "id-seen" in heard
    assert "hidden" not in heard
    assert "seen@" not in heard


def test_without_the_barrier_it_would_hear_of_others(warehouse: Warehouse) -> None:
    guard(warehouse, spoil={"security_barrier = true": "security_barrier = false"})
    allow(warehouse, "seen")
    allow(warehouse, "hidden", valid_until=FRESH)

    assert "hidden" in overhear(warehouse)


@pytest.mark.parametrize(
    ("grant", "revoke"),
    [
        ("ALTER ROLE {marketing} BYPASSRLS", "ALTER ROLE {marketing} NOBYPASSRLS"),
        ("GRANT {service} TO {marketing}", "REVOKE {service} FROM {marketing}"),
        ("ALTER TABLE crm.customer OWNER TO {marketing}", "SELECT 1"),
    ],
)
def test_readers_who_would_pass_the_policies_are_refused(
    grant: str, revoke: str, warehouse: Warehouse
) -> None:
    roles = {name: warehouse.role(name) for name in ("marketing", "service")}
    warehouse.execute(grant.format(**roles))
    try:
        with pytest.raises(psycopg.errors.RaiseException, match="passes row security"):
            guard(warehouse)
        with closing(warehouse.connect()) as connection:
            [made] = connection.execute("SELECT to_regclass('accordant.consent')").fetchone() or [""]
        assert made is None
    finally:
        warehouse.execute(revoke.format(**roles))


def test_the_owner_of_the_tables_is_not_held_back(warehouse: Warehouse) -> None:
    guard(warehouse)
    allow(warehouse, "a", allowed="false")

    with closing(warehouse.connect()) as connection:
        assert connection.execute("SELECT count(*) FROM crm.customer").fetchone() == (1,)


def test_policies_can_be_made_again_over_older_ones(warehouse: Warehouse) -> None:
    guard(warehouse)
    allow(warehouse, "a", obligations="'#|drop:phone|'")
    assert towns(warehouse) == (0, 0)

    guard(warehouse, DROPPED)

    assert towns(warehouse) == (1, 1)
    assert read(warehouse, f"SELECT telephone FROM {view(warehouse)}") == [(None,)]


def test_a_load_replaces_its_own_question_and_no_other(warehouse: Warehouse, tmp_path: Path) -> None:
    layout = guard(warehouse)
    allow(warehouse, "a")
    allow(warehouse, "b", purpose="'post'", destination="'mailer'")
    (tmp_path / "empty.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")

    load_export(warehouse, layout, 0, tmp_path / "empty.csv")

    assert towns(warehouse) == (0, 0)
    with closing(warehouse.connect()) as connection:
        left = connection.execute("SELECT subject_key FROM accordant.consent").fetchall()
    assert left == [("b",)]


@pytest.mark.django_db
def test_the_commands_write_files_that_the_warehouse_takes(warehouse: Warehouse, tmp_path: Path) -> None:
    publish_policy(DENSE)
    text = LAYOUT.format(marketing=warehouse.role("marketing"), service=warehouse.role("service"))
    (tmp_path / "tables.yaml").write_text(text, encoding="utf-8")

    call_command(
        "generate_warehouse_policies", product="postgresql", tables=tmp_path / "tables.yaml", output=tmp_path
    )
    call_command("export_consent_mapping", **ADS, key="customer_id", output=tmp_path / "mapping.csv")

    script = (tmp_path / "policies.sql").read_text(encoding="utf-8")
    warehouse.execute(script)
    assert "tested on a real PostgreSQL" in script
    assert towns(warehouse) == (0, 0)
    assert "\\copy accordant_load" in (tmp_path / "load.sql").read_text(encoding="utf-8")
