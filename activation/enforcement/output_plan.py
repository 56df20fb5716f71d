"""The columns of a run's output: see `activation.obligations.plan`."""

from activation.obligations.plan import (
    KINDS,
    MASKING_METHODS,
    ObligationNotSupported,
    Obligations,
    OutputColumn,
    OutputPlan,
    check_supported,
    plan_output,
)

__all__ = [
    "KINDS",
    "MASKING_METHODS",
    "ObligationNotSupported",
    "Obligations",
    "OutputColumn",
    "OutputPlan",
    "check_supported",
    "plan_output",
]
