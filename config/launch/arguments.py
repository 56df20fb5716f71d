"""The commands of `./dev` and their options."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_HOME = ROOT / ".accordant"
EPILOG = """\
Everything local lives in .accordant/ (or --home, or ACCORDANT_HOME). With DATABASE_URL or BROKER_URL set,
that server is used and none is started in its place. Ctrl-C ends a serving demo with exit code 0; a command
that a signal cuts short ends with 128 + the signal's number."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """One parsed command line."""

    command: str
    lock: str
    """The file in `requirements/` that holds what the command needs."""
    home: Path
    once: bool = False
    json: Path | None = None
    port: int | None = None
    fix: bool = False
    long: bool = False
    upgrade: bool = False
    name: str | None = None
    rest: tuple[str, ...] = field(default=())
    """What is passed on to pytest or to Django."""


def parse(words: Sequence[str]) -> Arguments:
    """Return the command line `words`, or end the process with an explanation."""
    parser = _parser()
    if words[:1] == ["manage"]:
        return Arguments(command="manage", lock="local", home=_home(None), rest=tuple(words[1:]))
    parsed, rest = parser.parse_known_args(words)
    if rest and parsed.command != "test":
        parser.error(f"{parsed.command} does not know {' '.join(rest)}")
    options = vars(parsed)
    options["home"] = _home(options.pop("home", None))
    if options.get("json"):
        options["json"] = options["json"].absolute()
    return Arguments(**options, rest=tuple(rest))


def _home(given: Path | None) -> Path:
    return (given or Path(os.environ.get("ACCORDANT_HOME") or DEFAULT_HOME)).expanduser().absolute()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./dev", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(
        commands.add_parser("demo", help="set everything up, run the main job, print its story, then serve")
    )
    test = commands.add_parser(
        "test",
        help="run all tests, or those in PATH; options of pytest are passed on",
        usage="./dev test [--long] [--home DIR] [PATH ...] [PYTEST OPTION ...]",
    )
    test.add_argument("--long", action="store_true", help="also the tests that take minutes")
    _add_home(test)
    test.set_defaults(lock="dev")
    check = commands.add_parser(
        "check", help="format, lint, types, import contracts, migrations, OpenAPI; no tests"
    )
    check.add_argument(
        "--fix", action="store_true", help="format, mend what can be mended, and write the OpenAPI file"
    )
    check.set_defaults(lock="dev")
    bench = commands.add_parser("bench", help="measure, and print a table and JSON")
    bench.add_argument("name", nargs="?", metavar="NAME", help="one benchmark only")
    _add_home(bench)
    bench.set_defaults(lock="dev")
    commands.add_parser("manage", help="Django's manage.py with the services up", add_help=False)
    lock = commands.add_parser("lock", help="write the locked requirements anew from pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="take the newest versions that it allows")
    lock.set_defaults(lock="dev")
    return parser


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--once", action="store_true", help="end after the story instead of serving")
    demo.add_argument("--json", type=Path, metavar="FILE", help="also write the story's figures to FILE")
    demo.add_argument(
        "--port", type=_port, metavar="N", help="serve there (default: 8000, or the next free one)"
    )
    _add_home(demo)
    demo.set_defaults(lock="local")


def _add_home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, metavar="DIR", help="where databases, keys and logs live")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)
