"""May a vendor process a purpose, and on which legal basis? Answered from a string and its vendor list.

Every unknown is a no with a reason of its own. Sources: "Transparency and Consent String …", "What are
publisher restrictions?" and field RestrictionType; "TCF Implementation Guidelines", "How to determine legal
bases from the TC String?"; "Why was the disclosed vendor section made mandatory in TCF 2.3?".
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.signals.tcf.gvl.types import Vendor, VendorList
from consent.signals.tcf.rules import Finding, check_rules, may_rest_on_legitimate_interest
from consent.signals.tcf.types import RestrictionType, TCString


class Basis(StrEnum):
    """A legal basis as the framework knows it."""

    CONSENT = "consent"
    LEGITIMATE_INTEREST = "legitimate_interest"


class Reason(StrEnum):
    """Why a vendor may or may not."""

    CONSENT_GIVEN = "consent_given"
    INTEREST_ESTABLISHED = "interest_established"
    DISCLOSED = "disclosed"
    OPTED_IN = "opted_in"
    STRING_INVALID = "string_invalid"
    LIST_MISMATCH = "list_mismatch"
    UNKNOWN_PURPOSE = "unknown_purpose"
    UNKNOWN_VENDOR = "unknown_vendor"
    VENDOR_DELETED = "vendor_deleted"
    VENDOR_NOT_DISCLOSED = "vendor_not_disclosed"
    NOT_DECLARED = "not_declared"
    PUBLISHER_FORBIDS = "publisher_forbids"
    PUBLISHER_REQUIRES_CONSENT = "publisher_requires_consent"
    PUBLISHER_REQUIRES_INTEREST = "publisher_requires_interest"
    PURPOSE_ONE_NOT_ASKED = "purpose_one_not_asked"
    NO_PURPOSE_CONSENT = "no_purpose_consent"
    NO_VENDOR_CONSENT = "no_vendor_consent"
    INTEREST_FORBIDDEN = "interest_forbidden"
    NO_PURPOSE_INTEREST = "no_purpose_interest"
    NO_VENDOR_INTEREST = "no_vendor_interest"
    NOT_OPTED_IN = "not_opted_in"


TEXTS: dict[Reason, str] = {
    Reason.CONSENT_GIVEN: "the person consented to the purpose and to the vendor",
    Reason.INTEREST_ESTABLISHED: "the purpose and the vendor were told of, and the person did not object",
    Reason.DISCLOSED: "the vendor declares the special purpose and was disclosed to the person",
    Reason.OPTED_IN: "the vendor declares the special feature, and the person opted in",
    Reason.STRING_INVALID: "the string is invalid",
    Reason.LIST_MISMATCH: "the vendor list is not of the version that the string names",
    Reason.UNKNOWN_PURPOSE: "the vendor list has no such purpose, special purpose or special feature",
    Reason.UNKNOWN_VENDOR: "the vendor list has no such vendor",
    Reason.VENDOR_DELETED: "the vendor was deleted from the list",
    Reason.VENDOR_NOT_DISCLOSED: "the vendor was not disclosed to the person",
    Reason.NOT_DECLARED: "the vendor does not declare it",
    Reason.PUBLISHER_FORBIDS: "the publisher does not allow the vendor the purpose, or requires both bases",
    Reason.PUBLISHER_REQUIRES_CONSENT: "the publisher requires consent; the vendor is not flexible",
    Reason.PUBLISHER_REQUIRES_INTEREST: (
        "the publisher requires legitimate interest; the vendor is not flexible"
    ),
    Reason.PURPOSE_ONE_NOT_ASKED: "purpose 1 was not disclosed: the law of the publisher's country decides",
    Reason.NO_PURPOSE_CONSENT: "the person did not consent to the purpose",
    Reason.NO_VENDOR_CONSENT: "the person did not consent to the vendor",
    Reason.INTEREST_FORBIDDEN: "the framework allows no legitimate interest for the purpose",
    Reason.NO_PURPOSE_INTEREST: "legitimate interest was not told for the purpose, or the person objected",
    Reason.NO_VENDOR_INTEREST: "legitimate interest was not told for the vendor, or the person objected",
    Reason.NOT_OPTED_IN: "the person did not opt in to the special feature",
}
_REQUIRED = {
    RestrictionType.REQUIRE_CONSENT: Basis.CONSENT,
    RestrictionType.REQUIRE_LEGITIMATE_INTEREST: Basis.LEGITIMATE_INTEREST,
}
_NOT_FLEXIBLE = {
    Basis.CONSENT: Reason.PUBLISHER_REQUIRES_CONSENT,
    Basis.LEGITIMATE_INTEREST: Reason.PUBLISHER_REQUIRES_INTEREST,
}
YES = {Reason.CONSENT_GIVEN, Reason.INTEREST_ESTABLISHED, Reason.DISCLOSED, Reason.OPTED_IN}


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer. `basis` is the one that applies, whether or not it holds; or None."""

    reason: Reason
    basis: Basis | None = None
    findings: tuple[Finding, ...] = ()
    """The rules that make the string invalid."""

    @property
    def allowed(self) -> bool:
        """Whether the vendor may."""
        return self.reason in YES

    @property
    def text(self) -> str:
        """The reason in words."""
        return "; ".join([TEXTS[self.reason], *(finding.detail for finding in self.findings)])


def may_process(
    tc: TCString, vendors: VendorList, vendor: int, purpose: int, at: datetime | None = None
) -> Answer:
    """Return whether the vendor may process the purpose, on which basis, and why.

    `at` is when: a vendor that was deleted by then may not. Without it, a vendor whose deletion is told may
    not, whenever it is.
    """
    found = _find(tc, vendors, vendor, at)
    if isinstance(found, Answer):
        return found
    if purpose not in vendors.purposes:
        return Answer(Reason.UNKNOWN_PURPOSE)
    declared = _declared_basis(found, purpose)
    if declared is None:
        return Answer(Reason.NOT_DECLARED)
    basis = _restrict(tc, found, purpose, declared)
    if isinstance(basis, Answer):
        return basis
    if basis is Basis.CONSENT:
        return Answer(_judge_consent(tc, vendor, purpose), basis)
    return Answer(_judge_interest(tc, vendor, purpose), basis)


def may_process_special(
    tc: TCString, vendors: VendorList, vendor: int, purpose: int, at: datetime | None = None
) -> Answer:
    """Return whether the vendor may process the special purpose: no choice of the person's counts there."""
    found = _find(tc, vendors, vendor, at)
    if isinstance(found, Answer):
        return found
    if purpose not in vendors.special_purposes:
        return Answer(Reason.UNKNOWN_PURPOSE)
    if purpose not in found.special_purposes:
        return Answer(Reason.NOT_DECLARED)
    if tc.disclosed_vendors is None and vendor not in tc.vendor_legitimate_interests:
        return Answer(Reason.VENDOR_NOT_DISCLOSED)  # older strings tell of disclosure by this bit only
    return Answer(Reason.DISCLOSED, Basis.LEGITIMATE_INTEREST)


def may_use_feature(
    tc: TCString, vendors: VendorList, vendor: int, feature: int, at: datetime | None = None
) -> Answer:
    """Return whether the vendor may use the special feature, for purposes that it may process."""
    found = _find(tc, vendors, vendor, at)
    if isinstance(found, Answer):
        return found
    if feature not in vendors.special_features:
        return Answer(Reason.UNKNOWN_PURPOSE)
    if feature not in found.special_features:
        return Answer(Reason.NOT_DECLARED)
    return Answer(Reason.OPTED_IN if feature in tc.special_feature_opt_ins else Reason.NOT_OPTED_IN)


def _find(tc: TCString, vendors: VendorList, vendor: int, at: datetime | None) -> Vendor | Answer:
    """Return the vendor, or the no that holds for whatever it asks."""
    if invalid := tuple(finding for finding in check_rules(tc) if finding.invalid):
        return Answer(Reason.STRING_INVALID, findings=invalid)
    if tc.vendor_list_version != vendors.version:
        return Answer(Reason.LIST_MISMATCH)
    found = vendors.vendors.get(vendor)
    if found is None:
        return Answer(Reason.UNKNOWN_VENDOR)
    if found.is_deleted(at):
        return Answer(Reason.VENDOR_DELETED)
    if tc.disclosed_vendors is not None and vendor not in tc.disclosed_vendors:
        return Answer(Reason.VENDOR_NOT_DISCLOSED)
    return found


def _declared_basis(vendor: Vendor, purpose: int) -> Basis | None:
    if purpose in vendor.purposes:
        return Basis.CONSENT
    return Basis.LEGITIMATE_INTEREST if purpose in vendor.legitimate_interest_purposes else None


def _restrict(tc: TCString, vendor: Vendor, purpose: int, declared: Basis) -> Basis | Answer:
    """Return the basis that applies under the publisher's restrictions, or the no that they are.

    A restriction to one basis binds a vendor that declares the other and is not flexible, too: it may not
    process. One to consent and one to legitimate interest leave nothing.
    """
    types = {
        one.type for one in tc.publisher_restrictions if one.purpose == purpose and vendor.id in one.vendors
    }
    if RestrictionType.NOT_ALLOWED in types or len(types) > 1:
        return Answer(Reason.PUBLISHER_FORBIDS)
    required = _REQUIRED[types.pop()] if types else declared
    if required is declared or purpose in vendor.flexible_purposes:
        return required
    return Answer(_NOT_FLEXIBLE[required], declared)


def _judge_consent(tc: TCString, vendor: int, purpose: int) -> Reason:
    if purpose == 1 and tc.purpose_one_treatment:
        return Reason.PURPOSE_ONE_NOT_ASKED
    if purpose not in tc.purposes_consent:
        return Reason.NO_PURPOSE_CONSENT
    return Reason.CONSENT_GIVEN if vendor in tc.vendor_consents else Reason.NO_VENDOR_CONSENT


def _judge_interest(tc: TCString, vendor: int, purpose: int) -> Reason:
    if not may_rest_on_legitimate_interest(purpose, tc.policy_version):
        return Reason.INTEREST_FORBIDDEN
    if purpose not in tc.purposes_legitimate_interest:
        return Reason.NO_PURPOSE_INTEREST
    told = vendor in tc.vendor_legitimate_interests
    return Reason.INTEREST_ESTABLISHED if told else Reason.NO_VENDOR_INTEREST
