"""Writes of data subject requests: all that other apps may call."""

from consent.requests.clocks.changing import extend, pause, resume
from consent.requests.erasing.approving import approve, propose, send_back
from consent.requests.erasing.closing import finish_erasure
from consent.requests.erasing.continuing import erase_rest
from consent.requests.erasing.keys import destroy
from consent.requests.fanning.answering import AnsweredOtherwise, answer_step
from consent.requests.fanning.choosing import finish_task, retry_step, skip_step
from consent.requests.fanning.ending import StepNotFound, complete_step, fail_step
from consent.requests.fanning.planning import plan_steps
from consent.requests.forgetting import forget_content, forget_people
from consent.requests.intake.checking import (
    AgentUnknown,
    AppealNotPossible,
    ControllerUnknown,
    RequestMalformed,
)
from consent.requests.intake.deciding import cancel, decide_jurisdiction, expire_stale, fulfil, refuse
from consent.requests.intake.receiving import Received, receive
from consent.requests.packages.building import begin_package, build_package, retry_package
from consent.requests.packages.redacting import redact, undo_redaction
from consent.requests.packages.releasing import release, withdraw
from consent.requests.recipients import answer_who_received, end_telling
from consent.requests.rewrapping import reindex_people, rewrap_keys
from consent.requests.systems.holding import lift_hold, place_hold
from consent.requests.systems.importing import import_text as import_data_map
from consent.requests.verification.codes import CodeAsked, CodeCheck, ask_code, check_code
from consent.requests.verification.vouching import DocumentKind, accept_document, accept_token, change_level

__all__ = [
    "AgentUnknown",
    "AnsweredOtherwise",
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
    "answer_step",
    "answer_who_received",
    "approve",
    "ask_code",
    "begin_package",
    "build_package",
    "cancel",
    "change_level",
    "check_code",
    "complete_step",
    "decide_jurisdiction",
    "destroy",
    "end_telling",
    "erase_rest",
    "expire_stale",
    "extend",
    "fail_step",
    "finish_erasure",
    "finish_task",
    "forget_content",
    "forget_people",
    "fulfil",
    "import_data_map",
    "lift_hold",
    "pause",
    "place_hold",
    "plan_steps",
    "propose",
    "receive",
    "redact",
    "refuse",
    "reindex_people",
    "release",
    "resume",
    "retry_package",
    "retry_step",
    "rewrap_keys",
    "send_back",
    "skip_step",
    "undo_redaction",
    "withdraw",
]
