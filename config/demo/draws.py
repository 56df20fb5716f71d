"""Chance that is the same on every machine, in every Python and in every order of asking."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar

Outcome = TypeVar("Outcome")

LABEL = "accordant demo 1"
"""Part of every draw. Another label makes another population."""


def draw(customer_id: str, topic: str, below: int) -> int:
    """Return a number from 0 to `below` - 1. A customer always draws the same one for a topic.

    `below` is small against 2**64, so that every number is as likely as any other.
    """
    digest = hashlib.sha256(f"{LABEL}/{topic}/{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def pick(customer_id: str, topic: str, shares: Mapping[Outcome, int]) -> Outcome:
    """Return an outcome, each as likely as its share of the sum; the order of `shares` counts."""
    rest = draw(customer_id, topic, sum(shares.values()))
    for outcome, share in shares.items():
        if rest < share:
            return outcome
        rest -= share
    raise AssertionError("a draw lies below the sum of the shares")
