"""Writes of requests: all that other apps may call."""

from consent.requests.forgetting import forget_content, forget_people
from consent.requests.intake.checking import (
    AgentUnknown,
    AppealNotPossible,
    ControllerUnknown,
    RequestMalformed,
)
from consent.requests.intake.deciding import cancel, decide_jurisdiction, expire_stale, fulfil, refuse
from consent.requests.intake.receiving import Received, receive
from consent.requests.rewrapping import reindex_people, rewrap_keys
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
    "cancel",
    "change_level",
    "check_code",
    "decide_jurisdiction",
    "expire_stale",
    "forget_content",
    "forget_people",
    "fulfil",
    "receive",
    "refuse",
    "reindex_people",
    "rewrap_keys",
]
