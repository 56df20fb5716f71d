"""Writes about standing audiences: all that others may call."""

from activation.enforcement.standing.audiences import (
    AudienceAlreadyDefined,
    AudienceBusy,
    AudienceNotFound,
    AudienceUnchanged,
    change_audience,
    define_audience,
    delete_audience,
    pause_audience,
    resume_audience,
)
from activation.enforcement.standing.definitions import MalformedAudience
from activation.enforcement.standing.drift.evidence import DriftNotMeasurable
from activation.enforcement.standing.drift.measuring import measure
from activation.enforcement.standing.drift.watching import ask_for_measuring, check_standing
from activation.enforcement.standing.inputs import InputMissing, InputRefused
from activation.enforcement.standing.ordering import (
    OrderEnded,
    OrderNotFound,
    cancel_order,
    forget_orders,
    order_run,
    run_due,
    run_now,
)
from activation.enforcement.standing.running import run_order
from activation.enforcement.standing.schedule import MalformedSchedule

__all__ = [
    "AudienceAlreadyDefined",
    "AudienceBusy",
    "AudienceNotFound",
    "AudienceUnchanged",
    "DriftNotMeasurable",
    "InputMissing",
    "InputRefused",
    "MalformedAudience",
    "MalformedSchedule",
    "OrderEnded",
    "OrderNotFound",
    "ask_for_measuring",
    "cancel_order",
    "change_audience",
    "check_standing",
    "define_audience",
    "delete_audience",
    "forget_orders",
    "measure",
    "order_run",
    "pause_audience",
    "resume_audience",
    "run_due",
    "run_now",
    "run_order",
]
