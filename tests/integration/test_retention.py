"""What is past its time loses its content, as was announced, and every proof still verifies."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from consent.kernel.proofs import verify_proof
from consent.kernel.signing import VerifyKey
from consent.ledger import queries, services
from consent.ledger.api.serializers import ChangeSerializer
from consent.ledger.models import ErasedSubject, Leaf, PrivatePart, Pruning, RetentionRule
from consent.ledger.tasks import apply_retention
from consent.ledger.types import Stream
from consent.records.models import ConsentRecord, CurrentChoice
from consent.records.services import forget_pruned, rebuild_choices
from consent.subjects.models import Subject, SubjectFact, SubjectLink
from tests.ledger_world import read_entries
from tests.records_world import JUNE_1
from tests.retention_world import apply, erase, record, seal, short_rules, tell, verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def _short(db: None) -> Iterator[None]:
    with short_rules():
        yield


def list_pruned() -> list[int]:
    return [entry.index for entry in read_entries() if entry.pruned]


@pytest.mark.usefixtures("_short")
def test_old_entries_lose_their_content_and_every_proof_still_verifies() -> None:
    tell(Stream.AUDIT, 3)
    tell(Stream.INCIDENTS, 2)
    before = read_entries()
    root = queries.get_root(5)

    report = apply()

    assert report.pruned == {Stream.AUDIT: 3, Stream.INCIDENTS: 2}
    after = read_entries()
    assert [entry.leaf_hash for entry in after[:5]] == [entry.leaf_hash for entry in before]
    assert [entry.pruned for entry in after] == [True] * 5 + [False] * 2  # the announcements
    assert queries.get_root(5) == root
    key = VerifyKey.parse(queries.list_log_keys()[0].verify_key)
    for entry in before:
        proof = queries.get_proof(entry.index)
        assert proof is not None
        verify_proof(proof, key, origin=key.name, leaf=entry.leaf_hash)
    verified = verify()
    assert not verified.findings
    assert verified.pruned == 5


@pytest.mark.usefixtures("_short")
def test_only_what_was_erased_goes_from_the_consent_stream() -> None:
    refs = record("1", "2")
    erase(refs["1"])
    events = list(Leaf.objects.filter(subject_ref=refs["1"]).values_list("index", flat=True))
    assert events

    assert apply().pruned == {Stream.CONSENT: len(events)}

    assert list_pruned() == sorted(events)
    assert set(Leaf.objects.filter(envelope=b"").values_list("subject_ref", flat=True)) == {refs["1"]}
    assert {part.subject_ref for part in PrivatePart.objects.all()} == {refs["2"]}
    assert not verify().findings
    assert Subject.objects.get(ref=refs["1"]).erased_at is not None


@pytest.mark.usefixtures("_short")
def test_copies_of_what_was_pruned_are_forgotten_and_others_stay() -> None:
    refs = record("1", "2")
    erase(refs["1"])
    kept = {
        model: model._default_manager.filter(subject=refs["2"]).count()
        for model in (ConsentRecord, SubjectFact, CurrentChoice)
    }
    assert not forget_pruned()  # nothing is pruned yet

    apply()
    assert forget_pruned()

    for model, count in kept.items():
        assert model._default_manager.filter(subject=refs["1"]).count() == 0
        assert model._default_manager.filter(subject=refs["2"]).count() == count
    assert not forget_pruned()
    assert not verify().findings
    assert not rebuild_choices(repair=False).differences


@pytest.mark.usefixtures("_short")
def test_a_rebuild_finds_no_difference_before_the_copies_are_forgotten() -> None:
    erase(record("1")["1"])
    apply()

    assert not rebuild_choices(repair=False).differences


@pytest.mark.usefixtures("_short")
def test_an_erased_subject_that_is_linked_to_a_living_one_is_kept() -> None:
    refs = record("1", "2")
    left, right = sorted(refs.values())
    link = SubjectLink.objects.create(
        left_id=left, right_id=right, provenance="test", linked_at=JUNE_1, recorded_at=JUNE_1
    )
    erase(left)
    assert not apply().pruned

    erase(right)

    assert set(ErasedSubject.objects.values_list("subject_ref", flat=True)) == {left, right}
    assert apply().pruned[Stream.CONSENT] == Leaf.objects.filter(stream="consent").count()
    assert link.unlinked_at is None


@pytest.mark.usefixtures("_short")
def test_a_link_made_later_keeps_what_is_not_pruned_yet_and_its_end_lets_it_go() -> None:
    refs = record("1", "2")
    left, right = sorted(refs.values())
    erase(left)
    link = SubjectLink.objects.create(
        left_id=left, right_id=right, provenance="test", linked_at=JUNE_1, recorded_at=JUNE_1
    )
    assert not apply().pruned

    SubjectLink.objects.filter(pk=link.pk).update(unlinked_at=JUNE_1)

    assert apply().pruned[Stream.CONSENT]
    assert not Leaf.objects.filter(subject_ref=right, envelope=b"").exists()


@pytest.mark.usefixtures("_short")
def test_the_policy_stream_and_announcements_are_kept_for_ever() -> None:
    tell(Stream.POLICY, 2)
    tell(Stream.AUDIT, 1)
    apply()
    seal()

    assert not apply().pruned

    assert list_pruned() == [2]


def test_by_default_nothing_young_goes() -> None:
    erase(record("1")["1"])
    tell(Stream.AUDIT, 2)
    tell(Stream.INCIDENTS, 2)

    assert not apply().pruned

    assert not Pruning.objects.exists()
    assert {rule.stream: rule.kept_for for rule in RetentionRule.objects.all()} == {
        "consent": timedelta(days=1095),
        "policy": None,
        "audit": timedelta(days=1095),
        "incidents": timedelta(days=1825),
    }


def test_a_setting_cannot_shorten_the_owners_rule(settings: object) -> None:
    tell(Stream.AUDIT, 2)
    settings.LEDGER_RETENTION = dict.fromkeys(Stream, timedelta(microseconds=1))  # type: ignore[attr-defined]

    assert not apply().pruned


@pytest.mark.usefixtures("_short")
def test_what_is_announced_waits_for_a_signed_checkpoint() -> None:
    tell(Stream.AUDIT, 2)

    report = apply(is_sequenced=False)

    assert (report.pruned.total(), report.waiting) == (0, [Stream.AUDIT])
    assert apply(is_sequenced=False).waiting == [Stream.AUDIT]
    assert not list_pruned()
    assert Pruning.objects.count() == 1  # announced once
    seal()
    assert not verify().findings
    assert apply(is_sequenced=False).pruned == {Stream.AUDIT: 2}
    assert not verify().findings


@pytest.mark.usefixtures("_short")
def test_what_is_not_allowed_any_more_is_withdrawn() -> None:
    tell(Stream.AUDIT, 2)
    apply(is_sequenced=False)
    seal()
    RetentionRule.objects.filter(stream="audit").update(kept_for=timedelta(days=1))

    report = apply()

    assert (report.pruned.total(), report.withdrawn) == (0, 1)
    assert not list_pruned()
    assert not verify().findings


@pytest.mark.usefixtures("_short")
def test_batches_follow_each_other_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.ledger.retention.LEAVES_AT_ONCE", 2)
    monkeypatch.setattr("consent.ledger.retention.SUBJECTS_AT_ONCE", 1)
    refs = record("1", "2", "3")
    tell(Stream.AUDIT, 5)
    erase(refs["1"])
    erase(refs["3"])

    report = apply()

    assert report.pruned[Stream.AUDIT] == 5
    assert Pruning.objects.filter(stream="consent").count() == 2
    assert Pruning.objects.filter(stream="audit").count() == 3
    assert not Pruning.objects.filter(executed_at=None).exists()
    assert not verify().findings


@pytest.mark.usefixtures("_short")
def test_an_announcement_says_what_went() -> None:
    tell(Stream.AUDIT, 3)
    apply()

    body = json.loads(read_entries()[3].envelope)["body"]
    assert {name: body[name] for name in ("stream", "count", "first", "last", "leaves")} == {
        "stream": "audit",
        "count": 3,
        "first": 0,
        "last": 2,
        "leaves": [[0, 2]],
    }


@pytest.mark.usefixtures("_short")
def test_the_feed_serves_a_pruned_entry_without_content() -> None:
    tell(Stream.AUDIT, 1)
    apply()

    first, second = read_entries()

    assert ChangeSerializer(first).data["envelope"] == ""
    assert ChangeSerializer(first).data["pruned"] is True
    assert ChangeSerializer(first).data["leaf_hash"] == first.leaf_hash.hex()
    assert ChangeSerializer(second).data["pruned"] is False


def test_the_command_counts_before_anything_happens() -> None:
    refs = record("1", "2")
    tell(Stream.AUDIT, 3)
    erase(refs["1"])
    told = StringIO()

    with short_rules():
        call_command("apply_retention", "--dry-run", stdout=told)

    lines = told.getvalue().splitlines()
    assert lines[0].endswith(f": {Leaf.objects.filter(subject_ref=refs['1']).count()} to prune")
    assert lines[1] == "policy     kept for ever: 0 to prune"
    assert lines[2].endswith(": 3 to prune")
    assert not list_pruned()
    assert not Pruning.objects.exists()


def test_the_command_prunes_and_says_when_the_sequencer_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(Stream.AUDIT, 3)
    command = "config.management.commands.apply_retention._PATIENCE"
    monkeypatch.setattr(command, services.Patience())
    with short_rules():
        with pytest.raises(CommandError, match="sequencer"):
            call_command("apply_retention", stdout=StringIO())
        assert not list_pruned()
        seal()
        told = StringIO()
        call_command("apply_retention", stdout=told, stderr=StringIO())

    assert "pruned 3 leaves" in told.getvalue()
    assert not verify().findings


@pytest.mark.usefixtures("_short")
def test_the_task_may_run_twice_and_takes_arguments_it_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.ledger.tasks._PATIENCE", services.Patience([0.0], lambda _: seal()))
    tell(Stream.AUDIT, 3)

    assert apply_retention(later=1) == 3
    assert apply_retention() == 0


def test_the_owner_sets_a_rule_and_the_audit_stream_tells_of_it() -> None:
    call_command("set_retention_rule", "audit", "400", stdout=StringIO())
    call_command("set_retention_rule", "consent", "never", stdout=StringIO())

    assert RetentionRule.objects.get(stream="audit").kept_for == timedelta(days=400)
    assert RetentionRule.objects.get(stream="consent").kept_for is None
    assert [json.loads(entry.envelope)["body"] for entry in read_entries()] == [
        {"stream": "audit", "days": 400},
        {"stream": "consent", "days": None},
    ]


@pytest.mark.parametrize("days", ["0", "-1", "x", "", "1.5"])
def test_a_rule_of_no_days_is_refused(days: str) -> None:
    with pytest.raises(CommandError):
        call_command("set_retention_rule", "audit", "--", days, stdout=StringIO())

    assert RetentionRule.objects.get(stream="audit").kept_for == timedelta(days=1095)


# Dies right after the announcement is committed: the first time that it waits for a checkpoint.
_DYING = """
import os, signal, sys
import django
django.setup()
from tests.databases import use_databases
from tests.retention_world import short_rules
from consent.ledger import services
use_databases(sys.argv[1])
with short_rules():
    services.apply_retention(
        patience=services.Patience([0.0], lambda _: os.kill(os.getpid(), signal.SIGKILL))
    )
"""


def test_a_run_that_is_killed_after_its_announcement_is_carried_out_by_the_next(
    committed_database: str,
) -> None:
    tell(Stream.AUDIT, 3)

    died = subprocess.run([sys.executable, "-c", _DYING, committed_database], env=os.environ, check=False)

    assert died.returncode == -signal.SIGKILL
    assert Pruning.objects.filter(executed_at=None).count() == 1
    assert not Leaf.objects.filter(envelope=b"").exists()
    seal()
    with short_rules():
        assert apply().pruned == {Stream.AUDIT: 3}
    assert not verify().findings


def test_the_admin_shows_rules_and_prunings_and_changes_neither(admin_client: Client) -> None:
    with short_rules():
        tell(Stream.AUDIT, 2)
        apply()
        rules = admin_client.get("/admin/consent_ledger/retentionrule/").content.decode()
    prunings = admin_client.get("/admin/consent_ledger/pruning/").content.decode()
    pruning = Pruning.objects.get()

    assert "for ever" in rules
    assert pruning.event_id in prunings
    assert admin_client.get(f"/admin/consent_ledger/pruning/{pruning.pk}/change/").status_code == 200
    assert admin_client.get("/admin/consent_ledger/leaf/0/change/").status_code == 200
    for table in ("retentionrule", "pruning"):
        assert admin_client.get(f"/admin/consent_ledger/{table}/add/").status_code == 403
    assert admin_client.post(f"/admin/consent_ledger/pruning/{pruning.pk}/delete/").status_code == 403
    assert admin_client.post("/admin/consent_ledger/retentionrule/audit/change/", {}).status_code == 403
