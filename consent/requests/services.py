"""Writes of data subject requests: all that other apps may call."""

from consent.requests.fanning.answering import AnsweredOtherwise, answer_step
from consent.requests.fanning.choosing import finish_task, retry_step, skip_step
from consent.requests.fanning.ending import StepNotFound, complete_step, fail_step
from consent.requests.fanning.planning import plan_steps

__all__ = [
    "AnsweredOtherwise",
    "StepNotFound",
    "answer_step",
    "complete_step",
    "fail_step",
    "finish_task",
    "plan_steps",
    "retry_step",
    "skip_step",
]
