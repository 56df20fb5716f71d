"""`decode`, `encode` and `check`: one JSON object, or one string, for each that is given."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

from consent.signals.command.kinds import detect, detect_told
from consent.signals.command.reading import read_told
from consent.signals.command.words import Parser, set_apart
from consent.signals.errors import Fault, MalformedSignal

REFUSED = 2
UNREAD = 1
_BESIDE = ("kind", "ignored")
"""What stands in the JSON beside the signal itself."""


def main(words: Sequence[str]) -> int:
    """Carry out the command and return the exit code: 2 if anything was refused, with the error as JSON.

    If nobody reads what is printed any more, it ends with 1.
    """
    try:
        parsed = _parser().parse_args(set_apart(words))
        code = int(parsed.run(parsed))
        sys.stdout.flush()
    except MalformedSignal as refused:
        return _refuse(refused.fault)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the last flush is quiet
        return UNREAD
    return code


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m consent.signals", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    decode = commands.add_parser("decode", help="print what strings say, one JSON object each")
    decode.add_argument(
        "--lenient", action="store_true", help="ignore what is wrong, and say what was ignored"
    )
    decode.add_argument("strings", nargs="+", metavar="STRING", help="TC, GPP or US Privacy strings")
    decode.set_defaults(run=_run_decode)
    encode = commands.add_parser("encode", help="print the strings that JSON tells, one each")
    encode.add_argument(
        "file", nargs="?", type=Path, help="one object, a list, or one object a line; else stdin"
    )
    encode.set_defaults(run=_run_encode)
    _add_check(commands.add_parser("check", help="say whether a vendor may process a purpose, and why"))
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    check.add_argument("string", metavar="STRING", help="a TC string, or a GPP string with one")
    check.add_argument("--vendor", type=int, required=True, metavar="V", help="the vendor's number")
    asked = check.add_mutually_exclusive_group(required=True)
    asked.add_argument("--purpose", type=int, metavar="P", help="the purpose's number")
    asked.add_argument("--special-purpose", type=int, metavar="P", help="the special purpose's number")
    asked.add_argument("--special-feature", type=int, metavar="F", help="the special feature's number")
    check.add_argument(
        "--gvl", type=Path, required=True, metavar="FILE", help="the vendor list it was made by"
    )
    check.add_argument(
        "--at", metavar="TIME", help="when; without it, a vendor whose deletion is told may not"
    )
    check.set_defaults(run=_run_check)


def _run_decode(parsed: argparse.Namespace) -> int:
    read = _decode_leniently if parsed.lenient else _decode
    return _answer_each(parsed.strings, lambda text: dumps(read(text)))


def _decode(text: str) -> dict[str, Any]:
    kind = detect(text)
    codec = kind.codec()
    return {"kind": kind.name, **codec.to_json(codec.decode(text))}


def _decode_leniently(text: str) -> dict[str, Any]:
    try:
        kind = detect(text)
    except MalformedSignal as unknown:
        return {"kind": None, "ignored": [asdict(unknown.fault)]}
    codec = kind.codec()
    read, faults = codec.decode_leniently(text)
    told = {} if read is None else codec.to_json(read)
    return {"kind": kind.name, **told, "ignored": [asdict(fault) for fault in faults]}


def _run_encode(parsed: argparse.Namespace) -> int:
    return _answer_each(read_told(_read_content(parsed.file)), _encode)


def _read_content(file: Path | None) -> str:
    try:
        if file is None or str(file) == "-":
            return sys.stdin.read() if sys.stdin else ""
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as fault:  # bytes that are no text, and a name with a zero byte
        raise MalformedSignal(Fault("unreadable_file", f"the file cannot be read: {fault}")) from None


def _encode(told: Any) -> str:
    if not isinstance(told, dict):
        raise MalformedSignal(Fault("wrong_kind", "a string is told as an object"))
    codec = detect_told(told).codec()
    plain = {name: value for name, value in told.items() if name not in _BESIDE}
    return str(codec.encode(codec.from_json(plain)))


def _run_check(parsed: argparse.Namespace) -> int:
    from consent.signals.command.checking import check  # noqa: PLC0415 - the other commands need no lists

    return _answer_each([parsed], lambda asked: dumps(check(asked)))


def _answer_each(inputs: Iterable[Any], answer: Callable[[Any], str]) -> int:
    """Print the answer to each input, or why it is refused; and return the exit code."""
    code = 0
    for one in inputs:
        try:
            print(answer(one))  # noqa: T201 - this is a command
        except MalformedSignal as refused:
            code = _refuse(refused.fault)
    return code


def _refuse(fault: Fault) -> int:
    print(dumps({"error": asdict(fault)}))  # noqa: T201 - this is a command
    return REFUSED
