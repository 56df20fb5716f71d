"""The groups that the demo's people are generated in, and how common each is.

Where advertising needs consent (EU, GB, BR), per 1,000 customers of one brand:

| group             | share | because                                                            |
|-------------------|-------|--------------------------------------------------------------------|
| granted           |   330 | said yes to customer groups and to advertising                     |
| regranted         |    30 | said yes, withdrew it, and later said yes again                    |
| refused           |   110 | said yes to customer groups and no to advertising                  |
| withdrawn         |    90 | said yes, then withdrew it for advertising                         |
| unsubscribed      |    30 | said yes, then "stop everything": one record for all purposes      |
| objected          |    50 | said yes, then objected to advertising                             |
| expired           |    70 | said yes to advertising longer ago than the 13 months it is good for |
| outdated_notice   |    50 | said yes on a printed card that still bore version 1 of the notice |
| pending           |    40 | asked for it, never pressed the link in the confirming e-mail      |
| shown             |    40 | was shown the question and did not answer                          |
| not_asked         |    30 | said yes to customer groups, was never asked about advertising     |
| profiling_refused |    30 | said yes to advertising, but no to the customer groups it needs    |
| restricted        |    10 | said yes, then had the processing restricted (GDPR Art. 18)        |
| minor             |    20 | said yes at 14 to 17                                               |
| conflicting       |    15 | yes by customer number, no by e-mail, later found to be one person |
| ambiguous         |    15 | customer number and e-mail lead to two people, never linked        |
| unrecorded        |    40 | bought, and left no record at all                                  |

A customer of both brands may also be in `other_brand` (40, less granted): yes for Northwind only.

In California, where advertising goes on until the person opts out:

| group               | share | because                                                          |
|---------------------|-------|------------------------------------------------------------------|
| silent              |   330 | a record of where they live, and no choice                       |
| granted, regranted  |   150 | as above                                                         |
| gpc                 |   140 | their browser sent the Global Privacy Control                    |
| gpc_overridden      |    20 | the same; then a yes after being told of the conflict; the signal again |
| opted_out           |   110 | pressed "do not sell or share"                                   |
| withdrawn, unsubscribed, profiling_refused | 80 | as above                                     |
| child               |    20 | 8 to 12, and said yes without a guardian                         |
| child_with_guardian |    20 | 8 to 12, and a guardian said yes                                 |
| teen                |    20 | 13 to 15, no choice                                              |
| teen_granted        |    20 | 13 to 15, and said yes                                           |
| conflicting, ambiguous | 40 | as above                                                         |
| unrecorded          |    50 | as above                                                         |
"""

from collections.abc import Mapping
from enum import StrEnum


class Group(StrEnum):
    """What happened between one customer and the shop."""

    GRANTED = "granted"
    REGRANTED = "regranted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNSUBSCRIBED = "unsubscribed"
    OBJECTED = "objected"
    EXPIRED = "expired"
    OUTDATED_NOTICE = "outdated_notice"
    PENDING = "pending"
    SHOWN = "shown"
    NOT_ASKED = "not_asked"
    OTHER_BRAND = "other_brand"
    PROFILING_REFUSED = "profiling_refused"
    RESTRICTED = "restricted"
    MINOR = "minor"
    CONFLICTING = "conflicting"
    AMBIGUOUS = "ambiguous"
    UNRECORDED = "unrecorded"
    SILENT = "silent"
    GPC = "gpc"
    GPC_OVERRIDDEN = "gpc_overridden"
    OPTED_OUT = "opted_out"
    CHILD = "child"
    CHILD_WITH_GUARDIAN = "child_with_guardian"
    TEEN = "teen"
    TEEN_GRANTED = "teen_granted"


Shares = Mapping[Group, int]

UNDER_CONSENT: Shares = {
    Group.GRANTED: 330,
    Group.REGRANTED: 30,
    Group.REFUSED: 110,
    Group.WITHDRAWN: 90,
    Group.UNSUBSCRIBED: 30,
    Group.OBJECTED: 50,
    Group.EXPIRED: 70,
    Group.OUTDATED_NOTICE: 50,
    Group.PENDING: 40,
    Group.SHOWN: 40,
    Group.NOT_ASKED: 30,
    Group.PROFILING_REFUSED: 30,
    Group.RESTRICTED: 10,
    Group.MINOR: 20,
    Group.CONFLICTING: 15,
    Group.AMBIGUOUS: 15,
    Group.UNRECORDED: 40,
}
UNDER_CONSENT_WITH_TWO_BRANDS: Shares = {**UNDER_CONSENT, Group.GRANTED: 290, Group.OTHER_BRAND: 40}
UNDER_OPT_OUT: Shares = {
    Group.SILENT: 330,
    Group.GRANTED: 130,
    Group.REGRANTED: 20,
    Group.GPC: 140,
    Group.GPC_OVERRIDDEN: 20,
    Group.OPTED_OUT: 110,
    Group.WITHDRAWN: 30,
    Group.UNSUBSCRIBED: 30,
    Group.PROFILING_REFUSED: 20,
    Group.CHILD: 20,
    Group.CHILD_WITH_GUARDIAN: 20,
    Group.TEEN: 20,
    Group.TEEN_GRANTED: 20,
    Group.CONFLICTING: 20,
    Group.AMBIGUOUS: 20,
    Group.UNRECORDED: 50,
}
