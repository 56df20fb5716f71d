"""What the framework's rules say of a string that is well formed: pure, and told the time where it counts.

The division of labour: `decode` refuses what the format forbids, the missing DisclosedVendors included, as
the segment has been a part of the format since TCF 2.3. Values that the format can write but the rules forbid
are told here: a reader of evidence must be able to read them, and `evaluation` takes no yes from an invalid
one.

Sources, all in "Transparency and Consent String with Global Vendor & CMP List Formats": "Why
was the disclosed vendor section made mandatory in TCF 2.3?", with IAB Europe's date for the end of the
transition, 28 February 2026; "What happened to Global Scope and Out of Band?" and field IsServiceSpecific;
"Managing conflicting string versions"; field PurposesLITransparency; "What happened to Created and
LastUpdated?". The specification bases both times on UTC days, so its dates are days in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum

from consent.signals.intervals import IdSet
from consent.signals.tcf.types import TCString

DISCLOSED_VENDORS_FROM = datetime(2026, 3, 1, tzinfo=UTC)
"""Created since, a string is invalid without the DisclosedVendors segment, whatever its policy version."""
POLICY_4_FROM = datetime(2023, 10, 1, tzinfo=UTC)
"""Created from then on, a string of a lower policy version than 4 is invalid."""
POLICY_OF_TCF_2_2 = 4
_MIDNIGHT = time()


class Rule(StrEnum):
    """What a string breaks."""

    DISCLOSED_VENDORS_MISSING = "disclosed_vendors_missing"
    GLOBAL_SCOPE = "global_scope"
    POLICY_VERSION_ENDED = "policy_version_ended"
    LEGITIMATE_INTEREST_FORBIDDEN = "legitimate_interest_forbidden"
    TIMES_DIFFER = "times_differ"
    UPDATED_BEFORE_CREATED = "updated_before_created"
    CREATED_IN_THE_FUTURE = "created_in_the_future"
    ALLOWED_VENDORS_ENDED = "allowed_vendors_ended"


RULES: dict[Rule, tuple[bool, str]] = {
    Rule.DISCLOSED_VENDORS_MISSING: (
        True,
        "created after 28 February 2026 (UTC) without a DisclosedVendors segment",
    ),
    Rule.GLOBAL_SCOPE: (True, "IsServiceSpecific is 0: strings of global scope ended on 1 September 2021"),
    Rule.POLICY_VERSION_ENDED: (True, "created after 30 September 2023 with a policy version below 4"),
    Rule.LEGITIMATE_INTEREST_FORBIDDEN: (
        False,
        "legitimate interest is told for purpose 1, or since policy version 4 for 3 to 6; it counts as no",
    ),
    Rule.TIMES_DIFFER: (
        False,
        "from policy version 4 on, Created and LastUpdated are the same and a day's first moment in UTC",
    ),
    Rule.UPDATED_BEFORE_CREATED: (False, "LastUpdated is before Created"),
    Rule.CREATED_IN_THE_FUTURE: (False, "Created or LastUpdated is later than now"),
    Rule.ALLOWED_VENDORS_ENDED: (
        False,
        "the AllowedVendors segment ended with global scope; it says nothing",
    ),
}
"""Whether a string that breaks the rule is invalid as a whole, and the rule in words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a string breaks."""

    rule: Rule

    @property
    def invalid(self) -> bool:
        """Whether the string is invalid as a whole, so that it says yes to nothing."""
        return RULES[self.rule][0]

    @property
    def detail(self) -> str:
        """What is wrong, in words."""
        return RULES[self.rule][1]


def check_rules(tc: TCString, now: datetime | None = None) -> tuple[Finding, ...]:
    """Return the rules that the string breaks, the invalidating ones first. `now` is to find the future."""
    findings = [Finding(rule) for rule in _broken(tc, now)]
    return tuple(sorted(findings, key=lambda finding: not finding.invalid))


def lacks_disclosed_vendors(created: datetime, disclosed_vendors: IdSet | None) -> bool:
    """Return whether the DisclosedVendors segment is missing that strings of that day must have."""
    return disclosed_vendors is None and created >= DISCLOSED_VENDORS_FROM


def may_rest_on_legitimate_interest(purpose: int, policy_version: int) -> bool:
    """Return whether the framework lets a vendor claim legitimate interest for the purpose."""
    return purpose != 1 and not (policy_version >= POLICY_OF_TCF_2_2 and 3 <= purpose <= 6)


def _broken(tc: TCString, now: datetime | None) -> Iterator[Rule]:
    broken = {
        Rule.DISCLOSED_VENDORS_MISSING: lacks_disclosed_vendors(tc.created, tc.disclosed_vendors),
        Rule.GLOBAL_SCOPE: not tc.is_service_specific,
        Rule.POLICY_VERSION_ENDED: tc.created >= POLICY_4_FROM and tc.policy_version < POLICY_OF_TCF_2_2,
        Rule.LEGITIMATE_INTEREST_FORBIDDEN: any(
            not may_rest_on_legitimate_interest(purpose, tc.policy_version)
            for purpose in tc.purposes_legitimate_interest
        ),
        Rule.TIMES_DIFFER: tc.policy_version >= POLICY_OF_TCF_2_2 and not _are_one_day(tc),
        Rule.UPDATED_BEFORE_CREATED: tc.last_updated < tc.created,
        Rule.CREATED_IN_THE_FUTURE: now is not None and max(tc.created, tc.last_updated) > now,
        Rule.ALLOWED_VENDORS_ENDED: tc.allowed_vendors is not None,
    }
    return (rule for rule, breaks in broken.items() if breaks)


def _are_one_day(tc: TCString) -> bool:
    return tc.created == tc.last_updated and tc.created.astimezone(UTC).time() == _MIDNIGHT
