"""From what a run did to what its manifest states."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from activation.enforcement.drafting import Draft
from activation.enforcement.files import RunFiles
from activation.enforcement.types import TOOL, TOOL_VERSION
from consent.verifier.digests import digest_file, digest_path
from consent.verifier.manifests.evidence import Evidence, read_evidence
from consent.verifier.manifests.manifest import (
    AppliedObligation,
    FileSummary,
    Manifest,
    Membership,
    format_time,
)
from consent.verifier.manifests.membership import commit_to_key
from consent.verifier.manifests.verification import map_file


def state_manifest(draft: Draft, files: RunFiles, *, source_digest: str) -> Manifest:
    """Return the manifest of a run whose output and evidence are written, under their partial names."""
    question, tally, audience = draft.order.question, draft.tally, draft.order.audience.format.value
    output = digest_path(files.partial(files.output))
    return Manifest(
        run_id=str(files.run_id),
        tool=f"{TOOL}/{TOOL_VERSION}",
        purpose=question.purpose,
        destination=question.destination,
        controller=question.controller,
        policy_key=draft.policy.key,
        policy_version=draft.policy.version,
        policy_digest=draft.policy.digest,
        watermark=draft.watermark,
        states_watermark=draft.states_watermark,
        decided_at=format_time(draft.order.at),
        not_after=format_time(tally.not_after) if tally.not_after else None,
        input=FileSummary(format=audience, digest=source_digest, rows=tally.rows),
        output=FileSummary(format=audience, digest=output, rows=tally.allowed),
        allowed=tally.allowed,
        denied=tally.denied,
        denied_by_reason=_plain(tally.denied_by_reason),
        legal_bases=_plain(tally.legal_bases),
        obligations=tuple(
            AppliedObligation(kind=one.kind, field=one.field, value=one.value, rows=rows)
            for one, rows in tally.sorted_obligations()
        ),
        identifier_kinds=tuple(draft.order.named_by),
        canaries=draft.canary_rows,
        membership=_state_membership(files.run_id, files.partial(files.evidence)),
    )


def _state_membership(run_id: UUID, path: Path) -> Membership:
    """Return the commitments to the evidence, as it was written.

    :raises MalformedEvidence: if it is not what was to be written: a fault of ours, and nothing leaves.
    """
    evidence: Evidence = read_evidence(map_file(path))
    if evidence.run_id != str(run_id):
        raise ValueError("the evidence is of another run")
    return Membership(
        key_commitment=commit_to_key(evidence.run_key),
        evidence_digest=digest_file(path),
        allowed_members=len(evidence.allowed),
        allowed_root=evidence.allowed.root,
        denied_members=len(evidence.denied),
        denied_root=evidence.denied.root,
    )


def _plain(counts: Mapping[Any, int]) -> dict[str, int]:
    return {str(name): count for name, count in sorted(counts.items())}
