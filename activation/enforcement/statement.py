"""From what a run did to what its manifest states."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activation.decisions.compiled import CompiledPolicy
from activation.enforcement.deciding import Order
from activation.enforcement.tally import Tally
from activation.enforcement.types import TOOL, TOOL_VERSION
from consent.verifier.manifests.manifest import (
    AppliedObligation,
    FileSummary,
    Manifest,
    Membership,
    format_time,
)
from consent.verifier.manifests.membership import MemberSet, commit_to_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a run's decisions rest on, and the files they were about."""

    policy: CompiledPolicy
    watermark: int
    source: FileSummary
    output: FileSummary
    evidence_digest: str


def state_manifest(order: Order, ground: Ground, tally: Tally, run_id: UUID) -> Manifest:
    """Return the manifest of a run that has decided every row."""
    question = order.question
    return Manifest(
        run_id=str(run_id),
        tool=f"{TOOL}/{TOOL_VERSION}",
        purpose=question.purpose,
        destination=question.destination,
        controller=question.controller,
        policy_key=ground.policy.key,
        policy_version=ground.policy.version,
        policy_digest=ground.policy.digest,
        watermark=ground.watermark,
        decided_at=format_time(order.at),
        not_after=format_time(tally.not_after) if tally.not_after else None,
        input=ground.source,
        output=ground.output,
        allowed=tally.allowed,
        denied=tally.denied,
        denied_by_reason=_plain(tally.denied_by_reason),
        legal_bases=_plain(tally.legal_bases),
        obligations=tuple(
            AppliedObligation(kind=one.kind, field=one.field, value=one.value, rows=rows)
            for one, rows in tally.sorted_obligations()
        ),
        identifier_kinds=tuple(kind.value for kind in order.columns),
        membership=_state_membership(ground, tally, run_id),
    )


def _state_membership(ground: Ground, tally: Tally, run_id: UUID) -> Membership:
    evidence = tally.evidence(run_id)
    allowed, denied = MemberSet(evidence.allowed), MemberSet(evidence.denied)
    return Membership(
        key_commitment=commit_to_key(evidence.run_key),
        evidence_digest=ground.evidence_digest,
        allowed_members=len(allowed),
        allowed_root=allowed.root,
        denied_members=len(denied),
        denied_root=denied.root,
    )


def _plain(counts: Mapping[Any, int]) -> dict[str, int]:
    return {str(name): count for name, count in sorted(counts.items())}
