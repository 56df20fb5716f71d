"""The command line of `accordant-verify`."""

import argparse
from pathlib import Path
from typing import TypeAlias

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_EPILOG = """\
Take the key from where it was published, not from whoever hands you the files. Each check prints a line; the
exit code is 0 only if none failed. Nothing is sent anywhere."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="accordant-verify",
        description="Check what Accordant signed: receipts, manifests, certificates, access packages, packs.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_receipt(commands)
    _add_manifest(commands)
    _add_certificate(commands)
    _add_pack(commands)
    _add_access(commands)
    _add_checkpoint(commands)
    return parser


def _add_receipt(commands: _Commands) -> None:
    parser = commands.add_parser("receipt", help="one receipt (.jws)")
    parser.add_argument("file", type=Path)
    _add_trust(parser, has_handovers=True)
    parser.add_argument("--policy", type=Path, help="canonical JSON of the policy version that it names")


def _add_manifest(commands: _Commands) -> None:
    parser = commands.add_parser("manifest", help="a run's manifest, and the files beside it")
    parser.add_argument("file", type=Path)
    _add_trust(parser, has_handovers=True)
    parser.add_argument("--output", type=Path, help="default: beside the manifest")
    parser.add_argument("--evidence", type=Path, help="default: beside the manifest")
    claim = parser.add_mutually_exclusive_group()
    claim.add_argument("--present", metavar="ID", help="kind:value was in the rows that left")
    claim.add_argument("--absent", metavar="ID", help="kind:value was in none of the rows that left")


def _add_certificate(commands: _Commands) -> None:
    parser = commands.add_parser("certificate", help="a certificate of erasure (.json)")
    parser.add_argument("file", type=Path)
    _add_trust(parser, has_handovers=True)


def _add_pack(commands: _Commands) -> None:
    parser = commands.add_parser("pack", help="an evidence pack: a folder or a .zip")
    parser.add_argument("path", type=Path)
    _add_trust(parser, has_handovers=False)


def _add_access(commands: _Commands) -> None:
    parser = commands.add_parser("access", help="an access package: the .zip that a person was given")
    parser.add_argument("file", type=Path)
    _add_trust(parser, has_handovers=True)


def _add_checkpoint(commands: _Commands) -> None:
    parser = commands.add_parser("checkpoint", help="a signed checkpoint (.note)")
    parser.add_argument("file", type=Path)
    _add_trust(parser, has_handovers=True)
    parser.add_argument("--witness", type=Path, metavar="FILE", help="what a witness kept, to compare with")


def _add_trust(parser: argparse.ArgumentParser, *, has_handovers: bool) -> None:
    parser.add_argument(
        "--key", required=True, help="the published first key of the log (name+hash+key), or a file with it"
    )
    parser.add_argument("--origin", help="the log's name; default: the key's name")
    if has_handovers:
        add_handovers(parser)


def add_handovers(parser: argparse.ArgumentParser) -> None:
    """Declare the notes by which keys were handed on."""
    parser.add_argument(
        "--handover",
        type=Path,
        action="append",
        default=[],
        metavar="NOTE",
        help="a note by which one key was handed on to the next; may be repeated",
    )
