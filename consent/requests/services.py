"""Writes of data subject requests: all that other apps may call."""

from consent.requests.clocks.changing import extend, pause, resume
from consent.requests.fanning.choosing import finish_task, retry_step, skip_step
from consent.requests.fanning.ending import StepNotFound, complete_step, fail_step
from consent.requests.fanning.planning import plan_steps
from consent.requests.intake.checking import (
    AgentUnknown,
    AppealNotPossible,
    ControllerUnknown,
    RequestMalformed,
)
from consent.requests.intake.receiving import Received, receive
from consent.requests.packages.building import begin_package
from consent.requests.verification.codes import CodeAsked, CodeCheck, ask_code, check_code
from consent.requests.verification.vouching import DocumentKind, accept_document, accept_token, change_level

__all__ = [
    "AgentUnknown",
    "AppealNotPossible",
    "CodeAsked",
    "CodeCheck",
    "ControllerUnknown",
    "DocumentKind",
    "Received",
    "RequestMalformed",
    "StepNotFound",
    "accept_document",
    "accept_token",
    "ask_code",
    "begin_package",
    "change_level",
    "check_code",
    "complete_step",
    "extend",
    "fail_step",
    "finish_task",
    "pause",
    "plan_steps",
    "receive",
    "resume",
    "retry_step",
    "skip_step",
]
