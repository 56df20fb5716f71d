"""`manage.py verify_ledger`: check every leaf, node, checkpoint and copied column of the ledger."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import InternalError, ProgrammingError, transaction

from config.witnessed import check_witness, get_witnessed_size
from consent.kernel.errors import AccordantError
from consent.kernel.signing import VerifyKey
from consent.ledger import queries
from consent.ledger import services as ledger
from consent.ledger.types import LedgerChecks, LedgerReport
from consent.records import queries as records
from consent.subjects import queries as subjects
from consent.verifier.checks import Check

_SECONDS_BETWEEN_LINES = 1.0
_PATIENCE = [0.25] * 20  # seconds: a living sequencer signs every 200 ms


class Command(BaseCommand):
    """A connection that may only read will do: then it is not put on record that the ledger was checked."""

    help = (
        "Verify the ledger: every leaf, tree node, signature, checkpoint and copied column. Exits with 1 if"
        " anything is wrong, and names it. Pass the published key with --key: without it the key that the"
        " database names is believed."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--key", help="the log's first verifier key (name+hash+key), or a file with it")
        parser.add_argument("--witness", type=Path, metavar="FILE", help="checkpoints that a witness kept")

    def handle(self, *, key: str | None, witness: Path | None, **_: object) -> None:
        """Verify, and tell what was found.

        :raises CommandError: if anything is wrong.
        """
        telling = subjects.TellingCheck()
        checks = LedgerChecks(
            copies=[records.check_records, subjects.check_facts, telling.check],
            untold=[records.find_untold_records, subjects.find_untold, telling.finish],
            progress=self._progress(),
            patience=_PATIENCE,
            wait=time.sleep,
        )
        trusted = _read_key(key) if key else None
        report = ledger.verify_ledger(key=trusted, checks=checks)
        self._tell_key()
        self._tell(report)
        found = len(report.findings) + (self._compare(witness, trusted) if witness else 0)
        self._note(report, findings=found, key_given=trusted is not None, witness=witness)
        if found:
            raise CommandError(f"not verified: {found} findings")
        self.stdout.write("verified")

    def _compare(self, witness: Path, trusted: VerifyKey | None) -> int:
        """Tell whether the ledger still holds what the witness saw, and return how often it does not."""
        try:
            checks = check_witness(witness, trusted)
        except AccordantError as error:
            checks = [Check(passed=False, statement=f"{witness.name}: {error}")]
        except OSError as error:
            raise CommandError(f"not verified: {witness} cannot be read: {error.strerror}") from error
        failed = [check for check in checks if check.passed is False]
        for check in failed:
            self.stdout.write(str(check))
        if not failed:
            self.stdout.write(f"the {len(checks)} checkpoints that the witness kept are in this ledger")
        return len(failed)

    def _note(self, report: LedgerReport, *, findings: int, key_given: bool, witness: Path | None) -> None:
        """Put on record that the ledger was checked, for the home page; a reader alone cannot."""
        try:
            with transaction.atomic():
                ledger.note_verification(
                    report,
                    findings=findings,
                    key_given=key_given,
                    witnessed_size=get_witnessed_size(witness) if witness else None,
                )
        except (InternalError, ProgrammingError):  # it may only read, or the database does
            self.stderr.write("not noted: this connection may only read")

    def _tell_key(self) -> None:
        for first in queries.list_log_keys()[:1]:
            self.stdout.write(f"log key {first.verify_key}")

    def _progress(self) -> Callable[[int], None]:
        """Return what tells, now and then, how many leaves are done."""
        told_at = time.monotonic()

        def tell(leaves: int) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _SECONDS_BETWEEN_LINES:
                told_at = time.monotonic()
                self.stderr.write(f"{leaves:,} leaves")

        return tell

    def _tell(self, report: LedgerReport) -> None:
        self.stdout.write(
            f"{report.leaves} leaves, {report.signed_size} of them signed, {report.checkpoints} checkpoints"
        )
        if report.pruned:
            self.stdout.write(
                f"{report.pruned} of them pruned, as was announced: hashes checked, content gone"
            )
        if report.pending:
            self.stdout.write(f"{report.pending} events wait for their place")
        for finding in report.findings:
            self.stdout.write(f"FAILED  {finding}")


def _read_key(given: str) -> VerifyKey:
    path = Path(given)
    return VerifyKey.parse(path.read_text() if path.is_file() else given)
