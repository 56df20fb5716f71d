"""Receipts: one recorded choice, yes or no alike, signed, with the proof that it is in the ledger.

A receipt repeats the policy's words for what the record names by slug. They are those of the policy that was
in force when the choice was *recorded*: it is the one whose names the row was checked against. A choice told
of later than it was made may be older than every policy, so the time of its effect would not do.

Two receipts for one record differ in when they were made, and in the checkpoint that their proof leads to:
the newest one at that time; after a hand-over, in the key that signed. In nothing else.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent.kernel.errors import AccordantError
from consent.kernel.signing import SigningKey
from consent.ledger import queries as ledger_queries
from consent.ledger import services as ledger
from consent.ledger.types import LedgerEntry, NotSealedYet, rfc3339
from consent.policies.queries import get_policy_in_force
from consent.policies.types import PublishedPolicy
from consent.records.models import ConsentRecord
from consent.verifier.envelopes import Envelope
from consent.verifier.receipts.document import Receipt, read_choice
from consent.verifier.receipts.signing import sign_receipt
from consent.verifier.receipts.terms import PolicyTerms, describe

_RECORD_ID = re.compile(r"rec_[0-9a-f]{32}", re.ASCII)


class RecordNotFound(AccordantError):
    """There is no consent record of that id."""

    code = "record_not_found"
    status = 404


class NoPolicyRecorded(AccordantError):
    """No policy was in force when the choice was recorded, so there are no terms to state."""

    code = "no_policy_recorded"
    status = 409


def get_receipt(*, record_id: str, at: datetime) -> bytes:
    """Return the receipt (JWS, compact) for one record, made at `at`.

    :raises RecordNotFound: if there is no such record.
    :raises NotSealedYet: if it is under no signed checkpoint yet.
    :raises NoPolicyRecorded: if no policy was in force when it was recorded.
    :raises KeyNotHandedOver: if the configured key is not the one that signs this log.
    """
    if not _RECORD_ID.fullmatch(record_id) or not ConsentRecord.objects.filter(pk=record_id).exists():
        raise RecordNotFound("there is no consent record of that id")
    entry = ledger_queries.get_entry(record_id)
    proof = None if entry is None else ledger_queries.get_proof(entry.index)
    if entry is None or proof is None:
        raise NotSealedYet(
            "the record is kept, but under no signed checkpoint yet: ask again in a second; if that lasts,"
            " the sequencer does not run (manage.py run_sequencer)"
        )
    return ReceiptWriter.open(at=at).write(entry, proof)


@dataclass(slots=True)
class ReceiptWriter:
    """Writes receipts. It remembers policies and their words, so that many receipts cost few statements."""

    key: SigningKey
    origin: str
    issued_at: str
    _policies: list[PublishedPolicy] = field(default_factory=list)
    _terms: dict[tuple[Any, ...], PolicyTerms] = field(default_factory=dict)

    @classmethod
    def open(cls, *, at: datetime) -> "ReceiptWriter":
        """Return a writer of receipts made at `at`.

        :raises KeyNotHandedOver: if the configured key is not the one that signs this log.
        """
        return cls(ledger.get_log_key(), ledger_queries.get_origin(), rfc3339(at))

    def write(self, entry: LedgerEntry, proof: bytes) -> bytes:
        """Return the receipt for the choice in `entry`.

        :raises NotAChoice: if the entry tells of something else.
        :raises NoPolicyRecorded: if no policy was in force when it was recorded.
        """
        terms = self._describe(read_choice(entry.envelope), entry.recorded_at)
        receipt = Receipt(
            envelope=entry.envelope,
            proof=proof,
            terms=terms,
            origin=self.origin,
            issued_at=self.issued_at,
        )
        return sign_receipt(receipt, self.key)

    def _describe(self, envelope: Envelope, recorded_at: datetime) -> PolicyTerms:
        policy = self._find_policy(recorded_at)
        names = ("purpose", "controller", "notice", "notice_version")
        key = (policy.digest, policy.version, *(envelope.body[name] for name in names))
        if key not in self._terms:
            self._terms[key] = describe(policy.canonical, version=policy.version, envelope=envelope)
        return self._terms[key]

    def _find_policy(self, at: datetime) -> PublishedPolicy:
        for known in self._policies:
            if known.in_force_from <= at and (known.in_force_until is None or at < known.in_force_until):
                return known
        policy = get_policy_in_force(at=at)
        if policy is None:
            raise NoPolicyRecorded("no policy was in force when the choice was recorded: it has no receipt")
        self._policies.append(policy)
        return policy
