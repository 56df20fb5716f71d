"""What the answers of a service come to. Pure."""

from consent.requests.connectors.http.answers import Counts
from consent.requests.connectors.http.settings import AnswerTemplate
from consent.requests.types import DatasetReport, Outcome, StepState

_NO_GROUND = "the service kept them, and does not say why"
_UNCOUNTED = "the service took it, and counted nothing"


def by_hand(why: str) -> Outcome:
    """Return that somebody has to do it, and why."""
    return Outcome(state=StepState.WAITING, note=f"{why}: somebody does it by hand, and says so here")


def conclude(action: str, template: AnswerTemplate, counts: Counts) -> Outcome:
    """Return what the service did, by what it said."""
    if action == "collect":
        found = max(counts.found, counts.rows)
        return _tell(template, found=found, done=counts.rows, counts=counts)
    if action == "verify_gone":
        says = template.found is not None or template.rows is not None
        left = max(counts.found, counts.rows) if says else counts.answers
        return _tell(template, found=left, done=0, counts=counts, is_done=left <= counts.kept)
    if not counts.are_told:
        return Outcome(state=StepState.DONE, note=_UNCOUNTED if counts.answers else "")
    found = counts.found if template.found is not None else counts.done + counts.kept
    return _tell(template, found=found, done=counts.done, counts=counts)


def _tell(
    template: AnswerTemplate, *, found: int, done: int, counts: Counts, is_done: bool | None = None
) -> Outcome:
    is_done = done + counts.kept >= found if is_done is None else is_done
    report = DatasetReport(
        dataset=template.dataset or "all",
        found=found,
        done=done,
        kept=counts.kept,
        ground=(counts.ground or _NO_GROUND) if counts.kept else "",
    )
    return Outcome(state=StepState.DONE if is_done else StepState.PARTLY_DONE, datasets=(report,))
