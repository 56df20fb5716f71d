"""From a parsed command line to the checks it asks for, and from them to an exit code."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from consent.kernel.checkpoints import Checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.kernel.witness import read_witness
from consent.verifier.access.verification import verify_access_package
from consent.verifier.certificates.verification import verify_certificate
from consent.verifier.checks import Check, is_verified
from consent.verifier.command.arguments import make_parser
from consent.verifier.keys import load_key
from consent.verifier.manifests.verification import Claim, verify_run
from consent.verifier.packs.verification import verify_pack
from consent.verifier.receipts.verification import verify_receipt_by_chain
from consent.verifier.witness import check_against_witness


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the command line and return its exit code: 0 only if something held and nothing failed."""
    parsed = make_parser().parse_args(arguments)
    try:
        checks = list(_tell(_COMMANDS[parsed.command](parsed)))
    except AccordantError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or 'a file'} cannot be read: {error.strerror}")
    if not is_verified(checks):
        return _refuse("")
    sys.stdout.write("verified\n")
    return 0


def _tell(checks: Iterable[Check]) -> Iterable[Check]:
    for check in checks:
        sys.stdout.write(f"{check}\n")
        yield check


def _refuse(reason: str) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"not verified: {reason}\n" if reason else "not verified\n")
    return 1


def _receipt(parsed: argparse.Namespace) -> Iterable[Check]:
    policy = parsed.policy.read_bytes() if parsed.policy else None
    return verify_receipt_by_chain(parsed.file.read_bytes(), _chain(parsed), policy=policy)


def _manifest(parsed: argparse.Namespace) -> Iterable[Check]:
    named = parsed.absent if parsed.present is None else parsed.present
    return verify_run(
        parsed.file,
        _chain(parsed),
        output=parsed.output,
        evidence=parsed.evidence,
        claim=None if named is None else Claim(identifier=named, present=parsed.present is not None),
    )


def _certificate(parsed: argparse.Namespace) -> Iterable[Check]:
    return verify_certificate(parsed.file.read_bytes(), _chain(parsed))


def _pack(parsed: argparse.Namespace) -> Iterable[Check]:
    return verify_pack(parsed.path, load_key(parsed.key), origin=parsed.origin)


def _access(parsed: argparse.Namespace) -> Iterable[Check]:
    return verify_access_package(parsed.file, _chain(parsed))


def _checkpoint(parsed: argparse.Namespace) -> Iterable[Check]:
    chain = _chain(parsed)
    checkpoint = chain.verify_checkpoint(parsed.file.read_bytes())
    yield Check(passed=True, statement=f"signed by {chain.key_for(checkpoint.size).text}")
    told = f"the log {checkpoint.origin} has {checkpoint.size} leaves, root {checkpoint.root.hex()}"
    yield Check(passed=True, statement=told)
    if parsed.witness:
        yield from _compare(parsed.witness, checkpoint, chain)


def _compare(witness: Path, checkpoint: Checkpoint, chain: KeyChain) -> Iterable[Check]:
    """Return the checks against what was witnessed at the checkpoint's size; other sizes are not compared."""
    with witness.open("rb") as file:
        kept = [one for one in read_witness(file) if one.checkpoint.size == checkpoint.size]
    told = f"the witness kept no checkpoint of {checkpoint.size} leaves: nothing was compared"
    return check_against_witness(kept, chain, lambda _: checkpoint.root) or [Check(None, told)]


def _chain(parsed: argparse.Namespace) -> KeyChain:
    key = load_key(parsed.key)
    notes = [path.read_bytes() for path in parsed.handover]
    return KeyChain.from_notes(key, notes, parsed.origin or key.name)


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], Iterable[Check]]] = {
    "receipt": _receipt,
    "manifest": _manifest,
    "certificate": _certificate,
    "pack": _pack,
    "access": _access,
    "checkpoint": _checkpoint,
}
