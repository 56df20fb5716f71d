"""A simulation's figures as text, for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from activation.desk.types import Dimension, RunSummary

_MOST_ROWS = 20


def tell_figures(run: RunSummary) -> str:
    """Return what a completed simulation found."""
    figures = run.figures or {}
    return "\n".join(
        [
            *_tell_heads(run, figures),
            *(line for dimension in Dimension for line in _tell_shifts(figures, dimension)),
            *_tell_reasons(figures),
            *_tell_sample(run),
            f"figures {run.figures_digest}",
            f"draft   {run.draft_digest}{' (attached)' if run.is_attached else ''}",
            *([run.error] if run.error else []),
        ]
    )


def _tell_heads(run: RunSummary, figures: Mapping[str, Any]) -> Iterator[str]:
    baseline, questions, scope = figures["baseline"], figures["questions"], figures["scope"]
    beside = f"{baseline['policy']} {baseline['version']} in force" if baseline else "no policy in force"
    yield f"{run.policy} {run.version} beside {beside}: nothing was changed"
    if scope["audience"]:
        yield f"  {scope['rows']:>12,} rows in the list, {scope['rows_not_found']:,} lead to nobody"
    yield f"  {figures['people']:>12,} people"
    if scope["left_out"]:
        yield f"  {scope['left_out']:>12,} more were erased meanwhile, and are left out"
    yield f"  {figures['people_touched']:>12,} of them touched"
    yield f"  {figures['allow_to_deny']:>12,} answers from allow to deny"
    yield f"  {figures['deny_to_allow']:>12,} answers from deny to allow"
    yield f"  {figures['other_reason']:>12,} answers stay, for another reason"
    yield f"  {questions['untouched']:>12,} of {questions['asked']:,} questions untouched by the draft"
    if questions["with_conditions"]:
        yield f"  {questions['with_conditions']:>12,} rest on properties of the request: taken as not met"


def _tell_shifts(figures: Mapping[str, Any], dimension: Dimension) -> Iterator[str]:
    rows = figures[f"by_{dimension}"]
    if rows:
        yield f"{'by ' + dimension:<44}{'allow>deny':>12}{'deny>allow':>12}{'people':>12}"
    for one in rows[:_MOST_ROWS]:
        counts = (one["allow_to_deny"], one["deny_to_allow"], one["people"])
        yield f"  {one[dimension]:<42}" + "".join(f"{count:>12,}" for count in counts)
    yield from _tell_rest(rows)


def _tell_reasons(figures: Mapping[str, Any]) -> Iterator[str]:
    rows = figures["by_reason"]
    if rows:
        yield f"{'by reason':<68}{'answers':>12}"
    for one in rows[:_MOST_ROWS]:
        pair = f"{one['before']} > {one['after']}"
        yield f"  {pair:<66}{one['answers']:>12,}"
    yield from _tell_rest(rows)


def _tell_rest(rows: Any) -> Iterator[str]:
    if len(rows) > _MOST_ROWS:
        yield f"  … and {len(rows) - _MOST_ROWS:,} more: see --json"


def _tell_sample(run: RunSummary) -> Iterator[str]:
    if run.sample:
        yield "a sample"
    for one in run.sample:
        question = f"{one['purpose']} to {one['destination']} for {one['controller']}"
        yield f"  {one['subject_ref']}  {question}: {one['before']} > {one['after']}"
