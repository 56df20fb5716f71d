"""The steps of a request, by phase."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.http import HttpRequest

from consent.requests.admin.case.declaring import CaseAction
from consent.requests.admin.case.doing import list_offered_of
from consent.requests.admin.case.wording import ACTION_WORDS
from consent.requests.admin.words import at_utc, say
from consent.requests.fanning.reading import find_trouble
from consent.requests.models import Request, Step
from consent.requests.types import StepAction, StepState

COLOURS = {
    StepState.READY: "info",
    StepState.WAITING: "warning",
    StepState.DONE: "success",
    StepState.PARTLY_DONE: "warning",
    StepState.FAILED: "danger",
}
Shown = Mapping[str, Any]


def describe_phases(case: Request, request: HttpRequest) -> list[tuple[int, list[Shown]]]:
    """Return the steps by phase, each with what an officer can do about it."""
    rows = case.steps.select_related("system", "ended_by").order_by("phase", "system__order", "pk")
    return [
        (phase, [_describe(step, list_offered_of(request, case, step)) for step in steps])
        for phase, steps in groupby(rows, key=lambda step: step.phase)
    ]


def _describe(step: Step, offered: Sequence[CaseAction]) -> Shown:
    state = StepState(step.state)
    return {
        "id": str(step.pk),
        "what": ACTION_WORDS[StepAction(step.action)],
        "where": step.system.title if step.system else "here",
        "state": say(state.value),
        "colour": COLOURS.get(state, ""),
        "counts": _tell_counts(step),
        "datasets": list(_tell_datasets(step)),
        "trouble": find_trouble(step),
        "note": step.note,
        "times": _tell_times(step),
        "instructions": step.system.instructions if step.system and state is StepState.WAITING else "",
        "offered": offered,
    }


def _tell_counts(step: Step) -> str:
    if _is_early(step):
        return ""
    told = [f"{step.found:,} found", f"{step.done:,} done"]
    return ", ".join([*told, f"{step.kept:,} kept"] if step.kept else told)


def _is_early(step: Step) -> bool:
    return step.state in {StepState.BLOCKED.value, StepState.READY.value} and not step.found


def _tell_datasets(step: Step) -> Iterator[str]:
    for one in step.report:
        kept = f", {one['kept']:,} kept: {one.get('ground') or 'no ground told'}" if one.get("kept") else ""
        yield f"{one['dataset']}: {one.get('found', 0):,} found, {one.get('done', 0):,} done{kept}"


def _tell_times(step: Step) -> str:
    if step.ended_at:
        by = f" by {step.ended_by.get_username()}" if step.ended_by else ""
        return f"ended {at_utc(step.ended_at)}{by}"
    if step.waits_until and step.state == StepState.WAITING.value:
        return f"waits until {at_utc(step.waits_until)}"
    if step.state == StepState.READY.value and step.failures:
        return f"tried {step.failures:,} times; next {at_utc(step.next_attempt_at)}"
    return ""
