"""An evidence pack is verified file by file; whatever was done to it, the file is named."""

import io
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.kernel.handover import write_handover
from consent.kernel.sealing import OpenedPart, commit
from consent.verifier.checks import Check, is_verified
from consent.verifier.digests import digest_bytes
from consent.verifier.packs import layout, reading, verification
from consent.verifier.packs.content import PackContent, PackKind, PackLeaf
from consent.verifier.packs.statement import PACK_STATEMENT, PackStatement
from consent.verifier.packs.verification import verify_pack
from consent.verifier.packs.writing import PackExists, write_pack
from tests.verifier_world import (
    ALICE,
    KEY,
    LOG,
    NEXT_KEY,
    STRANGER,
    Log,
    event_id,
    make_envelope,
    make_log,
    mutants,
)

PRIVATE = OpenedPart({"ip": "192.0.2.1"}, bytes(32))
COMMITMENT = commit(PRIVATE.private, PRIVATE.salt).hex()
WORLD = Log(make_envelope(0, private=COMMITMENT), *make_log().envelopes[1:])
HANDOVER = write_handover(LOG, KEY, NEXT_KEY, 4)
ALICES = (0, 2, 4)


def make_leaf(index: int, *, log: Log = WORLD, receipt: bytes | None = None) -> PackLeaf:
    """Return an entry of the log with its proof, its receipt, and its private part if it has one."""
    return PackLeaf(
        index=index,
        envelope=log.envelopes[index],
        proof=log.proof(index, key=NEXT_KEY),
        receipt=receipt or log.receipt(index, key=NEXT_KEY),
        private=PRIVATE if index == 0 else None,
    )


def make_content(**changed: object) -> PackContent:
    """Return a pack about Alice, from a log that changed its key and kept an older checkpoint."""
    content = PackContent(
        origin=LOG,
        kind=PackKind.SUBJECT,
        created_at="2026-02-01T00:00:00Z",
        first_key=KEY.verify_key,
        checkpoint=WORLD.checkpoint(key=NEXT_KEY),
        leaves=[make_leaf(0, receipt=WORLD.receipt(0, 3)), make_leaf(2), make_leaf(4)],
        handovers=(HANDOVER,),
        checkpoints=(WORLD.checkpoint(1), WORLD.checkpoint(3)),
        consistency={(1, 3): WORLD.consistency(1, 3), (3, 5): WORLD.consistency(3, 5)},
    )
    return replace(content, **changed)  # type: ignore[arg-type]


def write(folder: Path, **changed: object) -> Path:
    """Write a pack made of `make_content` and return where it lies."""
    write_pack(folder / "pack", make_content(**changed), NEXT_KEY)
    return folder / "pack"


def verify(path: Path) -> list[Check]:
    """Verify with the key that was published."""
    return verify_pack(path, KEY.verify_key)


def failures(path: Path) -> str:
    """Return the failed checks, one a line."""
    return "\n".join(check.statement for check in verify(path) if check.passed is False)


def sign_again(pack: Path, **changed: object) -> None:
    """Make `pack.json` of what lies in the pack now, as an insider with the key could."""
    old = PACK_STATEMENT.read((pack / "pack.json").read_bytes()).statement
    names = [path for path in pack.rglob("*") if path.is_file() and path.name != "pack.json"]
    digests = {path.relative_to(pack).as_posix(): digest_bytes(path.read_bytes()) for path in names}
    statement = replace(old, files=digests)
    (pack / "pack.json").write_bytes(PACK_STATEMENT.write(replace(statement, **changed), NEXT_KEY))  # type: ignore[arg-type]


def archive(pack: Path) -> dict[str, bytes]:
    """Return every file of a pack by its name."""
    return {
        path.relative_to(pack).as_posix(): path.read_bytes() for path in pack.rglob("*") if path.is_file()
    }


def write_zip(
    target: Path, entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """Write a zip archive with just these entries."""
    with zipfile.ZipFile(target, "w", compression) as file:
        for name, content in entries:
            file.writestr(name, content)
    return target


@pytest.mark.parametrize("name", ["pack", "pack.zip"])
def test_a_pack_is_verified_line_by_line(tmp_path: Path, name: str) -> None:
    write_pack(tmp_path / name, make_content(), NEXT_KEY)

    checks = verify(tmp_path / name)

    assert [check for check in checks if check.passed is not True] == []
    told = "\n".join(check.statement for check in checks)
    for words in ("3 entries", "3 receipts", "1 private part", "2 older checkpoints", "2 proofs", "2 of the"):
        assert words in told


def test_a_period_pack_holds_whatever_entries_there_were(tmp_path: Path) -> None:
    path = write(tmp_path, kind=PackKind.PERIOD, leaves=[make_leaf(2), make_leaf(3)])

    assert is_verified(verify(path))


def test_a_pack_with_no_entry_says_so(tmp_path: Path) -> None:
    checks = verify(write(tmp_path, leaves=[]))

    assert is_verified(checks)
    assert [check.statement for check in checks if check.passed is None] == [
        "the pack holds no entry of the log"
    ]


def test_it_is_for_its_owners_eyes_only_and_never_written_over(tmp_path: Path) -> None:
    path = write(tmp_path)

    assert path.stat().st_mode & 0o077 == 0
    assert all(one.stat().st_mode & 0o077 == 0 for one in path.rglob("*"))
    with pytest.raises(PackExists):
        write(tmp_path)
    assert is_verified(verify(path))


def test_a_pack_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def leaves() -> Iterator[PackLeaf]:
        yield make_leaf(0)
        raise RuntimeError("broken off")

    for name in ("pack", "pack.zip"):
        with pytest.raises(RuntimeError):
            write_pack(tmp_path / name, make_content(leaves=leaves()), NEXT_KEY)

    assert list(tmp_path.iterdir()) == []


def test_the_readme_tells_how_to_check_with_the_tool_and_without(tmp_path: Path) -> None:
    text = (write(tmp_path) / "README.md").read_text()

    assert f"--origin '{LOG}'" in text
    assert "RFC 9162" in text
    assert "SHA-256 of the byte 00 and the leaf's bytes" in text
    assert KEY.verify_key.text not in text


def test_every_file_changed_is_named(tmp_path: Path) -> None:
    pack = write(tmp_path)

    for name, content in archive(pack).items():
        for place in {0, len(content) // 2, len(content) - 1}:
            changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
            (pack / name).write_bytes(changed)
            assert name in failures(pack), (name, place)
        (pack / name).unlink()
        assert name in failures(pack)
        (pack / name).write_bytes(content)
    assert is_verified(verify(pack))


def test_every_bit_of_the_statement_counts(tmp_path: Path) -> None:
    content = (write(tmp_path) / "pack.json").read_bytes()
    taken = []
    for one in mutants(content):
        try:
            PACK_STATEMENT.check_signature(PACK_STATEMENT.read(one), NEXT_KEY.verify_key)
            taken.append(one)
        except AccordantError:
            continue

    assert (
        PACK_STATEMENT.check_signature(PACK_STATEMENT.read(content), NEXT_KEY.verify_key)
        == NEXT_KEY.verify_key
    )
    assert taken == []


@pytest.mark.parametrize("name", ["extra.txt", "leaves/9.json", "leaves/x.json", "leaves/00.json", ".hidden"])
def test_an_extra_file_is_named(tmp_path: Path, name: str) -> None:
    pack = write(tmp_path)
    (pack / name).write_bytes(WORLD.envelopes[3])

    assert name in failures(pack)
    if not layout.is_known(name):
        sign_again(pack)
        assert name in failures(pack)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("leaves/2.json", make_envelope(2, version=2, choice="granted")),
        ("leaves/2.json", WORLD.envelopes[3]),
        ("leaves/2.json", WORLD.envelopes[2] + b"\n"),
        ("proofs/2.tlog-proof", WORLD.proof(2, 3)),
        ("proofs/2.tlog-proof", WORLD.proof(3, key=NEXT_KEY)),
        ("proofs/2.tlog-proof", WORLD.proof(2)),
        ("proofs/3.tlog-proof", WORLD.proof(3, key=NEXT_KEY)),
        (f"receipts/{event_id(2)}.jws", WORLD.receipt(4, key=NEXT_KEY)),
        (f"receipts/{event_id(2)}.jws", WORLD.receipt(2, key=NEXT_KEY, signer=STRANGER)),
        (f"receipts/{event_id(2)}.jws", WORLD.receipt(2, key=NEXT_KEY, signer=KEY)),
        (f"receipts/{event_id(3)}.jws", WORLD.receipt(3, key=NEXT_KEY)),
        (f"private/{event_id(0)}.json", canonical.dumps({"private": {"ip": "192.0.2.2"}, "salt": "00" * 32})),
        (f"private/{event_id(0)}.json", canonical.dumps({"private": {"ip": "192.0.2.1"}, "salt": "01" * 32})),
        (f"private/{event_id(0)}.json", b'{"private":{},"salt":"zz"}'),
        (f"private/{event_id(2)}.json", canonical.dumps({"private": {}, "salt": "00" * 32})),
        ("checkpoints/3.note", WORLD.checkpoint(2)),
        ("checkpoints/3.note", WORLD.checkpoint(3, key=STRANGER)),
        ("checkpoints/4.note", WORLD.checkpoint(4)),
        ("consistency/3-5.json", canonical.dumps({"path": [one.hex() for one in WORLD.consistency(2, 5)]})),
        ("consistency/3-5.json", b"[]"),
        ("consistency/2-5.json", canonical.dumps({"path": [one.hex() for one in WORLD.consistency(2, 5)]})),
    ],
    ids=range(21),
)
def test_what_does_not_hold_is_named_though_the_statement_was_signed_again(
    tmp_path: Path, name: str, content: bytes
) -> None:
    pack = write(tmp_path)
    (pack / name).write_bytes(content)
    sign_again(pack)

    told = failures(pack)

    assert name in told
    assert "pack.json" not in told


def test_an_entry_left_out_of_the_middle_of_a_subjects_is_noticed(tmp_path: Path) -> None:
    path = write(tmp_path, leaves=[make_leaf(0), make_leaf(4)])

    assert failures(path) == f"{ALICE}: its entry number 2 is missing"


def test_an_entry_under_another_index_is_noticed(tmp_path: Path) -> None:
    pack = write(tmp_path)
    for folder, ending in (("leaves", "json"), ("proofs", "tlog-proof")):
        (pack / folder / f"2.{ending}").rename(pack / folder / f"3.{ending}")
    sign_again(pack)

    assert "proofs/3.tlog-proof: it is of the leaf 2" in failures(pack)


def test_an_entry_that_stands_twice_is_noticed(tmp_path: Path) -> None:
    twice = Log(*WORLD.envelopes, WORLD.envelopes[2])
    leaves = [replace(make_leaf(index, log=twice), receipt=None, private=None) for index in (0, 2, 4, 5)]
    path = write(
        tmp_path, leaves=leaves, checkpoint=twice.checkpoint(key=NEXT_KEY), checkpoints=(), consistency={}
    )

    assert "leaves/5.json" in failures(path)


def test_an_older_checkpoint_that_nothing_ties_to_the_newest_fails(tmp_path: Path) -> None:
    path = write(tmp_path, consistency={(1, 3): WORLD.consistency(1, 3)})

    assert "checkpoints/1.note" in failures(path)
    assert "checkpoints/3.note" in failures(path)


def test_a_forked_log_is_noticed(tmp_path: Path) -> None:
    fork = Log(*WORLD.envelopes[:2], make_envelope(7), *WORLD.envelopes[3:])
    receipt = fork.receipt(0, 3)

    path = write(tmp_path, leaves=[make_leaf(0, receipt=receipt), make_leaf(2), make_leaf(4)])

    assert "forked" in failures(path)


def test_a_second_root_at_the_newest_size_and_a_newer_checkpoint_are_noticed(tmp_path: Path) -> None:
    pack = write(tmp_path)
    fork = Log(*WORLD.envelopes[:4], make_envelope(7), make_envelope(8))
    for size in (5, 6):
        (pack / f"checkpoints/{size}.note").write_bytes(fork.checkpoint(size, key=NEXT_KEY))
    sign_again(pack)

    assert "checkpoints/5.note: the log has another root" in failures(pack)
    assert "checkpoints/6.note: it is newer" in failures(pack)


def test_a_receipt_under_a_checkpoint_that_is_not_tied_is_told(tmp_path: Path) -> None:
    checks = verify(write(tmp_path, checkpoints=(), consistency={}))

    assert is_verified(checks)
    assert [check.statement for check in checks if check.passed is None] == [
        f"receipts/{event_id(0)}.jws rests on a checkpoint that no proof here ties to the newest"
    ]


def make_forgery(folder: Path) -> Path:
    """Return a whole pack of another key, its own key in it."""
    log = Log(make_envelope(0, choice="granted"))
    leaf = PackLeaf(index=0, envelope=log.envelopes[0], proof=log.proof(0, key=STRANGER))
    content = PackContent(
        origin=LOG,
        kind=PackKind.SUBJECT,
        created_at="2026-02-01T00:00:00Z",
        first_key=STRANGER.verify_key,
        checkpoint=log.checkpoint(key=STRANGER),
        leaves=[leaf],
    )
    write_pack(folder / "forged", content, STRANGER)
    return folder / "forged"


def test_the_key_in_a_pack_is_not_trusted(tmp_path: Path) -> None:
    forged = make_forgery(tmp_path)

    assert is_verified(verify_pack(forged, STRANGER.verify_key))
    assert "keys.txt" in failures(forged)
    (forged / "keys.txt").write_text(KEY.verify_key.text + "\n")
    assert not is_verified(verify(forged))


def test_a_pack_of_another_log_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)

    assert is_verified(verify_pack(path, KEY.verify_key, origin=LOG))
    assert not is_verified(verify_pack(path, KEY.verify_key, origin="accordant.example/other"))
    sign_again(path, origin="accordant.example/other")
    assert failures(path) == f"pack.json is of the log {LOG}"


def test_a_hand_over_left_out_is_noticed(tmp_path: Path) -> None:
    assert not is_verified(verify(write(tmp_path, handovers=())))


def test_a_statement_of_a_key_that_was_handed_on_is_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "pack", make_content(), KEY)

    assert not is_verified(verify(tmp_path / "pack"))


# Packs that were made to harm.


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    pack = write(tmp_path)
    for link, target in (("keys2.txt", tmp_path / "secret"), ("private2", tmp_path)):
        (pack / link).symlink_to(target)
        assert not is_verified(verify(pack))
        (pack / link).unlink()
    content = (pack / "README.md").read_bytes()
    (tmp_path / "secret").write_bytes(content)
    (pack / "README.md").unlink()
    (pack / "README.md").symlink_to(tmp_path / "secret")

    assert "README.md" in failures(pack)


def test_what_is_no_plain_file_is_never_opened(tmp_path: Path) -> None:
    pack = write(tmp_path)
    os.mkfifo(pack / "extra")

    assert failures(pack) == "'extra' is no plain file"


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "leaves/../../evil", "C:\\evil", "leaves\\0.json"])
def test_a_name_that_leads_out_of_the_archive_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    entries = [*archive(write(tmp_path)).items(), (name, b"x")]
    before = sorted(tmp_path.rglob("*"))
    path = write_zip(tmp_path / "evil.zip", entries)

    assert "pack.json" in failures(path)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_a_zip_bomb_is_read_up_to_its_limit_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = archive(write(tmp_path))
    path = write_zip(tmp_path / "bomb.zip", list({**files, "leaves/0.json": bytes(50 << 20)}.items()))

    assert "leaves/0.json is larger than" in failures(path)
    monkeypatch.setattr(reading, "MAX_TOTAL", 5_000)
    assert "hold more than 5000 bytes" in failures(write_zip(tmp_path / "long.zip", list(files.items())))


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_compression_that_cannot_be_bounded_is_refused(tmp_path: Path, compression: int) -> None:
    path = write_zip(tmp_path / "odd.zip", list(archive(write(tmp_path)).items()), compression)

    assert "neither stored nor deflated" in failures(path)


def test_an_archive_that_lies_about_a_size_is_refused(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in archive(write(tmp_path)).items():
            file.writestr(name, content)
        file.infolist()[0].file_size = 5
    (tmp_path / "lies.zip").write_bytes(data.getvalue())

    assert not is_verified(verify(tmp_path / "lies.zip"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    entries = [*archive(write(tmp_path)).items(), ("README.md", b"x")]

    assert "twice" in failures(write_zip(tmp_path / "twice.zip", entries))


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = write(tmp_path)
    monkeypatch.setattr(reading, "MAX_FILES", 5)

    assert "more than 5 files" in failures(pack)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_pack_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)

    assert not is_verified(verify(tmp_path / "x.zip"))


def test_an_empty_folder_and_a_missing_one_are_no_pack(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "pack.json" in failures(tmp_path / "empty")
    with pytest.raises(OSError, match="nowhere"):
        verify(tmp_path / "nowhere")


def test_a_folder_zipped_by_hand_is_verified_too(tmp_path: Path) -> None:
    pack = write(tmp_path)

    made = shutil.make_archive(str(tmp_path / "by-hand"), "zip", pack)

    assert is_verified(verify(Path(made)))


# Bugs planted on purpose: each lets something through that the tests above refuse.


def test_a_reader_that_ignores_extra_files_takes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = write(tmp_path)
    (pack / "extra.txt").write_bytes(b"x")
    assert not is_verified(verify(pack))

    def careless(files: reading.PackFiles, statement: PackStatement) -> Iterator[Check]:
        for name, digest in statement.files.items():
            yield Check(digest_bytes(files.read(name)) == digest, name)

    monkeypatch.setattr(verification, "_check_files", careless)

    assert is_verified(verify(pack))


def test_a_reader_that_trusts_the_key_in_the_pack_takes_a_forgery(tmp_path: Path) -> None:
    forged = make_forgery(tmp_path)
    assert not is_verified(verify(forged))

    embedded = type(KEY.verify_key).parse((forged / "keys.txt").read_text())

    assert is_verified(verify_pack(forged, embedded))


@pytest.mark.parametrize(
    ("bug", "name", "content"),
    [
        ("check_leaves", "proofs/2.tlog-proof", WORLD.proof(3, key=NEXT_KEY)),
        ("check_receipts", f"receipts/{event_id(2)}.jws", WORLD.receipt(4, key=NEXT_KEY)),
        ("check_private_parts", f"private/{event_id(0)}.json", b"{}"),
        ("check_history", "checkpoints/3.note", WORLD.checkpoint(2)),
    ],
    ids=["leaves", "receipts", "private parts", "history"],
)
def test_without_one_of_the_checks_its_forgery_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: str, name: str, content: bytes
) -> None:
    leaves = [replace(make_leaf(index), receipt=None) for index in ALICES]
    pack = write(tmp_path, leaves=leaves)
    if bug == "check_leaves":  # what rests on the leaves would fail in their place
        shutil.rmtree(pack / "private")
    (pack / name).parent.mkdir(exist_ok=True)
    (pack / name).write_bytes(content)
    sign_again(pack)
    assert not is_verified(verify(pack))

    nothing: Callable[..., Iterator[Check]] = lambda *_: iter(())  # noqa: E731
    monkeypatch.setattr(verification, bug, nothing)

    assert is_verified(verify(pack))
