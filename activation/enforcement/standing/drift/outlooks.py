"""The moments that drift is told for, each with the policy that decides then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.enforcement.standing.types import Outlook
from consent.policies.types import PublishedPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment, and the policy in force then."""

    outlook: Outlook
    at: datetime
    policy: CompiledPolicy


def list_moments(policies: Sequence[PublishedPolicy], *, at: datetime, ahead: timedelta) -> list[Moment]:
    """Return now, the moment at which each published policy takes effect, and `ahead` from now.

    `policies` are the one in force at `at` and those that follow. So what a policy will do is seen before it
    does it, and what time alone does (a consent that ends, a birthday), before it is over.
    """
    later = at + ahead
    return [
        Moment(outlook=Outlook.NOW, at=at, policy=_in_force(policies, at)),
        *(
            Moment(outlook=Outlook.POLICY, at=one.in_force_from, policy=compile_policy(one))
            for one in policies
            if one.in_force_from > at
        ),
        Moment(outlook=Outlook.LATER, at=later, policy=_in_force(policies, later)),
    ]


def _in_force(policies: Sequence[PublishedPolicy], at: datetime) -> CompiledPolicy:
    held = [one for one in policies if one.in_force_from <= at]
    return compile_policy(held[-1]) if held else NO_POLICY
