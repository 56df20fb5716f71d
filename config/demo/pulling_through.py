"""The story's chapter on withdrawals: one is taken to the ad platform that holds the person."""

import time
from typing import Any

from activation.enforcement.suppression import clocks
from config.demo.calls import AdPlatformPage, Api
from config.demo.evidence import StoryFailed
from config.demo.handing_over import AD_PLATFORM, AUDIENCE
from config.demo.telling import Teller

_PATIENCE = 60.0
"""Seconds that follower and worker get, on a busy machine."""
_LOOK = 0.01
"""Seconds between looks at the ad platform."""


def withdraw(customer_id: str, api: Api, platform: AdPlatformPage, *, teller: Teller) -> dict[str, Any]:
    """Let a customer whom the ad platform holds withdraw, and return how soon it had taken them out.

    :raises StoryFailed: if it has not, after a minute.
    """
    before = platform.figures()
    api.withdraw(purpose="advertising.audience", customer_id=customer_id)
    answered_at = time.perf_counter()
    teller.say(f"Customer {customer_id}, whom {AD_PLATFORM} holds, withdraws through the API.")
    after = _wait_until_removed(before, platform)
    milliseconds = round((time.perf_counter() - answered_at) * 1000, 1)
    teller.say(f"{AD_PLATFORM} had taken them out {milliseconds:,.1f} ms after the withdrawal was answered.")
    teller.say(f"  See what it holds: {platform.url}")
    clock = _wait_for_clock()
    teller.say(
        f"  Its clock: enforced {clock['enforced']:.3f} s after it was recorded,"
        f" acknowledged after {clock['done']:.3f} s."
    )
    teller.say("  Withdraw for somebody else and watch: the admin shows each clock under Withdrawals.")
    return {
        "customer_id": customer_id,
        "held_before": before["held"][AUDIENCE],
        "held_after": after["held"][AUDIENCE],
        "removed_after_ms": milliseconds,
        "enforced_seconds": clock["enforced"],
        "acknowledged_seconds": clock["done"],
    }


def _wait_until_removed(before: dict[str, Any], platform: AdPlatformPage) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE
    while (figures := platform.figures())["removed_in_all"] == before["removed_in_all"]:
        if time.monotonic() > deadline:
            raise StoryFailed("the ad platform was not told of the withdrawal: do follower and worker run?")
        time.sleep(_LOOK)
    return figures


def _wait_for_clock() -> dict[str, float]:
    """Return the clock of the last hour's withdrawals at the ad platform: half of them took at most that."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        [span] = clocks.get_clocks(destination=AD_PLATFORM, spans=["hour"]).spans
        enforced, done = span.recorded_to_enforced.p50, span.recorded_to_acknowledged.p50
        if enforced is not None and done is not None:
            return {"enforced": enforced, "done": done}
        time.sleep(_LOOK)
    raise StoryFailed("the withdrawal's acknowledgement was not written down: does a worker run?")
