"""Keeping explained decisions, so that each can be replayed to the same bytes."""

import hashlib
from collections.abc import Sequence

from activation.checks.deciding import Found
from activation.checks.kept import Form, Terms, write_basis, write_kept, write_terms
from activation.checks.models import ExplainedDecision
from activation.checks.wire.types import Asked, Checked
from consent.kernel.ids import new_id


def settle(*, decided: Sequence[tuple[Asked, Found]], form: Form) -> list[Checked]:
    """Return what is told of each decision, in order; those asked to be explained are kept first.

    All of them are kept or none, by one statement; none if none was asked to be.
    """
    settled = [found.checked(new_id("dec") if asked.explain else None) for asked, found in decided]
    rows = [
        _to_row(found, checked, form=form, shadow=asked.shadow)
        for (asked, found), checked in zip(decided, settled, strict=True)
        if checked.decision_id
    ]
    if rows:
        ExplainedDecision.objects.bulk_create(rows)
    return settled


def _to_row(found: Found, checked: Checked, *, form: Form, shadow: bool) -> ExplainedDecision:
    policy, state = found.policy, found.state
    terms = Terms(question=found.question, shadow=shadow, error=found.error)
    return ExplainedDecision(
        decision_id=checked.decision_id or "",
        form=form,
        question=write_terms(terms, policy),
        subject_refs=sorted(state.asked),
        basis=write_basis(state, found.register.get(found.question.destination)),
        decided_at=found.at,
        policy_key=policy.key,
        policy_version=policy.version,
        policy_digest=policy.digest,
        in_force_from=policy.in_force_from if policy.version else None,
        in_force_until=policy.in_force_until,
        watermark=state.watermark,
        complete_at=state.complete_at,
        answer_digest=hashlib.sha256(write_kept(checked, form, shadow=shadow)).digest(),
    )
