"""What a service reports of a step: in its answer, or in a call-back. One form for both. Pure."""

from typing import Annotated, Any, Literal

import msgspec

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.requests.types import DatasetReport, Outcome, StepState

MOST_BYTES = 10 * 1024 * 1024
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Dataset = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ReportMalformed(AccordantError):
    """The report is not in the form that is documented."""

    code = "report_malformed"
    status = 400


class ReportedDataset(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Counts of one dataset."""

    dataset: _Dataset
    found: _Count = 0
    done: _Count = 0
    kept: _Count = 0
    ground: Annotated[str, msgspec.Meta(max_length=300)] = ""


class ReportedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row that was found, of a step that collects."""

    dataset: _Dataset
    row: dict[str, Any]


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was done in one step."""

    step: Annotated[str, msgspec.Meta(max_length=36, description="The step's id: of this step, and no other")]
    state: Literal["done", "partly_done"]
    datasets: Annotated[tuple[ReportedDataset, ...], msgspec.Meta(max_length=1000)] = ()
    rows: tuple[ReportedRow, ...] = ()
    reference: Annotated[str, msgspec.Meta(max_length=200)] = ""

    def as_outcome(self) -> Outcome:
        """Return what it says of the step, without the rows."""
        counted = tuple(
            DatasetReport(
                dataset=one.dataset, found=one.found, done=one.done, kept=one.kept, ground=one.ground
            )
            for one in self.datasets
        )
        return Outcome(state=StepState(self.state), datasets=counted, reference=self.reference)


def read_report(content: bytes) -> Report:
    """Return the report that was sent.

    :raises ReportMalformed: if it is none. What was sent is not repeated.
    """
    try:
        return msgspec.convert(canonical.loads(content), Report)
    except canonical.MalformedJson:
        raise ReportMalformed("the report is not JSON that every parser reads alike") from None
    except msgspec.ValidationError as error:
        raise ReportMalformed(f"the report is malformed: {error}") from None
