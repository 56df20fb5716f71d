"""Writes of data subject requests: all that other apps may call."""

from consent.requests.erasing.approving import approve, propose, send_back
from consent.requests.erasing.closing import finish_erasure
from consent.requests.erasing.continuing import erase_rest
from consent.requests.erasing.keys import destroy
from consent.requests.erasing.placing import lift_hold, place_hold
from consent.requests.fanning.ending import complete_step
from consent.requests.recipients import answer_who_received, end_telling

__all__ = [
    "answer_who_received",
    "approve",
    "complete_step",
    "destroy",
    "end_telling",
    "erase_rest",
    "finish_erasure",
    "lift_hold",
    "place_hold",
    "propose",
    "send_back",
]
