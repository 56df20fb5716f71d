"""Which key had to sign a checkpoint of which size."""

from collections.abc import Sequence

from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.kernel.signing import VerifyKey
from consent.ledger.types import Finding, StoredLogKey


def load_chain(
    keys: Sequence[StoredLogKey], *, trusted: VerifyKey | None
) -> tuple[KeyChain | None, list[Finding]]:
    """Return the keys of the log from `trusted` on, and what is wrong with those that are stored.

    Without `trusted` the first stored key is believed. None if there is no first key to begin with.
    """
    findings: list[Finding] = []
    first = trusted
    try:
        stored_first = VerifyKey.parse(keys[0].verify_key) if keys else None
        first = trusted or stored_first
        if stored_first != first:
            findings.append(
                Finding("log key 0", f"it is not the one that was published: {first and first.text}")
            )
        if first is None:
            return None, findings
        chain = KeyChain.from_notes(first, [key.handover for key in keys[1:]], first.name)
    except AccordantError as error:
        findings.append(Finding("log keys", f"they do not follow from the first one: {error}"))
        return (KeyChain(first.name, first) if first else None), findings
    return chain, findings + _compare(keys, chain)


def _compare(keys: Sequence[StoredLogKey], chain: KeyChain) -> list[Finding]:
    """Return the stored keys whose columns do not say what the hand-overs say."""
    sizes = (0, *(handover.size for handover in chain.handovers))
    return [
        Finding(f"log key {number}", "its columns do not say what its hand-over says")
        for number, (stored, key, size) in enumerate(zip(keys, chain.keys, sizes, strict=False))
        if (stored.verify_key, stored.from_size, stored.number) != (key.text, size, number)
    ][: len(keys)]
