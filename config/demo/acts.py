"""What the people of each group did, act by act. The reasons for the groups are in `groups`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from config.demo.groups import Group
from config.demo.people import NORTHWIND
from consent.records.types import ANY_PURPOSE, Choice

ADVERTISING = "advertising.audience"
PROFILING = "profiling.segmentation"
OFFERS = "marketing.email"
NEWSLETTER = "marketing.email.newsletter"


class When(Enum):
    """How many days before today something happened: at least, and less than.

    From October 2026 on, all but the last lie after the third version of the notice came out (2025-12-01).
    They lie within the 13 months that a consent to advertising is good for.
    """

    FIRST = (150, 300)
    SECOND = (40, 140)
    THIRD = (2, 30)
    LONG_AGO = (410, 760)  # past the 13 months, and when the second version was current


@dataclass(frozen=True, slots=True)
class Act:
    """One choice that a person made, or that their browser made for them."""

    choice: Choice
    purpose: str
    when: When = When.FIRST
    notice_version: int = 3
    brand: str | None = None
    """Set when the act was towards one brand only, although the person is a customer of both."""
    by_guardian: bool = False
    after_conflict_notice: bool = False


PROFILED = Act(Choice.GRANTED, PROFILING)
AGREED = Act(Choice.GRANTED, ADVERTISING)
WAS_SIGNALLED = Act(Choice.SIGNAL, ANY_PURPOSE)

ACTS: Mapping[Group, tuple[Act, ...]] = {
    Group.GRANTED: (PROFILED, AGREED),
    Group.REGRANTED: (
        PROFILED,
        AGREED,
        Act(Choice.WITHDRAWN, ADVERTISING, When.SECOND),
        Act(Choice.GRANTED, ADVERTISING, When.THIRD),
    ),
    Group.REFUSED: (PROFILED, Act(Choice.REFUSED, ADVERTISING)),
    Group.WITHDRAWN: (PROFILED, AGREED, Act(Choice.WITHDRAWN, ADVERTISING, When.SECOND)),
    Group.UNSUBSCRIBED: (PROFILED, AGREED, Act(Choice.WITHDRAWN, ANY_PURPOSE, When.SECOND)),
    Group.OBJECTED: (PROFILED, AGREED, Act(Choice.OBJECTED, ADVERTISING, When.SECOND)),
    Group.EXPIRED: (Act(Choice.GRANTED, ADVERTISING, When.LONG_AGO, notice_version=2), PROFILED),
    Group.OUTDATED_NOTICE: (PROFILED, Act(Choice.GRANTED, ADVERTISING, notice_version=1)),
    Group.PENDING: (PROFILED, Act(Choice.PENDING, ADVERTISING), Act(Choice.PENDING, NEWSLETTER)),
    Group.SHOWN: (PROFILED, Act(Choice.SHOWN, ADVERTISING)),
    Group.NOT_ASKED: (PROFILED,),
    Group.OTHER_BRAND: (PROFILED, Act(Choice.GRANTED, ADVERTISING, brand=NORTHWIND)),
    Group.PROFILING_REFUSED: (Act(Choice.REFUSED, PROFILING), AGREED),
    Group.RESTRICTED: (PROFILED, AGREED),
    Group.MINOR: (PROFILED, AGREED),
    Group.CONFLICTING: (PROFILED, AGREED),
    Group.AMBIGUOUS: (PROFILED, AGREED),
    Group.SILENT: (),
    Group.GPC: (WAS_SIGNALLED,),
    Group.GPC_OVERRIDDEN: (
        WAS_SIGNALLED,
        Act(Choice.GRANTED, ADVERTISING, When.SECOND, after_conflict_notice=True),
        Act(Choice.SIGNAL, ANY_PURPOSE, When.THIRD),
    ),
    Group.OPTED_OUT: (Act(Choice.OPTED_OUT, ADVERTISING, When.SECOND),),
    Group.CHILD: (AGREED,),
    Group.CHILD_WITH_GUARDIAN: (Act(Choice.GRANTED, ADVERTISING, by_guardian=True),),
    Group.TEEN: (),
    Group.TEEN_GRANTED: (AGREED,),
}

ACTS_BY_EMAIL: Mapping[Group, tuple[Act, ...]] = {
    Group.CONFLICTING: (Act(Choice.REFUSED, ADVERTISING, When.SECOND),),
    Group.AMBIGUOUS: (Act(Choice.GRANTED, OFFERS, When.SECOND),),
}
"""What those whose e-mail address was first taken for another person did by that address."""
