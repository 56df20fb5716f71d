"""Erasure: the person stays denied, what was sealed cannot be read, and what was proved stays proved."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoCaptureOnCommitCallbacks

from activation.checks.queries import check
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Question
from consent.kernel.merkle import leaf_hash
from consent.kernel.sealing import Unsealable, unseal
from consent.keys import queries as key_queries
from consent.keys import services as keys
from consent.keys.types import KeysUnavailable
from consent.ledger import queries as ledger
from consent.records import services as records
from consent.records.models import ConsentRecord
from consent.records.types import Fault, FaultCode, Recorded
from consent.subjects import index, queries, services
from consent.subjects.models import IdentifierIndex, Subject, SubjectLink, Tombstone
from consent.subjects.types import SubjectRef
from tests.enforcement_world import GERMAN, QUESTION, make_world, run, write_csv
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1, make_line, make_new_row, publish_policy, record_all
from tests.subjects_world import attach, cookie, customer, email

pytestmark = pytest.mark.django_db

ANN, ADDRESS, BROWSER = customer("1"), email("ann"), cookie("1")
ANNS = [{"kind": "customer_id", "value": "1"}, {"kind": "email", "value": "ann@example.com"}]


def erase(ref: SubjectRef, **options: Any) -> tuple[SubjectRef, ...]:
    return services.erase_subject(ref=ref, requested_by="request:7", at=JUNE_1, **options)


def test_the_way_to_an_erased_subject_is_closed_and_a_tombstone_left() -> None:
    [(ann,)] = attach([ANN, ADDRESS])

    assert erase(ann) == (ann,)

    assert not IdentifierIndex.objects.exists()
    assert Subject.objects.get().erased_at == JUNE_1
    assert sorted(Tombstone.objects.values_list("kind", "subject_id", "erased_at")) == [
        ("customer_id", ann, JUNE_1),
        ("email", ann, JUNE_1),
    ]
    assert queries.find_subjects([[ANN], [ADDRESS], [ADDRESS, BROWSER]]) == [{ann}] * 3
    *_, told = read_entries()
    assert (told.stream, told.kind, told.subject_ref, told.subject_version) == (
        "consent",
        "subject_erased",
        ann,
        3,
    )
    assert json.loads(told.envelope)["body"] == {
        "erased_at": "2026-06-01T12:00:00.000000Z",
        "requested_by": "request:7",
    }


def test_a_tombstone_tells_nothing_of_what_the_index_held() -> None:
    [(ann,)] = attach([ANN])
    held = bytes(IdentifierIndex.objects.get().blind_index)

    erase(ann)

    assert bytes(Tombstone.objects.get().blind_index) != held
    place = index.place_of(ANN)
    assert index.tombstone_of(place) == bytes(Tombstone.objects.get().blind_index)


def test_erasing_twice_changes_nothing_and_nobody_is_nobody() -> None:
    [(ann,)] = attach([ANN])
    erase(ann)
    before = len(read_entries())

    assert erase(ann) == ()
    with pytest.raises(services.SubjectNotFound):
        erase(SubjectRef("sub_nobody"))

    assert len(read_entries()) == before


def test_who_is_linked_is_erased_too() -> None:
    (ann,), (browser,), _ = attach([ANN], [BROWSER], [ANN, BROWSER])

    assert set(erase(browser)) == {ann, browser}

    assert not Subject.objects.filter(erased_at=None).exists()
    assert queries.find_subjects([[ANN], [BROWSER]]) == [{ann}, {browser}]


def test_who_is_erased_alone_is_parted_from_the_others_first() -> None:
    (ann,), (browser,), _ = attach([ANN], [BROWSER], [ANN, BROWSER])

    assert erase(browser, linked=False) == (browser,)

    assert Subject.objects.get(erased_at=None).ref == ann
    assert SubjectLink.objects.get().unlinked_at == JUNE_1
    kinds = [entry.kind for entry in read_entries()[-2:]]
    assert kinds == ["subjects_unlinked", "subject_erased"]


def test_the_key_goes_with_the_commit_and_the_proofs_stay(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    [ann] = record_all(make_new_row("1"))
    ref = ann.subject_ref
    before = [(entry.envelope, entry.leaf_hash) for entry in read_entries()]
    parts = ledger.list_private_parts(entry.event_id for entry in read_entries())
    data_key = key_queries.get_keys([ref])[ref]
    assert len(parts) == 3

    with django_capture_on_commit_callbacks(execute=True):
        erase(ref)

    assert key_queries.get_keys([ref]) == {}
    assert [(entry.envelope, entry.leaf_hash) for entry in read_entries()][: len(before)] == before
    assert all(leaf_hash(envelope) == digest for envelope, digest in before)
    assert ledger.list_private_parts(parts) == parts  # what is left of them:
    for event_id, ciphertext in parts.items():
        assert unseal(ciphertext, key=data_key, subject_ref=ref, event_id=event_id).private
        with pytest.raises(Unsealable):
            unseal(ciphertext, key=b"\0" * 32, subject_ref=ref, event_id=event_id)
    assert queries.list_facts([ref]) == {}
    assert queries.list_identifiers([ref]) == {}


def test_an_erasure_stands_if_the_key_cannot_be_destroyed_and_the_sweep_destroys_it(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ann,), (ben,) = attach([ANN], [BROWSER])

    def fail(_: object) -> int:
        raise KeysUnavailable("away")

    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(keys, "destroy_keys", fail)
        erase(ann)

    assert Subject.objects.get(ref=ann).erased_at == JUNE_1
    assert key_queries.get_keys([ann]) != {}
    assert services.sweep_erased_keys(at=JUNE_1, erased_after=JUNE_1) >= 1  # it is not done, however old
    keys.ensure_keys([ann])
    assert services.sweep_erased_keys(at=JUNE_1, erased_after=JUNE_1) == 0
    assert services.sweep_erased_keys(at=JUNE_1, erased_after=JUNE_1 - timedelta(days=2)) == 1
    assert list(key_queries.get_keys([ann, ben])) == [ben]


def test_the_sweep_destroys_keys_that_a_restore_brought_back() -> None:
    [(ann,)] = attach([ANN])
    erase(ann)
    keys.ensure_keys([ann])

    call_command("sweep_keys", stdout=(told := io.StringIO()))

    assert key_queries.get_keys([ann]) == {}
    assert "1 keys destroyed" in told.getvalue()


def test_an_identifier_that_does_not_open_bars_the_erasure_and_nothing_changes() -> None:
    [(ann,)] = attach([ANN])
    keys.destroy_keys([ann])

    with pytest.raises(queries.SubjectStateUnreadable):
        erase(ann)

    assert Subject.objects.get().erased_at is None
    assert IdentifierIndex.objects.exists()
    assert not Tombstone.objects.exists()


# Whoever comes again


def test_an_import_does_not_bring_an_erased_person_back_and_stores_nothing_of_them() -> None:
    publish_policy()
    [ann] = record_all(make_new_row("1", identifiers=ANNS))
    erase(ann.subject_ref)
    before = (len(read_entries()), Subject.objects.count(), ConsentRecord.objects.count())

    report = records.import_rows(
        lines=[
            make_line("1", identifiers=ANNS),
            make_line("1", identifiers=[*ANNS, {"kind": "cookie_id", "value": "new"}]),
            make_line("1", identifiers=ANNS, new_start=True),
        ],
        digest="d" * 64,
        source="test",
        at=JUNE_1,
    )

    assert [fault.code for fault in report.faults] == [
        FaultCode.SUBJECT_ERASED,
        FaultCode.SUBJECT_ERASED,
        FaultCode.NEW_START_REFUSED,
    ]
    assert (len(read_entries()), Subject.objects.count(), ConsentRecord.objects.count()) == before
    assert not IdentifierIndex.objects.exists()


def test_a_living_persons_row_is_recorded_without_the_erased_persons_identifier() -> None:
    ann, ben = record_all(make_new_row("1", identifiers=ANNS), make_new_row("2"))
    erase(ann.subject_ref)

    [again] = record_all(make_new_row("2", identifiers=[ANNS[1], {"kind": "customer_id", "value": "2"}]))

    assert again.subject_ref == ben.subject_ref
    assert queries.find_subjects([[ADDRESS]]) == [{ann.subject_ref}]
    assert IdentifierIndex.objects.filter(subject=ben.subject_ref).count() == 2


def test_a_verified_new_act_starts_a_new_subject_and_the_index_wins_from_then_on() -> None:
    [ann] = record_all(make_new_row("1", identifiers=ANNS))
    erase(ann.subject_ref)
    row = make_new_row("1", identifiers=ANNS)
    anew = type(row)(row.identifiers, row.choices, row.facts, new_start=True)

    [started] = record_all(anew)
    [went_on] = record_all(make_new_row("1", identifiers=ANNS[:1]))

    assert started.subject_ref != ann.subject_ref
    assert went_on.subject_ref == started.subject_ref
    assert queries.find_subjects([[ANN]]) == [{started.subject_ref}]
    assert queries.find_subjects([[ADDRESS]]) == [{ann.subject_ref}]  # was not verified: still a tombstone's
    assert queries.list_facts([started.subject_ref])


def test_who_started_anew_can_be_erased_again() -> None:
    [(first,)] = attach([ANN])
    erase(first)
    row = make_new_row("1", identifiers=ANNS[:1])
    [second] = record_all(type(row)(row.identifiers, row.choices, row.facts, new_start=True))

    erase(second.subject_ref)

    assert queries.find_subjects([[ANN]]) == [{first, second.subject_ref}]
    outcome = records.record_rows(rows=[row], source="test", at=JUNE_1)
    assert [one.code for one in outcome if isinstance(one, Fault)] == [FaultCode.SUBJECT_ERASED]
    assert not any(isinstance(one, Recorded) for one in outcome)


# Decisions


def ask() -> tuple[Effect, Reason]:
    question = Question(
        purpose=QUESTION["purpose"], destination=QUESTION["destination"], controller=QUESTION["controller"]
    )
    decision = check(identifiers=[customer(GERMAN)], question=question, at=ledger.get_time())
    return decision.effect, decision.reason


def the_german() -> SubjectRef:
    [[ref]] = queries.find_subjects([[customer(GERMAN)]])
    return ref


def test_an_erased_person_is_denied_for_that() -> None:
    make_world()
    assert ask() == (Effect.ALLOW, Reason.GRANTED)

    services.erase_subject(ref=the_german(), requested_by="request:7", at=ledger.get_time())

    assert ask() == (Effect.DENY, Reason.SUBJECT_ERASED)


def test_a_state_that_does_not_open_is_a_deny_and_says_so() -> None:
    make_world()

    keys.destroy_keys([the_german()])

    assert ask() == (Effect.DENY, Reason.STATE_UNAVAILABLE)


def test_a_run_over_a_state_that_does_not_open_delivers_nothing(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    keys.destroy_keys([the_german()])

    with pytest.raises(queries.SubjectStateUnreadable):
        run(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["audience.csv"]


# The command


def command(monkeypatch: pytest.MonkeyPatch, line: str, *options: str) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(line))
    call_command("erase_subject", "--requested-by", "request:7", *options, stdout=(told := io.StringIO()))
    return told.getvalue()


def test_the_command_reads_the_identifier_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    [(ann,)] = attach([ANN, ADDRESS])

    assert command(monkeypatch, "email:Ann@Example.com\n").split() == ["erased", ann]
    assert command(monkeypatch, "customer_id:1").strip() == "erased before"


@pytest.mark.parametrize("line", ["", "ann@example.com", "email:ann", "email:nobody@example.com", "shoe:43"])
def test_the_command_does_not_repeat_what_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    with pytest.raises(CommandError) as refusal:
        command(monkeypatch, line)

    assert not line or line.partition(":")[2] == "" or line.partition(":")[2] not in str(refusal.value)
    assert not Subject.objects.exists()
