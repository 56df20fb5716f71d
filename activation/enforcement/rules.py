"""What a run refuses as ground for sending."""

from activation.decisions.types import Decision
from consent.kernel.errors import AccordantError


class HistoricDecisionRefused(AccordantError):
    """A decision for a past moment was offered as ground for sending data now."""

    code = "historic_decision_refused"


def refuse_historic(decision: Decision) -> None:
    """Return if `decision` is for now.

    :raises HistoricDecisionRefused: if it is not.
    """
    if decision.historic:
        raise HistoricDecisionRefused("decide for now, without as_of and known_at: data leaves now")
