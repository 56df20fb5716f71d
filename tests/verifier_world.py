"""A small log with choices in it, and what an auditor is handed of it: nothing here needs Django."""

from collections.abc import Iterator, Mapping
from typing import Any

from consent.kernel import canonical
from consent.kernel.checkpoints import Checkpoint, sign_checkpoint
from consent.kernel.consistency import consistency_path
from consent.kernel.merkle import inclusion_path, leaf_hash, root
from consent.kernel.proofs import LogProof, write_proof
from consent.kernel.signing import SigningKey
from consent.verifier.receipts.document import Receipt, read_choice
from consent.verifier.receipts.signing import sign_receipt
from consent.verifier.receipts.terms import PolicyTerms, describe

LOG = "accordant.example/test"
KEY = SigningKey.from_seed(LOG, bytes(range(32)))
NEXT_KEY = SigningKey.from_seed(LOG, bytes([1]) * 32)
STRANGER = SigningKey.from_seed(LOG, bytes([2]) * 32)
ALICE = "sub_" + "a" * 32
BOB = "sub_" + "b" * 32
ISSUED_AT = "2026-02-01T00:00:00Z"
POLICY = canonical.dumps(
    {
        "policy": "shop",
        "purposes": {"marketing.email": {"title": "E-mail", "data_categories": ["contact.email"]}},
        "controllers": {"northwind": {"title": "Northwind"}},
        "data_categories": {"contact.email": {"title": "E-mail address"}},
        "notices": {
            "privacy": {
                "title": "Privacy notice",
                "versions": {"2": {"recipients": ["meridian"], "texts": {"en": "We write to you."}}},
            }
        },
        "rules": [
            {"purposes": ["marketing"], "basis": "consent"},
            {"purposes": ["marketing.email"], "basis": "soft_opt_in"},
            {"purposes": ["marketing.post"], "basis": "legitimate_interest"},
        ],
    }
)


def event_id(number: int) -> str:
    """Return the id of the event at that place of the log."""
    return f"rec_{number:032x}"


def make_envelope(
    number: int, *, subject: str | None = ALICE, version: int | None = 1, **changed: Any
) -> bytes:
    """Return one choice as the ledger keeps it. `private`, `kind` and `stream` change the envelope."""
    outer = {name: changed.pop(name) for name in ("private", "kind", "stream") if name in changed}
    if isinstance(commitment := outer.get("private"), str):
        outer["private"] = {"commitment": commitment, "ciphertext_sha256": "00" * 32}
    body = {
        "purpose": "marketing.email",
        "choice": "granted",
        "controller": "northwind",
        "destination": None,
        "notice": "privacy",
        "notice_version": 2,
        "method": "checkbox",
        "form": "checkout",
        "effective_at": "2026-01-05T10:00:00.000000Z",
        "expires_at": None,
        "explicit": True,
        "by_guardian": False,
        "after_conflict_notice": False,
        "back_dated": False,
        "refers_to": None,
        "source": "shop",
    }
    return canonical.dumps(
        {
            "schema": "accordant/event/1",
            "stream": "consent",
            "kind": "choice_recorded",
            "event_id": event_id(number),
            "recorded_at": "2026-01-05T10:00:01.000000Z",
            "subject_ref": subject,
            "subject_version": version,
            "body": {**body, **changed},
            "private": None,
            **outer,
        }
    )


class Log:
    """Leaves, and what can be shown of them."""

    def __init__(self, *envelopes: bytes, origin: str = LOG) -> None:
        self.origin = origin
        self.envelopes = envelopes
        self.hashes = [leaf_hash(one) for one in envelopes]

    def checkpoint(self, size: int | None = None, *, key: SigningKey = KEY) -> bytes:
        """Return the signed checkpoint of the first `size` leaves, or of all."""
        count = len(self.hashes) if size is None else size
        return sign_checkpoint(Checkpoint(self.origin, count, root(self.hashes[:count])), key)

    def proof(self, index: int, size: int | None = None, *, key: SigningKey = KEY) -> bytes:
        """Return the proof of a leaf under that checkpoint."""
        count = len(self.hashes) if size is None else size
        path = tuple(inclusion_path(self.hashes[:count], index))
        return write_proof(LogProof(index, path, self.checkpoint(count, key=key)))

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        """Return the path that shows the first tree to be the beginning of the second."""
        return tuple(consistency_path(self.hashes, first, second))

    def receipt(
        self, index: int, size: int | None = None, *, key: SigningKey = KEY, signer: SigningKey | None = None
    ) -> bytes:
        """Return a receipt for a leaf, its checkpoint signed by `key` and it by `signer`, or `key` too."""
        return sign_receipt(self.unsigned_receipt(index, size, key=key), signer or key)

    def unsigned_receipt(self, index: int, size: int | None = None, *, key: SigningKey = KEY) -> Receipt:
        """Return what a receipt for a leaf is made of."""
        envelope = self.envelopes[index]
        return Receipt(
            envelope=envelope,
            proof=self.proof(index, size, key=key),
            terms=terms_of(envelope),
            origin=self.origin,
            issued_at=ISSUED_AT,
        )


def terms_of(envelope: bytes) -> PolicyTerms:
    """Return what the policy says of the names in that event."""
    return describe(POLICY, version=3, envelope=read_choice(envelope))


def make_log() -> Log:
    """Return a log of five choices of Alice and Bob: a yes, a no, and others."""
    return Log(
        make_envelope(0),
        make_envelope(1, subject=BOB, choice="refused", explicit=False),
        make_envelope(2, version=2, choice="withdrawn", method="letter"),
        make_envelope(3, subject=BOB, version=2, choice="objected", controller=None, notice=None),
        make_envelope(4, version=3, choice="granted", expires_at="2027-01-05T00:00:00.000000Z"),
    )


def mutants(content: bytes, values: Mapping[int, bytes] | None = None) -> Iterator[bytes]:
    """Yield `content` with one bit flipped, for each of its bits; or, for `values`, one byte replaced."""
    for place, byte in enumerate(content):
        for value in values[place] if values else (byte ^ 1 << bit for bit in range(8)):
            if value != byte:
                yield content[:place] + bytes([value]) + content[place + 1 :]
