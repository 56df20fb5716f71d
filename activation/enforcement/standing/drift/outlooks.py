"""The moments that drift is told for, each with the policy that decides then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.enforcement.standing.types import Outlook
from consent.policies import queries
from consent.policies.types import PolicyStatus, PublishedPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment, and the policy in force then."""

    outlook: Outlook
    at: datetime
    policy: CompiledPolicy


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that decide, or will."""

    published: Sequence[PublishedPolicy]
    """The one in force, and those that follow, in the order they take effect."""
    approved: Sequence[PublishedPolicy]
    """Those that are approved and not published yet, each as if it took effect at once."""

    @property
    def digests(self) -> list[str]:
        """The digests of all, by which a change is noticed."""
        return [one.digest for one in (*self.published, *self.approved)]


def list_policies(*, at: datetime) -> Policies:
    """Return the policies that decide at `at`, and those that will."""
    approved = sorted(
        one.version_id for one in queries.list_versions() if one.status is PolicyStatus.APPROVED
    )
    texts = [queries.get_version_text(version_id=one) for one in approved]
    return Policies(queries.list_policies_from(at=at), [text.as_published(at) for text in texts if text])


def list_moments(found: Policies, *, at: datetime, ahead: timedelta) -> list[Moment]:
    """Return now, the moments at which others than today's policy decide, and `ahead` from now.

    So what a policy will do is seen before it does it, and what time alone does (a consent that ends, a
    birthday), before it is over.
    """
    later, policies = at + ahead, found.published
    return [
        Moment(outlook=Outlook.NOW, at=at, policy=_in_force(policies, at)),
        *(Moment(outlook=Outlook.APPROVED, at=at, policy=compile_policy(one)) for one in found.approved),
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
