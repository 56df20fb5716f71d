"""Evidence packs out of the service: whole, under one checkpoint, and verifiable without the service."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.kernel.proofs import read_proof, verify_proof
from consent.keys.services import destroy_keys
from consent.ledger import queries, services
from consent.ledger.types import NotSealedYet, Selection, Stream
from consent.records import evidence
from consent.records.services import (
    ExportOrder,
    ExportPace,
    ExportTooLarge,
    NoPolicyRecorded,
    NothingToExport,
    PeriodNotOver,
    export_evidence,
    get_receipt,
)
from tests.evidence_world import (
    SECRET,
    audit,
    first_key,
    flip,
    hand_over,
    list_files,
    record,
    seal,
    tell_secret,
)
from tests.ledger_world import read_entries, sequence_all
from tests.records_world import JUNE_1, make_choice, publish_policy

pytestmark = pytest.mark.django_db

Capsys = pytest.CaptureFixture[str]

BY_NUMBER = {"kind": "customer_id", "value": "00001"}
BY_COOKIE = {"kind": "cookie_id", "value": "c-2"}
"""Another person, until a row shows both."""


@pytest.fixture
def _policy(db: None) -> None:
    publish_policy()


def export(target: Path, *options: str, stdin: str = "") -> tuple[str, str]:
    """Return what `export_evidence` prints, and tells of its progress."""
    out, err = io.StringIO(), io.StringIO()
    call_command("export_evidence", str(target), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def about(*refs: str, **changes: Any) -> ExportOrder:
    return ExportOrder(selection=Selection(subject_refs=frozenset(refs)), **changes)


def read_leaves(pack: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted((pack / "leaves").iterdir())]


@pytest.mark.usefixtures("_policy")
@pytest.mark.parametrize("name", ["pack", "pack.zip"])
def test_a_subjects_pack_is_whole_and_an_auditor_verifies_it(
    tmp_path: Path, capsys: Capsys, name: str
) -> None:
    ref, _ = record()
    record("00002")
    record(choices=[make_choice(choice="withdrawn")], facts=[])
    seal()

    out, err = export(tmp_path / name, "--ref", ref, "--receipts")
    code, said = audit(capsys, "pack", tmp_path / name)

    assert code == 0, said
    assert "5 entries are in the log" in said
    assert "2 receipts are signed" in said
    assert "entries of 1 subjects, none is missing" in said
    assert out.startswith("5 entries, under a checkpoint of")
    assert "5 of 5 entries" in err
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.usefixtures("_policy")
def test_a_changed_byte_in_any_file_of_a_pack_is_seen_and_the_file_named(
    tmp_path: Path, capsys: Capsys
) -> None:
    ref, _ = record()
    tell_secret(ref)
    seal()
    pack = tmp_path / "pack"
    export(pack, "--ref", ref, "--receipts", "--reveal", "--reason", "a court asked")
    files = list(list_files(pack))

    for path in files:
        honest, name = path.read_bytes(), path.relative_to(pack).as_posix()
        for place in {0, len(honest) // 2, len(honest) - 1}:
            path.write_bytes(flip(honest, place))
            code, said = audit(capsys, "pack", pack)
            assert code == 1, (name, place)
            assert name in said, (name, place)
        path.write_bytes(honest)

    assert {path.parent.name for path in files} == {"pack", "leaves", "proofs", "receipts", "private"}
    assert audit(capsys, "pack", pack)[0] == 0


@pytest.mark.usefixtures("_policy")
def test_a_file_that_is_taken_out_or_put_in_is_seen(tmp_path: Path, capsys: Capsys) -> None:
    ref, _ = record()
    seal()
    pack = tmp_path / "pack"
    export(pack, "--ref", ref, "--receipts")

    for path in list_files(pack):
        content = path.read_bytes()
        path.unlink()
        code, said = audit(capsys, "pack", pack)
        assert code == 1, path
        assert path.relative_to(pack).as_posix() in said
        path.write_bytes(content)
    (pack / "leaves" / "99.json").write_bytes(b"{}")
    assert audit(capsys, "pack", pack)[0] == 1


def test_the_subject_is_found_by_identifiers_from_a_file_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, _ = record()
    record("00002")
    seal()
    listed = tmp_path / "who"
    listed.write_text("\ncustomer_id:00001\nemail: C00001@customers.example \n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"email:c00001@customers.example")))

    export(tmp_path / "one", "--subject-of", str(listed))
    export(tmp_path / "two", "--subject-of", "-")

    for pack in ("one", "two"):
        assert {leaf["subject_ref"] for leaf in read_leaves(tmp_path / pack)} == {ref}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"customer_id:99999", "nobody is known"),
        (b"", "nobody is known"),
        (b"customer_id:1\nsecret-value", "line 2"),
        (b"shoe_size:secret-value", "line 1"),
        (b"phone:secret-value", "phone"),
        (b"email:\xff", "UTF-8"),
    ],
    ids=["unknown", "empty", "no kind", "unknown kind", "malformed", "no text"],
)
def test_identifiers_that_lead_nowhere_are_refused_and_not_repeated(
    tmp_path: Path, content: bytes, message: str
) -> None:
    record()
    seal()
    (tmp_path / "who").write_bytes(content)

    with pytest.raises(CommandError, match=message) as refusal:
        export(tmp_path / "pack", "--subject-of", str(tmp_path / "who"))

    assert "secret-value" not in str(refusal.value)
    assert not (tmp_path / "pack").exists()


def test_linked_subjects_are_in_the_pack_if_asked_for(tmp_path: Path, capsys: Capsys) -> None:
    first, _ = record("00001", facts=[])
    second, _ = record(identifiers=[BY_COOKIE], facts=[])
    record(identifiers=[BY_NUMBER, BY_COOKIE], facts=[])
    seal()

    export(tmp_path / "one", "--ref", second)
    export(tmp_path / "all", "--ref", second, "--linked")

    assert {leaf["subject_ref"] for leaf in read_leaves(tmp_path / "one")} == {second}
    assert {leaf["subject_ref"] for leaf in read_leaves(tmp_path / "all")} == {first, second}
    assert [leaf["kind"] for leaf in read_leaves(tmp_path / "all")].count("subjects_linked") == 1
    for pack in ("one", "all"):
        assert audit(capsys, "pack", tmp_path / pack)[0] == 0


def test_a_period_holds_what_was_recorded_in_it_by_stream_if_asked_for(
    tmp_path: Path, capsys: Capsys
) -> None:
    publish_policy()  # events of the policy stream
    record("00001", facts=[])
    since = queries.get_time()
    record("00002", facts=[])
    record("00003", facts=[])
    until = queries.get_time()
    record("00004", facts=[])
    sequence_all()
    seal()
    bounds = ("--from", since.isoformat(), "--to", until.isoformat())

    export(tmp_path / "pack", *bounds)
    export(tmp_path / "policy", "--from", JUNE_1.isoformat(), "--to", until.isoformat(), "--stream", "policy")

    inside = {entry.event_id for entry in read_entries() if since <= entry.recorded_at < until}
    assert len(inside) == 6  # of two people: two identifiers and a choice each
    assert {leaf["event_id"] for leaf in read_leaves(tmp_path / "pack")} == inside
    assert {leaf["stream"] for leaf in read_leaves(tmp_path / "policy")} == {"policy"}
    for pack in ("pack", "policy"):
        assert audit(capsys, "pack", tmp_path / pack)[0] == 0


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--ref", "sub_a", "--subject-of", "-"),
        ("--ref", "sub_a", "--stream", "consent"),
        ("--ref", "sub_a", "--to", "2026-01-01T00:00:00Z"),
        ("--from", "2026-01-01T00:00:00Z"),
        ("--from", "2026-01-01", "--to", "2026-02-01T00:00:00Z"),
        ("--from", "2026-01-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z", "--linked"),
        ("--ref", "sub_a", "--reveal"),
        ("--ref", "sub_a", "--reason", "no need"),
        ("--ref", "sub_a", "--reveal", "--reason", " "),
        ("--ref", "sub_a"),
        ("--subject-of", "no-such-file"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_exported_is_refused_and_nothing_written(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    record()
    seal()
    before = len(read_entries())

    with pytest.raises(CommandError):
        export(tmp_path / "pack", *options)

    assert not list(tmp_path.iterdir())
    assert len(read_entries()) == before


def test_a_period_that_is_not_over_is_refused(tmp_path: Path) -> None:
    record()
    seal()
    later = queries.get_time() + timedelta(hours=1)

    with pytest.raises(PeriodNotOver):
        export_evidence(
            target=tmp_path / "pack",
            order=ExportOrder(selection=Selection(recorded_from=JUNE_1, recorded_until=later)),
            at=JUNE_1,
        )


@pytest.mark.parametrize("work", [lambda: None, sequence_all], ids=["pending", "unsigned"])
def test_without_a_sequencer_nothing_is_exported_and_it_says_so(tmp_path: Path, work: Any) -> None:
    ref, _ = record()
    seal()
    record(facts=[])
    work()
    waits: list[float] = []

    with pytest.raises(NotSealedYet, match="run_sequencer"):
        export_evidence(
            target=tmp_path / "pack",
            order=about(ref),
            at=JUNE_1,
            pace=ExportPace(patience=[0.1, 0.2], wait=waits.append),
        )

    assert waits == [0.1, 0.2, 0.0]
    assert not list(tmp_path.iterdir())


def test_what_was_pending_when_it_began_is_waited_for(tmp_path: Path, capsys: Capsys) -> None:
    ref, _ = record(facts=[])
    seal()
    record(facts=[])

    report = export_evidence(
        target=tmp_path / "pack",
        order=about(ref),
        at=JUNE_1,
        pace=ExportPace(patience=[0.1], wait=lambda _: seal()),
    )

    assert report.entries == 4
    assert audit(capsys, "pack", tmp_path / "pack")[0] == 0


def test_an_empty_ledger_has_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(NothingToExport):
        export_evidence(target=tmp_path / "pack", order=about("sub_a"), at=JUNE_1)


def test_all_proofs_are_under_one_checkpoint_while_others_write(tmp_path: Path, capsys: Capsys) -> None:
    ref, _ = record(facts=[])
    for _ in range(5):
        record(facts=[])
    seal()

    def write_on(_done: int, _total: int) -> None:
        record(facts=[])
        seal()

    pace = ExportPace(chunk=2, progress=write_on)
    report = export_evidence(target=tmp_path / "pack", order=about(ref), at=JUNE_1, pace=pace)

    assert (report.entries, report.size) == (8, 8)
    assert queries.get_size() == 12
    assert audit(capsys, "pack", tmp_path / "pack")[0] == 0


def test_private_parts_stay_sealed_unless_revealed_and_that_is_in_the_ledger(
    tmp_path: Path, capsys: Capsys
) -> None:
    ref, _ = record()
    event_id = tell_secret(ref)
    seal()

    export(tmp_path / "closed", "--ref", ref)
    sealed = read_entries()
    out, _ = export(tmp_path / "open", "--ref", ref, "--reveal", "--reason", "access request 7")

    for told in (SECRET, "c00001@customers.example"):
        assert not [path for path in list_files(tmp_path / "closed") if told.encode() in path.read_bytes()]
        assert [path for path in list_files(tmp_path / "open") if told.encode() in path.read_bytes()]
    assert SECRET in (tmp_path / "open" / "private" / f"{event_id}.json").read_text()
    assert "4 private parts opened" in out  # two identifiers, a fact and the secret
    [entry] = read_entries(after=len(sealed))
    assert (entry.stream, entry.kind) == (Stream.AUDIT, "private_parts_revealed")
    assert json.loads(entry.envelope)["body"] == {
        "pack": "subject",
        "refs": 1,
        "parts": 4,
        "reason": "access request 7",
    }
    code, said = audit(capsys, "pack", tmp_path / "open")
    assert code == 0, said
    assert "4 private parts are what their entries commit to" in said


def test_the_ledger_is_told_before_a_private_part_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, _ = record()
    tell_secret(ref)
    seal()
    seen: list[str] = []

    def look(refs: Any) -> dict[str, bytes]:
        seen.extend(entry.kind for entry in read_entries())
        raise KeyboardInterrupt

    monkeypatch.setattr(evidence, "get_keys", look)
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "pack", "--ref", ref, "--reveal", "--reason", "a reason")

    assert "private_parts_revealed" in seen
    assert not list(tmp_path.iterdir())


def test_an_erased_subjects_private_parts_stay_sealed_and_the_pack_verifies(
    tmp_path: Path, capsys: Capsys
) -> None:
    ref, _ = record()
    tell_secret(ref)
    seal()
    destroy_keys([ref])

    out, _ = export(tmp_path / "pack", "--ref", ref, "--reveal", "--reason", "a reason")

    assert "4 private parts stay sealed" in out
    assert not (tmp_path / "pack" / "private").exists()
    assert audit(capsys, "pack", tmp_path / "pack")[0] == 0


def test_an_export_that_is_cut_short_leaves_nothing_behind(tmp_path: Path) -> None:
    ref, _ = record()
    seal()

    def fail(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    for name in ("pack", "pack.zip"):
        with pytest.raises(KeyboardInterrupt):
            export_evidence(
                target=tmp_path / name, order=about(ref), at=JUNE_1, pace=ExportPace(progress=fail)
            )

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["pack", "pack.zip"])
def test_a_pack_gives_way_only_if_told_to(tmp_path: Path, capsys: Capsys, name: str) -> None:
    ref, _ = record()
    seal()
    target = tmp_path / name
    export(target, "--ref", ref)
    record(facts=[])
    seal()

    with pytest.raises(CommandError, match="there already"):
        export(target, "--ref", ref)
    out, _ = export(target, "--ref", ref, "--overwrite")

    assert out.startswith("5 entries")
    assert audit(capsys, "pack", target)[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_export_that_fails_leaves_the_older_pack(tmp_path: Path, capsys: Capsys) -> None:
    ref, _ = record()
    seal()
    target = tmp_path / "pack"
    export(target, "--ref", ref)

    def fail(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_evidence(
            target=target, order=about(ref), at=JUNE_1, overwrite=True, pace=ExportPace(progress=fail)
        )

    assert audit(capsys, "pack", target)[0] == 0


@pytest.mark.parametrize("kind", ["folder", "file", "zip", "link", "link to a pack"])
def test_what_is_no_pack_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    ref, _ = record()
    seal()
    target = tmp_path / ("mine.zip" if kind in {"zip", "file"} else "mine")
    if kind == "folder":
        target.mkdir()
        (target / "letter.txt").write_text("mine")
    elif kind == "file":
        target.write_text("mine")
    elif kind == "zip":
        target.write_bytes(b"PK\x05\x06" + bytes(18))
    else:
        if kind == "link to a pack":
            export(tmp_path / "nowhere", "--ref", ref)
        target.symlink_to(tmp_path / "nowhere")
    before = sorted(path.name for path in tmp_path.rglob("*"))

    with pytest.raises(CommandError, match="there already"):
        export(target, "--ref", ref, "--overwrite")

    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_choice_recorded_before_any_policy_has_no_receipt_and_that_is_told(
    tmp_path: Path, capsys: Capsys
) -> None:
    ref, [record_id] = record()
    seal()

    with pytest.raises(NoPolicyRecorded):
        get_receipt(record_id=record_id, at=JUNE_1)
    out, _ = export(tmp_path / "pack", "--ref", ref, "--receipts")

    assert "0 receipts" in out
    assert "1 choices older than the first policy" in out
    assert audit(capsys, "pack", tmp_path / "pack")[0] == 0


@pytest.mark.usefixtures("_policy")
def test_after_a_hand_over_the_first_key_leads_through_the_pack(
    tmp_path: Path, capsys: Capsys, settings: Any
) -> None:
    ref, _ = record()
    seal()
    hand_over(settings)
    export(tmp_path / "between", "--ref", ref, "--receipts")  # no checkpoint of the new key yet
    record()
    seal()
    export(tmp_path / "after", "--ref", ref, "--receipts")

    for pack in ("between", "after"):
        code, said = audit(capsys, "pack", tmp_path / pack)
        assert code == 0, said
        assert "2 of the log's keys follow" in said


def test_too_many_entries_for_one_pack_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref, _ = record(facts=[])
    for _ in range(2):
        record(facts=[])
    seal()
    monkeypatch.setattr(evidence, "MAX_FILES", evidence._OTHER_FILES + 10)

    fits = export_evidence(target=tmp_path / "fits", order=about(ref), at=JUNE_1)
    with pytest.raises(ExportTooLarge, match="at most 3 entries"):
        export_evidence(target=tmp_path / "pack", order=about(ref, with_receipts=True), at=JUNE_1)

    assert fits.entries == 5
    assert [path.name for path in tmp_path.iterdir()] == ["fits"]


def test_statements_do_not_grow_with_the_entries(tmp_path: Path) -> None:
    publish_policy()
    counts = []
    for number, entries in enumerate((2, 12)):
        for _ in range(entries):
            ref, _ = record(str(number), facts=[])
        seal()
        with CaptureQueriesContext(connection) as captured:
            export_evidence(target=tmp_path / str(number), order=about(ref, with_receipts=True), at=JUNE_1)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_many_proofs_at_once_are_those_made_one_by_one() -> None:
    for number in range(11):
        record(str(number))
        if number % 3 == 0:
            seal()
    seal()
    checkpoint = queries.get_checkpoint()
    assert checkpoint is not None

    proofs = queries.get_proofs(range(checkpoint.size), checkpoint)

    assert list(proofs) == list(range(44))
    key = first_key()
    for entry in read_entries():
        assert proofs[entry.index] == queries.get_proof(entry.index)
        assert (
            verify_proof(proofs[entry.index], key, origin=key.name, leaf=entry.leaf_hash).index == entry.index
        )


def test_proofs_under_an_older_checkpoint_stay_under_it() -> None:
    record()
    seal()
    old = queries.get_checkpoint()
    record("00002")
    seal()
    assert old is not None

    assert read_proof(queries.get_proofs([0], old)[0]).checkpoint == old.note
    with pytest.raises(IndexError):
        queries.get_proofs([old.size], old)
    assert services.verify_ledger(key=first_key()).findings == []
