"""What the right answers are: stated by hand from the groups, without the engine that is to give them.

The question is always the same: may a customer of the brand that asks be sent to Meridian Ads for
`advertising.audience`? Each answer is derived from config/demo/retailer.yaml and the decision table. A no
to advertising speaks for itself only where the customer groups it requires are allowed; else the table's
second row has spoken first.
"""

from collections import Counter
from collections.abc import Mapping

from config.demo.audience import list_audience
from config.demo.groups import Group
from config.demo.people import HARBOR, NORTHWIND, Person, Residence

REASONS: Mapping[Group, str] = {
    Group.GRANTED: "granted",
    Group.REGRANTED: "granted",  # a person's own later yes lifts their no
    Group.REFUSED: "refused",
    Group.WITHDRAWN: "withdrawn",
    Group.UNSUBSCRIBED: "required_purpose_denied",  # the no to everything stops the customer groups first
    Group.OBJECTED: "objected",
    Group.EXPIRED: "expired",
    Group.OUTDATED_NOTICE: "notice_outdated",
    Group.PENDING: "pending_confirmation",
    Group.SHOWN: "no_choice",
    Group.NOT_ASKED: "no_record",
    Group.OTHER_BRAND: "no_record",  # a yes covers the brand it names; see below for the brand it named
    Group.PROFILING_REFUSED: "required_purpose_denied",
    Group.RESTRICTED: "subject_restricted",
    Group.MINOR: "minor_prohibited",
    Group.CONFLICTING: "refused",  # among choices made before the link, no wins
    Group.AMBIGUOUS: "identity_ambiguous",
    Group.UNRECORDED: "subject_unknown",
    Group.SILENT: "not_opted_out",
    Group.GPC: "opt_out_signal",
    Group.GPC_OVERRIDDEN: "not_opted_out",  # 11 CCR 7025(c)(3)
    Group.OPTED_OUT: "opted_out",
    Group.CHILD: "minor_without_guardian",
    Group.CHILD_WITH_GUARDIAN: "granted",
    Group.TEEN: "no_record",  # from 13 to 15 California's rule asks for the person's own yes
    Group.TEEN_GRANTED: "granted",
}

IN_CALIFORNIA: Mapping[Group, str] = {
    Group.GRANTED: "not_opted_out",  # the ground is the opt-out, not the yes
    Group.REGRANTED: "not_opted_out",
}

ALLOWING = frozenset({"granted", "not_opted_out"})
"""Those of the reasons above that go with an allow."""


def expected_reason(person: Person, controller: str = HARBOR) -> str:
    """Return the reason that a decision on `person` must give. `controller` is one of their brands."""
    if person.group is Group.OTHER_BRAND and controller == NORTHWIND:
        return "granted"
    if person.residence is Residence.CALIFORNIA and person.group in IN_CALIFORNIA:
        return IN_CALIFORNIA[person.group]
    return REASONS[person.group]


def count_expected(controller: str = HARBOR) -> Mapping[str, int]:
    """Return how many rows of the audience of `controller` must be given each reason, allows included."""
    return Counter(expected_reason(member.person, controller) for member in list_audience(controller))
