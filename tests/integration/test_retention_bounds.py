"""Nobody prunes what the owner's rules keep, and nothing that went unannounced goes unnoticed."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from config.privileges import grant_privileges
from consent.ledger import queries, services
from consent.ledger.announcements import announce
from consent.ledger.models import Checkpoint, ErasedSubject, Leaf, PrivatePart, RetentionRule, TreeNode
from consent.ledger.types import NewEntry, Stream
from consent.records.models import ConsentRecord
from consent.records.services import forget_pruned
from consent.subjects.models import Subject, SubjectFact
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1
from tests.retention_world import AT_ONCE, apply, erase, record, seal, short_rules, tell, verify
from tests.tampering import Impossible, Tampering, list_flips, list_row_changes, tampered

pytestmark = pytest.mark.django_db

ROLE = "accordant_app_test"
MARKER = "SET LOCAL accordant.pruning = '{}'"


@contextmanager
def as_the_application() -> Iterator[None]:
    grant_privileges(role=ROLE, using="default")
    execute(f"SET LOCAL ROLE {ROLE}")
    try:
        yield
    finally:
        execute("RESET ROLE")


@pytest.fixture
def _short(db: None) -> Iterator[None]:
    with short_rules():
        yield


def execute(*statements: str, values: tuple[Any, ...] = ()) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values or None)


def announce_by_hand(
    *indexes: int, stream: Stream = Stream.AUDIT, changes: Mapping[str, Any] | None = None
) -> str:
    """Announce the pruning of these leaves past all checks, sign, and return the event's id."""
    leaves = [entry for entry in read_entries() if entry.index in indexes]
    body = announce(stream, queries.get_time(), leaves) | dict(changes or {})
    entry = NewEntry("leaves_pruned", body)
    services.append(stream=Stream.AUDIT, entries=[entry])
    seal()
    return entry.event_id


def prune(event_id: str) -> None:
    with transaction.atomic():
        execute("SELECT accordant_prune(%s)", values=(event_id,))


def count_emptied() -> int:
    return Leaf.objects.filter(envelope=b"").count()


# What the application may do


@pytest.mark.usefixtures("_short")
def test_the_application_applies_the_retention() -> None:
    refs = record("1", "2")
    tell(Stream.AUDIT, 2)
    with as_the_application():
        erase(refs["1"])
        report = apply()
        assert forget_pruned()

    assert report.pruned[Stream.AUDIT] == 2
    assert report.pruned[Stream.CONSENT]
    assert not verify().findings


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_ledger_retentionrule SET kept_for = interval '1 microsecond'",
        "INSERT INTO consent_ledger_erasedsubject VALUES ('sub_x', '2000-01-01')",
        "UPDATE consent_ledger_erasedsubject SET erased_at = '2000-01-01'",
        "DELETE FROM consent_ledger_retentionrule",
        "TRUNCATE consent_ledger_erasedsubject",
        "DROP FUNCTION accordant_prune(varchar)",
        "ALTER FUNCTION accordant_prune(varchar) SECURITY INVOKER",
    ],
)
def test_the_application_cannot_change_the_rules(statement: str) -> None:
    erase(record("1")["1"])
    rules = list(RetentionRule.objects.order_by("stream").values())
    erased = list(ErasedSubject.objects.values())

    with as_the_application(), pytest.raises(DatabaseError) as refused, transaction.atomic():
        execute(statement)

    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert list(RetentionRule.objects.order_by("stream").values()) == rules
    assert list(ErasedSubject.objects.values()) == erased


@pytest.mark.parametrize("model", [RetentionRule, ErasedSubject])
def test_a_privilege_given_too_much_does_not_let_the_application_change_the_rules(
    model: type[models.Model],
) -> None:
    table = model._meta.db_table
    grant_privileges(role=ROLE, using="default")
    execute(f"GRANT ALL ON {table} TO {ROLE}", f"SET LOCAL ROLE {ROLE}")

    with pytest.raises(DatabaseError, match="owner alone"), transaction.atomic():
        execute(f"TRUNCATE {table}")
    execute("RESET ROLE")


def test_an_erasure_that_is_said_to_be_long_ago_counts_from_now() -> None:
    ref = record("1")["1"]
    with as_the_application():
        Subject.objects.filter(ref=ref).update(erased_at=JUNE_1 - timedelta(days=9000))
        assert not apply().pruned

    assert ErasedSubject.objects.get().erased_at > JUNE_1
    event_id = announce_by_hand(*[entry.index for entry in read_entries()], stream=Stream.CONSENT)
    with as_the_application(), pytest.raises(IntegrityError, match="not all of these"):
        prune(event_id)
    assert not count_emptied()


ATTEMPTS: dict[str, tuple[Stream, dict[str, Any]]] = {
    "of a living subject": (Stream.CONSENT, {}),
    "of a stream that is kept for ever": (Stream.POLICY, {}),
    "that leaves out its own stream": (Stream.POLICY, {"stream": "audit"}),
    "with another digest": (Stream.AUDIT, {"digest": "sha256:00"}),
    "with another count": (Stream.AUDIT, {"count": 1}),
    "of nothing": (Stream.AUDIT, {"leaves": []}),
    "of more leaves than it tells of": (Stream.AUDIT, {"leaves": [[0, 99]]}),
    "of a time before theirs": (Stream.AUDIT, {"before": "2020-01-01T00:00:00Z"}),
    "without a stream": (Stream.AUDIT, {"stream": None}),
}


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_database_refuses_a_pruning(attempt: str) -> None:
    stream, changes = ATTEMPTS[attempt]
    if stream is Stream.CONSENT:
        record("1")
    else:
        tell(stream, 2)
    indexes = [entry.index for entry in read_entries() if entry.stream is stream]
    event_id = announce_by_hand(*indexes, stream=stream, changes=changes)

    with as_the_application(), pytest.raises(IntegrityError):
        prune(event_id)

    assert not count_emptied()


@pytest.mark.usefixtures("_short")
def test_the_database_refuses_to_prune_announcements_and_what_was_never_announced() -> None:
    tell(Stream.AUDIT, 1)
    apply()
    event_id = announce_by_hand(1)

    with as_the_application():
        for one in (event_id, "evt_none", read_entries()[0].event_id):
            with pytest.raises(IntegrityError):
                prune(one)

    assert count_emptied() == 1


def test_the_database_refuses_what_is_young() -> None:
    tell(Stream.AUDIT, 2)
    event_id = announce_by_hand(0, 1)

    with as_the_application(), pytest.raises(IntegrityError, match="not all of these"):
        prune(event_id)

    assert not count_emptied()


@pytest.mark.usefixtures("_short")
def test_the_database_refuses_an_announcement_that_is_not_signed_yet() -> None:
    tell(Stream.AUDIT, 2)
    apply(is_sequenced=False)
    read_entries()  # sequenced, and under no checkpoint

    with as_the_application(), pytest.raises(IntegrityError, match="no signed announcement"):
        prune(read_entries()[-1].event_id)

    assert not count_emptied()


# The marker by which the trigger knows the owner's function


CHANGES: dict[type[models.Model], str] = {
    Leaf: "UPDATE consent_ledger_leaf SET envelope = ''",
    PrivatePart: "DELETE FROM consent_ledger_privatepart",
    ConsentRecord: "DELETE FROM consent_records_consentrecord",
    SubjectFact: "DELETE FROM consent_subjects_subjectfact",
}


def mark(model: type[models.Model], operation: str) -> str:
    return MARKER.format(f"{model._meta.db_table} {operation}")


def try_as_the_application_with_the_marker(model: type[models.Model]) -> None:
    """Change evidence with every privilege and the marker set: only the trigger is left to refuse."""
    grant_privileges(role=ROLE, using="default")
    statement = CHANGES[model]
    execute(f"GRANT ALL ON {model._meta.db_table} TO {ROLE}", f"SET LOCAL ROLE {ROLE}")
    try:
        with transaction.atomic():
            execute(mark(model, statement.split()[0]), statement)
    finally:
        execute("RESET ROLE")


@pytest.mark.parametrize("model", CHANGES)
def test_a_marker_set_by_the_application_has_no_effect(model: type[models.Model]) -> None:
    record("1")

    with pytest.raises(IntegrityError, match="append-only"):
        try_as_the_application_with_the_marker(model)


def test_a_trigger_that_believed_the_marker_alone_would_be_seen() -> None:
    record("1")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_functiondef(tgfoid) FROM pg_trigger"
            " WHERE tgrelid = 'consent_ledger_leaf'::regclass AND tgname LIKE 'pgtrigger_append_only%'"
        )
        source = cursor.fetchone()[0]
    owner = source.index("current_user = "), source.index("TG_RELID)") + len("TG_RELID)")
    execute(source[: owner[0]] + "true" + source[owner[1] :])

    try_as_the_application_with_the_marker(Leaf)

    assert count_emptied() == Leaf.objects.count()


@pytest.mark.parametrize("operation", ["UPDATE", "DELETE"])
@pytest.mark.parametrize("model", [TreeNode, Checkpoint])
def test_nodes_and_checkpoints_know_no_marker(model: type[models.Model], operation: str) -> None:
    record("1")
    table, column = model._meta.db_table, model._meta.concrete_fields[-1].column
    statement = {"UPDATE": f"UPDATE {table} SET {column} = {column}", "DELETE": f"DELETE FROM {table}"}[  # noqa: S608
        operation
    ]

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(mark(model, operation), statement)


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("model", CHANGES)
def test_the_marker_does_not_outlive_the_function(model: type[models.Model]) -> None:
    erase(record("1")["1"])
    tell(Stream.AUDIT, 1)

    for prune_some in (apply, forget_pruned):
        prune_some()
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            execute(CHANGES[model])


def test_the_marker_of_one_operation_is_none_for_another() -> None:
    tell(Stream.AUDIT, 1)

    for statement in ("DELETE FROM consent_ledger_leaf", "TRUNCATE consent_ledger_leaf"):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            execute(mark(Leaf, "UPDATE"), statement)


# What the verification finds


EMPTIED = "UPDATE consent_ledger_leaf SET envelope = '' WHERE index = %s"


@pytest.fixture
def _pruned(_short: None) -> None:
    """Prune three audit leaves, and what was recorded of an erased subject, not that of a living one."""
    tell(Stream.AUDIT, 3)
    RetentionRule.objects.filter(stream="audit").update(kept_for=AT_ONCE)
    apply()
    refs = record("1", "2")
    entry = NewEntry("told", {}, refs["1"], 5, private={"value": 1}, data_key=b"\x07" * 32)
    services.append(stream=Stream.CONSENT, entries=[entry])
    seal()
    erase(refs["1"])
    apply()
    seal()
    assert count_emptied() > 3
    assert not verify().findings


@pytest.mark.usefixtures("_pruned")
def test_an_envelope_emptied_without_an_announcement_is_found() -> None:
    kept = [entry.index for entry in read_entries() if not entry.pruned]

    for index in kept:
        with tampered(Tampering("emptied", EMPTIED, (index,))):
            assert any(f"leaf {index} " in finding.record for finding in verify().findings)


@pytest.mark.usefixtures("_pruned")
@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "sha256:" + "00" * 32},
        {"count": 2},
        {"leaves": [[0, 1]], "count": 2},
        {"stream": "incidents"},
        {"before": "2020-01-01T00:00:00Z"},
        {"leaves": [[0, 0], [0, 0]]},
        {"leaves": [[0, 999]]},
        {"leaves": [[1, 0]]},
        {"leaves": "all"},
        {"leaves": [[0]]},
        {"leaves": [["0", "1"]]},
        {"digest": None},
    ],
    ids=str,
)
def test_an_announcement_that_is_not_of_these_leaves_is_found(changes: dict[str, Any]) -> None:
    tell(Stream.AUDIT, 1)
    kept = next(entry.index for entry in read_entries() if not entry.pruned and entry.kind == "told")
    announce_by_hand(kept, changes=changes)

    with tampered(Tampering("emptied", EMPTIED, (kept,))):
        assert verify().findings


@pytest.mark.usefixtures("_pruned")
def test_one_leaf_more_than_was_announced_is_found() -> None:
    tell(Stream.AUDIT, 2)
    first, second = [e.index for e in read_entries() if not e.pruned and e.kind == "told"][-2:]
    announce_by_hand(first)

    with tampered(Tampering("emptied", EMPTIED, (first,))):
        assert not verify().findings
        with tampered(Tampering("emptied", EMPTIED, (second,))):
            [finding] = verify().findings
    assert finding.record.startswith(f"leaf {second} ")


@pytest.mark.usefixtures("_pruned")
@pytest.mark.parametrize("model", [Leaf, PrivatePart, TreeNode, Checkpoint])
def test_nothing_that_stays_is_changed_or_deleted_unnoticed(model: type[models.Model]) -> None:
    unnoticed, tried = [], 0
    for tampering in [*list_flips(model, every_bit=False), *list_row_changes(model)]:
        try:
            with tampered(tampering):
                tried += 1
                if not verify().findings:
                    unnoticed.append(tampering.name)
        except Impossible:
            tried -= 1

    assert tried or model is PrivatePart  # the only part went with its leaf
    assert not unnoticed


@pytest.mark.usefixtures("_pruned")
def test_a_private_part_that_outlived_its_envelope_is_found() -> None:
    pruned = Leaf.objects.filter(envelope=b"").exclude(subject_ref="").order_by("-index").values()[0]
    with tampered(
        Tampering(
            "left",
            "INSERT INTO consent_ledger_privatepart VALUES (%s, %s, 'x')",
            (pruned["event_id"], pruned["subject_ref"]),
        )
    ):
        [finding] = verify().findings
    assert finding.fault == "it should have gone with the envelope"
    assert finding.record == f"the private part of leaf {pruned['index']} (told {pruned['event_id']})"


@pytest.mark.usefixtures("_pruned")
def test_an_announcement_changed_afterwards_is_found() -> None:
    announcement = next(entry for entry in read_entries() if entry.kind == "leaves_pruned")
    changed = json.loads(announcement.envelope)
    changed["body"]["leaves"].append([5, 5])
    text = json.dumps(changed, separators=(",", ":"), sort_keys=True).encode()

    with tampered(
        Tampering(
            "announced",
            "UPDATE consent_ledger_leaf SET envelope = %s WHERE index = %s",
            (text, announcement.index),
        )
    ):
        assert verify().findings
