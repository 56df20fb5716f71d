"""Writes of data subject requests: all that other apps may call."""

from consent.requests.clocks.changing import extend, pause, resume
from consent.requests.intake.checking import (
    AgentUnknown,
    AppealNotPossible,
    ControllerUnknown,
    RequestMalformed,
)
from consent.requests.intake.receiving import Received, receive
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
    "accept_document",
    "accept_token",
    "ask_code",
    "change_level",
    "check_code",
    "extend",
    "pause",
    "receive",
    "resume",
]
