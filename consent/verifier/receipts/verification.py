"""Checking one receipt offline: its signature, its words, and that its event is in the log."""

from collections.abc import Callable, Iterator

from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.kernel.merkle import leaf_hash
from consent.kernel.proofs import LoggedLeaf, verify_proof
from consent.kernel.signing import VerifyKey
from consent.verifier.checks import Check
from consent.verifier.digests import digest_bytes
from consent.verifier.receipts.document import Receipt, read_choice
from consent.verifier.receipts.signing import SignedReceipt, read_receipt
from consent.verifier.receipts.terms import describe

Prove = Callable[[Receipt], LoggedLeaf]
"""Returns where a receipt's event stands in the log, or raises."""


def verify_receipt(content: bytes, *keys: VerifyKey, origin: str, policy: bytes | None = None) -> list[Check]:
    """Return each check of the receipt in a file's `content`; every one of `keys` is trusted with everything.

    With `policy`, the canonical JSON of the policy version that it names, its words for purpose, controller
    and notice are checked too; else they rest on the signature alone.
    """

    def prove(receipt: Receipt) -> LoggedLeaf:
        return verify_proof(receipt.proof, *keys, origin=origin, leaf=leaf_hash(receipt.envelope))

    return list(_verify(content, keys, prove, origin, policy))


def verify_receipt_by_chain(content: bytes, chain: KeyChain, *, policy: bytes | None = None) -> list[Check]:
    """Return what `verify_receipt` does, each key of the log trusted with what it may sign only.

    The checkpoint in the proof must be of the key for its size, and the receipt of that key or a later one.
    """

    def prove(receipt: Receipt) -> LoggedLeaf:
        return chain.verify_proof(receipt.proof, leaf=leaf_hash(receipt.envelope))

    return list(_verify(content, chain.keys, prove, chain.origin, policy, chain))


def _verify(
    content: bytes,
    keys: tuple[VerifyKey, ...],
    prove: Prove,
    origin: str,
    policy: bytes | None,
    chain: KeyChain | None = None,
) -> Iterator[Check]:
    try:
        signed = read_receipt(content, *keys)
    except AccordantError as error:
        yield Check(passed=False, statement=f"the receipt: {error}")
        return
    event_id = read_choice(signed.receipt.envelope).event_id
    yield Check(passed=True, statement=f"signed by {signed.key.text}")
    yield Check(passed=True, statement=f"says what the event {event_id} says")
    yield Check(signed.receipt.origin == origin, f"is a receipt of the log {origin}")
    yield _check_inclusion(signed, prove, chain)
    yield _check_terms(signed.receipt, policy)


def _check_inclusion(signed: SignedReceipt, prove: Prove, chain: KeyChain | None) -> Check:
    try:
        leaf = prove(signed.receipt)
    except AccordantError as error:
        return Check(passed=False, statement=f"its event is not shown to be in the log: {error}")
    size = leaf.checkpoint.size
    if chain is not None and signed.key not in chain.keys_from(size):
        return Check(passed=False, statement=f"its key was handed on before the checkpoint of {size} leaves")
    told = f"its event is leaf {leaf.index} of the {size} in {leaf.checkpoint.origin}"
    return Check(passed=True, statement=told)


def _check_terms(receipt: Receipt, policy: bytes | None) -> Check:
    terms = receipt.terms
    named = f"version {terms.version} of the policy {terms.policy}"
    if policy is None:
        return Check(None, f"its titles, bases and notice were not compared: {named} was not given")
    if digest_bytes(policy) != terms.digest:
        return Check(passed=False, statement=f"the policy given is not {named}")
    stated = describe(policy, version=terms.version, envelope=read_choice(receipt.envelope))
    return Check(stated == terms, f"its titles, bases and notice are those of {named}")
