"""The evidence of one run, read whole: for looking everybody up in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from activation.enforcement.models import EnforcementRun
from activation.enforcement.presence.looking import EvidenceGone, open_evidence
from activation.enforcement.presence.types import Trust
from consent.verifier.manifests.lookup import split
from consent.verifier.manifests.manifest import AppliedObligation


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeEvidence:
    """Everybody in one run, in memory: some 100 bytes for each identifier."""

    run_id: UUID
    run_key: bytes = field(repr=False)
    allowed: frozenset[bytes] = field(repr=False)
    denied: frozenset[bytes] = field(repr=False)
    trust: Trust
    obligations: Sequence[AppliedObligation]
    """Applied to what left, by the manifest; none if it is not there."""
    kinds: Sequence[str]
    """What rows named people by."""


def open_whole(run_id: UUID) -> WholeEvidence:
    """Return the evidence of a run, every byte of which was checked against the manifest, if there is one.

    :raises EvidenceGone: if it is not there; :raises EvidenceUnreadable: if it is not what the run wrote.
    """
    run = EnforcementRun.objects.filter(pk=run_id).first()
    if run is None:
        raise EvidenceGone("the run is not on record any more")
    with open_evidence(run, verify=True, insist=False) as (lookup, trust, manifest):
        allowed, denied = lookup.read_all()
        return WholeEvidence(
            run_id=run_id,
            run_key=lookup.head.run_key,
            allowed=frozenset(split(allowed)),
            denied=frozenset(split(denied)),
            trust=trust,
            obligations=manifest.obligations if manifest else (),
            kinds=manifest.identifier_kinds if manifest else (),
        )
