"""What a run refuses as ground for sending. Obligations are applied by `activation.obligations.applying`."""

from activation.decisions.types import Decision
from activation.obligations.applying import apply_obligations, mask_text
from consent.kernel.errors import AccordantError

__all__ = ["HistoricDecisionRefused", "apply_obligations", "mask_text", "refuse_historic"]


class HistoricDecisionRefused(AccordantError):
    """A decision for a past moment was offered as ground for sending data now."""

    code = "historic_decision_refused"


def refuse_historic(decision: Decision) -> None:
    """Return if `decision` is for now.

    :raises HistoricDecisionRefused: if it is not.
    """
    if decision.historic:
        raise HistoricDecisionRefused("decide for now, without as_of and known_at: data leaves now")
