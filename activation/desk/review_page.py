"""A simulation as the officer reads it before approving: what the page shows, and in which words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.urls import reverse

from activation.desk.chart import draw
from activation.desk.types import Dimension, RunStatus, RunSummary
from activation.enforcement.wording import tell_reason
from consent.policies.queries import get_version_text

MOST_ROWS = 100
_UNFINISHED = {RunStatus.WAITING, RunStatus.RUNNING}
Table = Mapping[str, Any]


def describe_run(run: RunSummary) -> dict[str, Any]:
    """Return what the run's page shows, whatever became of the run."""
    return {
        "run": run,
        "is_unfinished": run.status in _UNFINISHED,
        "progress": describe_progress(run.subjects_done, run.subjects_total),
        "percent": _percent(run.subjects_done, run.subjects_total),
        "draft_page": reverse("admin:consent_policies_policyversion_change", args=[run.version_id]),
        "again_page": f"{reverse('admin:activation_desk_simulationrun_simulate')}?version={run.version_id}",
        "draft_changed": _has_changed(run),
        **(_describe_figures(run, run.figures) if run.figures is not None else {}),
    }


def describe_progress(done: int, total: int) -> str:
    """Return how far a run is."""
    return f"{done:,} of {total:,} subjects ({_percent(done, total)} %)"


def _percent(done: int, total: int) -> int:
    return 100 * done // total if total else 0


def _has_changed(run: RunSummary) -> bool:
    text = get_version_text(version_id=run.version_id)
    return text is None or text.digest != run.draft_digest


def _describe_figures(run: RunSummary, figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "figures": figures,
        "headlines": _headlines(figures),
        "chart": draw(figures["by_purpose"], Dimension.PURPOSE),
        "facts": _facts(figures),
        "tables": [
            *(_shifts(figures, dimension) for dimension in Dimension),
            _reasons(figures),
            _sample(run),
        ],
    }


def _headlines(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    questions = figures["questions"]
    return [
        ("People touched", f"{figures['people_touched']:,} of {figures['people']:,}"),
        ("Allow → deny", f"{figures['allow_to_deny']:,}"),
        ("Deny → allow", f"{figures['deny_to_allow']:,}"),
        ("Questions untouched", f"{questions['untouched']:,} of {questions['asked']:,}"),
    ]


def _facts(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the figures rest on, in sentences."""
    baseline, scope = figures["baseline"], figures["scope"]
    if baseline:
        yield f"Compared with {baseline['policy']} {baseline['version']}, in force at {figures['at']}."
    else:
        yield f"No policy was in force at {figures['at']}: everything was denied before."
    if scope["audience"]:
        yield (
            f"Only the people of the list {scope['audience']}: {scope['rows']:,} rows, of which"
            f" {scope['rows_not_found']:,} lead to nobody."
        )
    if scope["left_out"]:
        yield f"Erased while it ran, and not counted: {scope['left_out']:,} people."
    if figures["other_reason"]:
        yield f"Answers that stay as they are, for another reason: {figures['other_reason']:,}."
    if conditional := figures["questions"]["with_conditions"]:
        yield (
            f"Questions that rest on properties of the request: {conditional:,}. A simulation has none, so"
            " their conditions are taken as not met."
        )


def _shifts(figures: Mapping[str, Any], dimension: Dimension) -> Table:
    rows = figures[f"by_{dimension}"]
    return _table(
        f"By {dimension}",
        [dimension.value, "Allow → deny", "Deny → allow", "People"],
        [
            [one[dimension], f"{one['allow_to_deny']:,}", f"{one['deny_to_allow']:,}", f"{one['people']:,}"]
            for one in rows
        ],
    )


def _reasons(figures: Mapping[str, Any]) -> Table:
    return _table(
        "By reason",
        ["Before", "After", "Answers"],
        [[_tell(one["before"]), _tell(one["after"]), f"{one['answers']:,}"] for one in figures["by_reason"]],
    )


def _sample(run: RunSummary) -> Table:
    return _table(
        "A sample, by pseudonym",
        ["Subject", "Question", "Before", "After"],
        [
            [
                one["subject_ref"],
                f"{one['purpose']} to {one['destination']} for {one['controller']}",
                one["before"],
                one["after"],
            ]
            for one in run.sample
        ],
    )


def _table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    left_out = len(rows) - MOST_ROWS
    more = f": the {MOST_ROWS} largest, {left_out:,} more in the figures" if left_out > 0 else ""
    return {"title": f"{title}{more}", "headers": headers, "rows": rows[:MOST_ROWS]}


def _tell(reason: str) -> str:
    return f"{reason}: {tell_reason(reason)}"
