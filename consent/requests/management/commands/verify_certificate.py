"""`manage.py verify_certificate FILE`: check a certificate of erasure, with no database and no network."""

from typing import Any

from consent.kernel.handover import KeyChain
from consent.records.management.verifying import WHOSE_KEY, VerifyCommand
from consent.verifier.certificates.verification import verify_certificate
from consent.verifier.checks import Check


class Command(VerifyCommand):
    """Verifies a certificate of erasure."""

    help = "Verify a certificate of erasure: its form, its signature, and that it adds up." + WHOSE_KEY

    def check_file(self, content: bytes, chain: KeyChain, options: dict[str, Any]) -> list[Check]:
        """Return what was checked of the certificate."""
        del options  # it has none of its own
        return verify_certificate(content, chain)
