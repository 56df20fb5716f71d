"""A simulation's figures as plain JSON: whole numbers and texts, so that they have one digest."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from activation.decisions.compiled import CompiledPolicy
from activation.desk.types import Dimension, Figures, Shift
from consent.ledger.types import rfc3339

SCHEMA = "accordant/simulation/1"


def state_figures(
    figures: Figures,
    *,
    before: CompiledPolicy,
    after: CompiledPolicy,
    at: datetime,
    watermark: int,
    scope: Mapping[str, Any],
) -> dict[str, Any]:
    """Return what a simulation found, and what it rests on. It names nobody, not by pseudonym either."""
    touched, questions = figures.touched, figures.questions
    return {
        "schema": SCHEMA,
        "draft": _name(after),
        "baseline": _name(before) if before.version else None,
        "at": rfc3339(at),
        "watermark": watermark,
        "summary": list(_summarise(figures)),
        "scope": dict(scope),
        "people": figures.people,
        "people_touched": touched.people,
        "allow_to_deny": touched.allow_to_deny,
        "deny_to_allow": touched.deny_to_allow,
        "other_reason": figures.other_reason,
        "questions": {
            "asked": questions.asked,
            "untouched": questions.untouched,
            "with_conditions": questions.with_conditions,
        },
        **{f"by_{dimension}": _list_shifts(figures, dimension) for dimension in Dimension},
        "by_reason": [
            {"before": before_reason, "after": after_reason, "answers": answers}
            for (before_reason, after_reason), answers in sorted(
                figures.reasons.items(), key=lambda one: (-one[1], one[0])
            )
        ],
    }


def _summarise(figures: Figures) -> Iterator[str]:
    """Yield the headlines as sentences, for pages that know nothing else of simulations."""
    touched, questions = figures.touched, figures.questions
    yield f"{touched.people:,} of {figures.people:,} people are touched."
    yield (
        f"{touched.allow_to_deny:,} answers turn from allow to deny,"
        f" {touched.deny_to_allow:,} from deny to allow."
    )
    yield f"{questions.untouched:,} of {questions.asked:,} questions are the same for everybody."


def state_sample(figures: Figures) -> list[dict[str, str]]:
    """Return the sample as plain JSON. It names people by pseudonym only."""
    return [
        {
            "subject_ref": one.subject_ref,
            "purpose": one.purpose,
            "destination": one.destination,
            "controller": one.controller,
            "before": one.before,
            "after": one.after,
        }
        for one in figures.sample
    ]


def _name(policy: CompiledPolicy) -> dict[str, Any]:
    return {"policy": policy.key, "version": policy.version, "digest": policy.digest}


def _list_shifts(figures: Figures, dimension: Dimension) -> list[dict[str, Any]]:
    shifts: Mapping[str, Shift] = figures.shifts.get(dimension, {})
    return [
        {
            dimension.value: value,
            "allow_to_deny": shift.allow_to_deny,
            "deny_to_allow": shift.deny_to_allow,
            "people": shift.people,
        }
        for value, shift in shifts.items()
    ]
