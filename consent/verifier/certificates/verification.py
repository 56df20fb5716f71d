"""Checking one certificate of erasure offline: its form, its signature, and what it says of itself."""

from collections.abc import Iterator

from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.verifier.certificates.document import LIMITS, ErasureCertificate
from consent.verifier.certificates.signing import read_certificate
from consent.verifier.checks import Check


def verify_certificate(content: bytes, chain: KeyChain) -> list[Check]:
    """Return each check of the certificate in a file's `content`.

    A key that was handed on may not sign for a larger ledger than it was handed on at.
    """
    return list(_verify(content, chain))


def _verify(content: bytes, chain: KeyChain) -> Iterator[Check]:
    try:
        signed = read_certificate(content, *chain.keys)
    except AccordantError as error:
        yield Check(passed=False, statement=f"the certificate: {error}")
        return
    found = signed.certificate
    yield Check(passed=True, statement=f"signed by {signed.key.text}")
    size = found.ledger.size
    yield Check(signed.key in chain.keys_from(size), f"its key may speak of a ledger of {size} entries")
    yield Check(found.ledger.origin in {"", chain.origin}, f"is of the log {chain.origin}")
    yield Check(found.limits == LIMITS, "states the limits that every certificate states")
    yield Check(_adds_up(found), f"says of {len(found.systems)} systems what they reported, and adds up")
    yield Check(passed=None, statement="whether systems told the truth is outside of what can be checked")


def _adds_up(found: ErasureCertificate) -> bool:
    """Whether it says `fulfilled` only where every step is done and nothing was kept."""
    steps = [
        one for system in found.systems for one in (system.erased, system.asked_again) if one is not None
    ]
    datasets = [one for step in steps for one in step.datasets]
    ledger = found.ledger
    is_whole = (
        all(step.state == "done" for step in steps)
        and not any(one.kept for one in datasets)
        and all(one.asked_again is not None for one in found.systems)
        and found.recipients_state == "done"
        and not ledger.keys_kept
    )
    counts = ledger.keys_destroyed + ledger.keys_kept == ledger.subjects
    return counts and found.outcome in ({"fulfilled"} if is_whole else {"partly_fulfilled"})
