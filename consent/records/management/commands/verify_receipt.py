"""`manage.py verify_receipt FILE`: check a receipt, with no database and no network."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from consent.kernel.handover import KeyChain
from consent.records.management.verifying import WHOSE_KEY, VerifyCommand
from consent.verifier.checks import Check
from consent.verifier.receipts.verification import verify_receipt_by_chain


class Command(VerifyCommand):
    """Verifies a receipt."""

    help = "Verify a receipt: its signature, its words, and that its event is in the log." + WHOSE_KEY

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file, whose keys are trusted, and the policy."""
        super().add_arguments(parser)
        parser.add_argument("--policy", type=Path, help="canonical JSON of the policy version that it names")

    def check_file(self, content: bytes, chain: KeyChain, options: dict[str, Any]) -> list[Check]:
        """Return what was checked of the receipt."""
        policy = options["policy"]
        return verify_receipt_by_chain(content, chain, policy=policy.read_bytes() if policy else None)
