"""The rules that people were decided by, in one digest."""

import hashlib

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.register import Register, RegisteredDestination
from consent.kernel import canonical
from consent.ledger.types import rfc3339


def world_digest(policy: CompiledPolicy, register: Register, reading: str = "") -> str:
    """Return 64 hexadecimal digits that change with the policy in force, or with who is registered.

    Suspensions do not count: whoever a suspended destination holds may stay there. `reading` is what strings
    are read by, where anybody is owed one.
    """
    entries = [
        [one.slug, one.kind, rfc3339(one.registered_at), one.resource_type, *_terms(one)]
        for one in sorted(register.values(), key=lambda entry: entry.slug)
    ]
    told = [policy.digest, entries, *([reading] if reading else [])]
    return hashlib.sha256(canonical.dumps(told)).hexdigest()


def _terms(entry: RegisteredDestination) -> list[list[int]]:
    """Return what else counts of an entry; nothing of one without it, so that its digest is what it was."""
    return [[entry.tcf.vendor, *entry.tcf.purposes]] if entry.tcf else []
