"""Whatever is typed or piped in, `python -m consent.signals` answers in JSON, and 2 where it refuses."""

import io
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from config.launch.arguments import ROOT
from consent.signals import gpp, tcf, us_privacy
from consent.signals.command import words
from consent.signals.command.main import main
from consent.signals.command.words import OPTIONS, set_apart
from tests.tcf_strings import make_string, make_typical

TC, GPP, USP = tcf.encode(make_typical(4)), "DBABLA~BVVqAAAAAgA.QA", "1YNN"
GOOD = (TC, GPP, USP)
ASK = ("--vendor", "1", "--purpose", "1", "--gvl")
BAD_TEXTS = {
    "nothing": ("", "unknown_kind", 0),
    "a blank": (" ", "unknown_kind", 0),
    "a dash": ("-", "unknown_kind", 0),
    "two dashes and more": ("--strict", "unknown_kind", 0),
    "an option's beginning": ("--len", "unknown_kind", 0),
    "a TC string with a dash at first": ("-" + TC[1:], "unknown_kind", 0),
    "a GPP string with a dash at first": ("-" + GPP[1:], "unknown_kind", 0),
    "a zero byte": ("C\0", "not_base64url", 1),
    "a zero byte at first": ("\0C", "unknown_kind", 0),
    "no ASCII": ("Cé", "not_base64url", 1),
    "a digit of another script": ("\uff11YNN", "unknown_kind", 0),
    "half a character": ("C\ud800", "not_base64url", 1),
    "a line's end": (TC + "\n", "not_base64url", len(TC)),
    "a megabyte of a TC string": ("C" * 2**20, "too_long", tcf.LONGEST),
    "a megabyte of a GPP string": ("D" * 2**20, "overlong", 24_576),
    "a megabyte of US Privacy": ("1YNN" + "-" * 2**20, "overlong", 4),
    "a megabyte of segments": ("D" + "~" * 2**20, "overlong", 24_576),
    "a megabyte of anything": ("é" * 2**20, "unknown_kind", 0),
}


def run(capsys: pytest.CaptureFixture[str], *typed: str) -> tuple[int, list[Any]]:
    code = main(typed)
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_text_that_is_no_string_is_refused_with_its_place_by_each_command(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text, reason, position = BAD_TEXTS[name]

    assert_refused(run(capsys, "decode", text), reason, position)
    code, told = run(capsys, "decode", "--lenient", text)
    assert code == 0
    assert told[0]["ignored"]
    code, told = run(capsys, "check", text, *ASK, os.devnull)
    assert (code, told[0]["error"]["position"]) == (2, 0 if text[:1] == "1" else position)


def assert_refused(answer: tuple[int, list[Any]], reason: str, position: int | None) -> None:
    code, [told] = answer
    assert code == 2
    assert (told["error"]["reason"], told["error"]["position"]) == (reason, position)


def test_good_and_bad_strings_are_told_each_in_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    bad = [text for text, _, _ in BAD_TEXTS.values() if len(text) < 2_000]
    typed = [one for text in bad for one in (text, *GOOD)]

    code, told = run(capsys, "decode", *typed)

    assert code == 2
    assert ["error" in one for one in told] == [text in bad for text in typed]
    assert [one["kind"] for one in told if "kind" in one] == ["tcf", "gpp", "us_privacy"] * len(bad)


def test_each_character_of_the_alphabet_may_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    changed = [letter + TC[1:] for letter in "-_09AZaz.~+/=&% "]

    code, told = run(capsys, "decode", *changed, TC)

    assert code == 2
    assert all(one["error"]["position"] in (0, 1) for one in told[:-1])
    assert told[-1]["kind"] == "tcf"


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["decode"],
        ["decode", "--lenient"],
        ["redecode", TC],
        ["--lenient", "decode", TC],
        ["encode", "one.json", "two.json"],
        ["check", TC],
        ["check", TC, "--vendor", "x", "--purpose", "1", "--gvl", os.devnull],
        ["check", TC, "--vendor", "9" * 5_000, "--purpose", "1", "--gvl", os.devnull],
        ["check", TC, "--vendor", "1", "--purpose", "1", "--special-purpose", "1", "--gvl", os.devnull],
        ["check", TC, "--vendor", "1", "--purpose", "1", "--gvl"],
        ["check", TC, TC, *ASK, os.devnull],
    ],
    ids=[
        *("nothing", "no-string", "only-an-option", "another-command", "option-before-command", "two-files"),
        *("no-vendor", "a-word-for-a-number", "a-long-number", "two-questions", "no-file", "two-strings"),
    ],
)
def test_words_that_are_no_command_are_refused_too(
    capsys: pytest.CaptureFixture[str], typed: list[str]
) -> None:
    code = main(typed)
    printed = capsys.readouterr()

    assert code == 2
    assert json.loads(printed.out)["error"]["reason"] == "wrong_words"
    assert printed.err.startswith("usage: python -m consent.signals")


def test_a_value_may_begin_with_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = run(capsys, "check", TC, "--vendor", "-5", "--purpose", "-1", "--gvl", "-none")

    assert (code, told[0]["error"]["reason"]) == (2, "unreadable_file")


def test_the_options_are_those_of_the_parser() -> None:
    from consent.signals.command.main import _parser  # noqa: PLC0415

    [commands] = [one for one in _parser()._actions if one.nargs == "A..."]

    assert isinstance(commands.choices, dict)
    for name, parser in commands.choices.items():
        known = {option: action.nargs != 0 for action in parser._actions for option in action.option_strings}
        assert known == OPTIONS[name]


def test_a_word_is_set_apart_wherever_it_stands() -> None:
    assert set_apart(["decode", "-x", "--lenient", "y"]) == ["decode", "--lenient", "--", "-x", "y"]
    assert set_apart(["decode", "--", "--lenient"]) == ["decode", "--", "--lenient"]
    assert set_apart(["check", "--at=1", "-x", "--gvl", "-f"]) == ["check", "--at=1", "--gvl=-f", "--", "-x"]
    assert set_apart(["other", "-x"]) == ["other", "-x"]
    assert set_apart([]) == []


def test_a_dash_taken_for_an_option_is_seen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent.signals.command.main.set_apart", list)

    code, told = run(capsys, "decode", "-" + TC[1:], TC)

    assert code == 2
    assert len(told) == 1  # the good string is lost
    assert words.set_apart(["decode", "-x"]) == ["decode", "--", "-x"]


CREATED = '"created": "2026-02-01T00:00:00Z"'
BAD_JSON = {
    "NaN": (f'{{{CREATED}, "cmpId": NaN}}', "not_json"),
    "infinity": (f'{{{CREATED}, "cmpId": -Infinity}}', "not_json"),
    "a number of many digits": (f'{{{CREATED}, "cmpId": {"9" * 4_000}}}', "out_of_range"),
    "a number of too many digits": (f'{{{CREATED}, "cmpId": {"9" * 5_000}}}', "not_json"),
    "a vendor of many digits": (f'{{{CREATED}, "vendorConsents": [{"9" * 4_000}]}}', "out_of_range"),
    "a fraction": (f'{{{CREATED}, "cmpId": 1.0}}', "wrong_kind"),
    "a truth for a number": (f'{{{CREATED}, "cmpId": true}}', "wrong_kind"),
    "a fraction under the other name": (
        f'{{{CREATED}, "vendorsDisclosed": [1], "disclosedVendors": [1.0]}}',
        "wrong_kind",
    ),
    "a truth under the other name": (
        f'{{{CREATED}, "purposeConsents": [1], "purposesConsent": [true]}}',
        "wrong_kind",
    ),
    "a name twice": (f'{{{CREATED}, "cmpId": 1, "cmpId": 2}}', "duplicate_name"),
    "letters joined in one sign": (f'{{{CREATED}, "consentLanguage": "\ufb01"}}', "not_letters"),
    "letters of another script": (f'{{{CREATED}, "publisherCountryCode": "\u0131\u0131"}}', "not_letters"),
    "a list in a list": ("[[]]", "wrong_kind"),
    "lists without end": ("[" * 100_000, "not_json"),
    "objects without end": (f'{{{CREATED}, "cmpId":{"[" * 900 + "]" * 900}}}', "wrong_kind"),
    "a null": ("null", "wrong_kind"),
    "a word": ("consent", "not_json"),
    "half a character": (f'{{{CREATED}, "consentLanguage": "\\ud800\\ud800"}}', "not_letters"),
    "a zero byte": ('{"cmpId"\0: 1}', "not_json"),
    "a mark of byte order": ("\ufeff{}", "not_json"),
    "no GPP object": ('{"sections": []}', "wrong_type"),
    "a section of no name": ('{"sections": {"usxx": {}}}', "unknown_section"),
    "a field of no name": ('{"sections": {"usnat": {"Version": 1, "Sale": 1}}}', "unknown_field"),
    "a letter of US Privacy": (
        '{"Version": 1, "Notice": "X", "OptOutSale": "N", "LspaCovered": "N"}',
        "not_allowed",
    ),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_json_that_tells_no_string_is_refused_from_a_file_and_from_a_pipe(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content, reason = BAD_JSON[name]
    file = tmp_path / "told.json"
    file.write_text(content, encoding="utf-8")
    answers = [run(capsys, "encode", str(file))]
    for typed in (["encode"], ["encode", "-"]):
        monkeypatch.setattr(sys, "stdin", io.StringIO(content))
        answers.append(run(capsys, *typed))

    assert [code for code, _ in answers] == [2, 2, 2]
    assert all(told[-1]["error"]["reason"] == reason for _, told in answers)
    assert answers[0] == answers[1] == answers[2]


def test_a_bad_object_among_good_ones_costs_only_itself(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    strings = [make_string(5), make_string(6)]
    first, last = (json.dumps(tcf.to_json(one)) for one in strings)
    file = tmp_path / "told.jsonl"
    file.write_text(f'{first}\n{{"cmpId": 1.5}}\n\n{last}\n')

    code = main(["encode", str(file)])
    printed = capsys.readouterr().out.splitlines()

    assert code == 2
    assert [printed[0], printed[2]] == [tcf.encode(one) for one in strings]
    assert json.loads(printed[1])["error"]["field"] == "created"


def test_files_that_cannot_be_read_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe{}")
    for name in (str(binary), str(tmp_path), str(tmp_path / "none"), "zero\0byte", "-none"):
        assert_refused(run(capsys, "encode", name), "unreadable_file", None)
    for name in (str(tmp_path), str(tmp_path / "none"), "zero\0byte"):
        assert_refused(run(capsys, "check", TC, *ASK, name), "unreadable_file", None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff{}"), encoding="utf-8"))
    assert_refused(run(capsys, "encode"), "unreadable_file", None)
    monkeypatch.setattr(sys, "stdin", None)
    assert run(capsys, "encode") == (0, [])


def test_who_reads_no_further_ends_the_command_without_a_trace() -> None:
    command = [sys.executable, "-m", "consent.signals", "decode", *[TC] * 300]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout
        assert run.stderr
        assert json.loads(run.stdout.readline())["kind"] == "tcf"
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 1


def test_what_each_kind_tells_is_what_its_codec_tells(capsys: pytest.CaptureFixture[str]) -> None:
    _, told = run(capsys, "decode", *GOOD)

    assert told == [
        {"kind": "tcf", **tcf.to_json(tcf.decode(TC))},
        {"kind": "gpp", **gpp.to_json(gpp.decode(GPP))},
        {"kind": "us_privacy", **us_privacy.to_json(us_privacy.decode(USP))},
    ]
    sets = [value for value in told[0].values() if isinstance(value, list) and value]
    for numbers in (one for one in sets if isinstance(one[0], int)):
        assert all(first < second for first, second in pairwise(numbers))
