"""A witness's file is read strictly, and tells when a log no longer contains what it contained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consent.kernel.handover import KeyChain
from consent.kernel.merkle import root
from consent.kernel.witness import MalformedWitness, read_witness, write_line
from consent.verifier.command.main import main
from consent.verifier.witness import check_against_witness
from tests.verifier_world import KEY, LOG, STRANGER, Log, make_envelope, make_log, mutants

WORLD = make_log()
CHAIN = KeyChain(LOG, KEY.verify_key)
LINES = [write_line(WORLD.checkpoint(size)) for size in (1, 3, 3, 5)]


def roots_of(log: Log) -> Callable[[int], bytes | None]:
    return lambda size: root(log.hashes[:size]) if size <= len(log.hashes) else None


def results(log: Log, lines: list[bytes]) -> list[bool | None]:
    return [check.passed for check in check_against_witness(read_witness(lines), CHAIN, roots_of(log))]


def test_a_log_that_only_grew_agrees_with_its_witness() -> None:
    grown = Log(*WORLD.envelopes, make_envelope(5))

    assert results(grown, LINES) == [True] * 4


def test_a_log_that_was_cut_or_rewritten_does_not() -> None:
    cut = Log(*WORLD.envelopes[:4])
    rewritten = Log(*WORLD.envelopes[:2], make_envelope(9), *WORLD.envelopes[3:])

    assert results(cut, LINES) == [True, True, True, False]
    assert results(rewritten, LINES) == [True, False, False, False]


def test_what_the_log_never_signed_is_not_taken() -> None:
    forged = write_line(WORLD.checkpoint(5, key=STRANGER))

    assert results(WORLD, [*LINES, forged]) == [True, True, True, True, False]


def test_every_bit_flipped_is_refused_or_fails() -> None:
    taken = []
    for one in mutants(LINES[0]):
        try:
            if results(WORLD, [one]) == [True]:
                taken.append(one)
        except MalformedWitness:
            continue

    assert results(WORLD, LINES[:1]) == [True]
    assert taken == []


@pytest.mark.parametrize(
    "lines",
    [
        [b""],
        [b"\n"],
        [b"{}\n"],
        [LINES[0].removesuffix(b"\n")],
        [LINES[0].replace(b'"size":1', b'"size":2')],
        [LINES[0].replace(b'"size":1', b'"size":1.0')],
        [LINES[0].replace(b'"size":1', b'"more":1,"size":1')],
        [LINES[1], LINES[0]],
        [LINES[0], write_line(Log(*WORLD.envelopes, origin="b.example/log").checkpoint(3))],
    ],
)
def test_what_no_witness_writes_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(MalformedWitness):
        read_witness(lines)


def compare(folder: Path, checkpoint: bytes, lines: list[bytes], capsys: pytest.CaptureFixture[str]) -> Any:
    """Return the exit code of `accordant-verify checkpoint --witness`, and what it printed."""
    (folder / "one.note").write_bytes(checkpoint)
    (folder / "witness").write_bytes(b"".join(lines))
    code = main(
        ["checkpoint", f"{folder}/one.note", "--key", KEY.verify_key.text, "--witness", f"{folder}/witness"]
    )
    return code, capsys.readouterr().out


def test_the_command_compares_a_checkpoint_with_the_witness(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Log(*WORLD.envelopes[:2], make_envelope(9), *WORLD.envelopes[3:])

    assert compare(tmp_path, WORLD.checkpoint(3), LINES, capsys)[0] == 0
    code, said = compare(tmp_path, other.checkpoint(3), LINES, capsys)

    assert code == 1
    assert said.count("FAILED  the log's first 3 leaves are not those that were witnessed") == 2


def test_the_command_says_where_there_was_nothing_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = compare(tmp_path, WORLD.checkpoint(4), LINES, capsys)

    assert code == 0
    assert "skipped the witness kept no checkpoint of 4 leaves" in said


def test_the_command_takes_no_file_that_a_witness_did_not_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(tmp_path, WORLD.checkpoint(3), [LINES[1], b"{}\n"], capsys)[0] == 1
