"""`python -m consent.signals`: a line for each that is given, 2 where one was refused, and no Django."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.launch.arguments import ROOT
from consent.signals.command.main import main
from consent.signals.gpp.header import write_header
from consent.signals.tcf import encode, to_json
from tests.tcf_bad_input import CORE_TEXT, ranges, with_consents
from tests.tcf_strings import make_string, make_typical
from tests.vendor_lists import write_list

TYPICAL = make_typical(4)
TEXT = encode(TYPICAL)


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[Any]]:
    code = main(words)
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_string_is_told_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    other = make_string(5)
    code, told = _run(capsys, "decode", TEXT, encode(other))

    assert code == 0
    assert told == [{"kind": "tcf", **to_json(TYPICAL)}, {"kind": "tcf", **to_json(other)}]
    assert told[0]["purposesConsent"] == told[0]["purposeConsents"] == list(TYPICAL.purposes_consent)
    assert told[0]["disclosedVendors"] == sorted(TYPICAL.disclosed_vendors or ())


def test_what_is_refused_is_an_error_with_its_place_and_the_others_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, told = _run(capsys, "decode", CORE_TEXT[:20], TEXT, "?")

    assert code == 2
    assert told[0]["error"]["reason"] == "truncated"
    assert (told[0]["error"]["position"], told[0]["error"]["field"]) == (20, "VendorListVersion")
    assert told[1]["kind"] == "tcf"
    assert (told[2]["error"]["reason"], told[2]["error"]["position"]) == ("unknown_kind", 0)


def test_leniently_it_is_told_what_was_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _run(capsys, "decode", "--lenient", with_consents(ranges(9, (3,), (0,))), "CAAA", "?", TEXT)

    assert code == 0
    assert told[0]["vendorConsents"] == [3]
    assert [[fault["reason"] for fault in one["ignored"]] for one in told] == [
        ["vendor_zero"],
        ["truncated"],
        ["unknown_kind"],
        [],
    ]


@pytest.mark.parametrize("shape", ["one", "lines", "list"])
def test_what_decode_prints_encode_takes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, shape: str
) -> None:
    texts = [TEXT] if shape == "one" else [TEXT, encode(make_string(6))]
    main(["decode", "--lenient", *texts])
    printed = capsys.readouterr().out
    file = tmp_path / "told.json"
    file.write_text(f"[{','.join(printed.splitlines())}]" if shape == "list" else printed)

    assert main(["encode", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == texts


@pytest.mark.parametrize(
    ("content", "reason", "field", "position"),
    [
        ('{"created": "2026-02-01T00:00:00Z", "cmpId": 4096}', "out_of_range", "CmpId", None),
        ('{"created": "2026-04-01T00:00:00Z"}', "disclosed_vendors_missing", "DisclosedVendors", None),
        ('{"created": "2026-04-01"}', "not_a_time", "created", None),
        ('{"cmpId": 4}', "not_a_time", "created", None),
        ('{"created": "2026-04-01T00:00:00Z", "purposes": []}', "unknown_name", "purposes", None),
        ('{"kind": "tcf2"}', "unknown_kind", "kind", None),
        ("[5]", "wrong_kind", "", None),
        ('{"cmpId":', "not_json", "", 9),
        ('{"cmpId": 3}\n{oh', "not_json", "", 14),
    ],
)  # fmt: skip
def test_json_that_tells_no_string_is_refused(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: str,
    reason: str,
    field: str,
    position: int | None,
) -> None:
    (tmp_path / "told.json").write_text(content)
    code, told = _run(capsys, "encode", str(tmp_path / "told.json"))

    assert code == 2
    error = told[-1]["error"]
    assert (error["reason"], error["field"], error["position"]) == (reason, field, position)


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, told = _run(capsys, "encode", str(tmp_path / "none.json"))

    assert code == 2
    assert told[0]["error"]["reason"] == "unreadable_file"


def _check(capsys: pytest.CaptureFixture[str], gvl: Path, text: str, *words: str) -> tuple[int, Any]:
    code, told = _run(capsys, "check", text, "--gvl", str(gvl), *words)
    return code, told[0]


@pytest.fixture
def gvl(tmp_path: Path) -> Path:
    path = tmp_path / "gvl.json"
    path.write_bytes(write_list(TYPICAL.vendor_list_version))
    return path


def test_a_check_answers_with_the_reason(capsys: pytest.CaptureFixture[str], gvl: Path) -> None:
    vendors = ["--vendor", "5", "--purpose", "2"]

    assert _check(capsys, gvl, TEXT, "--vendor", "99", "--purpose", "2") == (
        0,
        {
            "allowed": False,
            "basis": None,
            "reason": "unknown_vendor",
            "text": "the vendor list has no such vendor",
            "findings": [],
        },
    )
    assert _check(capsys, gvl, TEXT, *vendors)[1]["reason"] == "vendor_deleted"
    assert (
        _check(capsys, gvl, TEXT, *vendors, "--at", "2020-01-01T00:00:00Z")[1]["reason"] != "vendor_deleted"
    )
    assert _check(capsys, gvl, TEXT, "--vendor", "6", "--special-purpose", "1")[1]["reason"] in {
        "disclosed",
        "vendor_not_disclosed",
    }
    assert _check(capsys, gvl, TEXT, "--vendor", "1", "--special-feature", "2")[1]["allowed"] is False


def test_a_string_without_disclosed_vendors_says_no_and_why(
    capsys: pytest.CaptureFixture[str], gvl: Path
) -> None:
    code, told = _check(capsys, gvl, CORE_TEXT, "--vendor", "1", "--purpose", "2")

    assert code == 0
    assert (told["allowed"], told["reason"]) == (False, "string_invalid")
    assert [finding["rule"] for finding in told["findings"]] == ["disclosed_vendors_missing"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["1YNN"], "unknown_kind"),
        ([CORE_TEXT[:30]], "truncated"),
        ([TEXT, "--at", "noon"], "not_a_time"),
        ([TEXT, "--at", "2026-01-01T00:00:00"], "not_a_time"),
    ],
)
def test_a_check_that_cannot_be_made_is_refused(
    capsys: pytest.CaptureFixture[str], gvl: Path, words: list[str], reason: str
) -> None:
    code, told = _check(capsys, gvl, words[0], "--vendor", "1", "--purpose", "2", *words[1:])

    assert code == 2
    assert told["error"]["reason"] == reason


def test_a_vendor_list_that_cannot_be_read_is_refused(
    capsys: pytest.CaptureFixture[str], gvl: Path, tmp_path: Path
) -> None:
    gvl.write_text("{}")
    ask = ["--vendor", "1", "--purpose", "2"]

    assert _check(capsys, gvl, TEXT, *ask)[1]["error"]["field"] == "gvlSpecificationVersion"
    assert _check(capsys, tmp_path / "none", TEXT, *ask)[1]["error"]["reason"] == "unreadable_file"


def test_it_runs_as_a_module_and_imports_no_framework_and_no_codec_that_is_not_needed() -> None:
    program = (
        "import json, runpy, sys\n"
        f"sys.argv = ['consent.signals', 'decode', {TEXT!r}]\n"
        "try:\n    runpy.run_module('consent.signals', run_name='__main__')\n"
        "except SystemExit as ended:\n    code = ended.code\n"
        "print(json.dumps([code, sorted(sys.modules)]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told, last = map(json.loads, run.stdout.splitlines())
    code, modules = last

    assert told == {"kind": "tcf", **to_json(TYPICAL)}
    assert code == 0
    assert not {"django", "rest_framework", "psycopg", "celery"} & set(modules)
    assert not [name for name in modules if name.startswith(("consent.signals.gpp", "consent.signals.us_pr"))]
    assert "consent.signals.tcf.gvl" not in modules


@pytest.mark.parametrize("before", [(), (5, 7, 40)], ids=["alone", "among-others"])
def test_a_gpp_string_is_judged_by_its_tc_string(
    capsys: pytest.CaptureFixture[str], gvl: Path, before: tuple[int, ...]
) -> None:
    ids = tuple(sorted((2, *before)))
    wrapped = "~".join((write_header(ids), *(TEXT if one == 2 else "nobody reads this" for one in ids)))

    for vendor in range(1, 8):
        ask = ["--vendor", str(vendor), "--purpose", "2"]
        assert _check(capsys, gvl, wrapped, *ask) == _check(capsys, gvl, TEXT, *ask)
    old = f"{write_header((2,))}~{CORE_TEXT}"
    code, told = _check(capsys, gvl, old, "--vendor", "1", "--purpose", "2")
    assert (code, told["reason"]) == (0, "string_invalid")


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("DBABLA~BVVqAAAAAgA.QA", "no_such_section", 0),
        ("DBAA", "no_such_section", 0),
        ("DBABTA~1YNN", "no_such_section", 0),
        (f"{write_header((2, 7))}~{TEXT}", "section_count", len(TEXT) + 8),
        (f"{write_header((2,))}~", "truncated", 7),
        (f"{write_header((2,))}~{CORE_TEXT[:20]}", "truncated", 27),
        (f"{write_header((2,))}~{TEXT[:9]}*{TEXT[10:]}", "not_base64url", 16),
        ("DBA", "truncated", 3),
    ],
    ids=["us", "nothing", "us-privacy", "too-few", "empty", "cut", "mutated", "no-header"],
)
def test_a_gpp_string_without_a_tc_string_in_order_is_refused(
    capsys: pytest.CaptureFixture[str], gvl: Path, text: str, reason: str, position: int
) -> None:
    code, told = _check(capsys, gvl, text, "--vendor", "1", "--purpose", "2")

    assert code == 2
    assert (told["error"]["reason"], told["error"]["position"]) == (reason, position)
