"""What connectors say is believed as far as it can be written down."""

import pytest

from consent.requests.connectors.interface import SystemRefused
from consent.requests.fanning.believing import believe
from consent.requests.types import DatasetReport, Outcome, StepAction, StepState


@pytest.mark.parametrize("text", ["a\0b", "half of a pair: \ud800"])
def test_text_that_no_database_takes_is_refused_wherever_it_stands(text: str) -> None:
    for told in (
        {"reference": text},
        {"note": text},
        {"datasets": (DatasetReport(dataset=text),)},
        {"datasets": (DatasetReport(dataset="a", found=1, kept=1, ground=text),)},
    ):
        with pytest.raises(SystemRefused):
            believe(Outcome(state=StepState.DONE, **told), StepAction.ERASE)
