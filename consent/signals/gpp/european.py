"""Section 2, the TC string of the EU: read and written by the codec of TC strings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from consent.signals.errors import MalformedSignal
from consent.signals.gpp.kinds import Place
from consent.signals.gpp.types import TC_STRING, Section
from consent.signals.reading import Reader

if TYPE_CHECKING:
    from consent.signals.tcf.types import TCString

ID = 2
PREFIX = "tcfeuv2"

_RESTRICTIONS = "PubRestrictions"
_RESTRICTION = {"key": "purposeId", "type": "restrictionType", "ids": "vendors"}
_NAMES = {
    "Version": "version",
    "Created": "created",
    "LastUpdated": "lastUpdated",
    "CmpId": "cmpId",
    "CmpVersion": "cmpVersion",
    "ConsentScreen": "consentScreen",
    "ConsentLanguage": "consentLanguage",
    "VendorListVersion": "vendorListVersion",
    "TcfPolicyVersion": "policyVersion",
    "IsServiceSpecific": "isServiceSpecific",
    "UseNonStandardTexts": "useNonStandardTexts",
    "SpecialFeatureOptIns": "specialFeatureOptins",
    "PurposeConsent": "purposeConsents",
    "PurposesLITransparency": "purposeLegitimateInterests",
    "PurposeOneTreatment": "purposeOneTreatment",
    "PublisherCC": "publisherCountryCode",
    "VendorConsent": "vendorConsents",
    "VendorLegitimateInterest": "vendorLegitimateInterests",
    _RESTRICTIONS: "publisherRestrictions",
    "DisclosedVendors": "vendorsDisclosed",
    "AllowedVendors": "vendorsAllowed",
    "PubPurposesConsent": "publisherConsents",
    "PubPurposesLITransparency": "publisherLegitimateInterests",
    "NumCustomPurposes": "numCustomPurposes",
    "CustomPurposesConsent": "publisherCustomConsents",
    "CustomPurposesLITransparency": "publisherCustomLegitimateInterests",
}
"""The names of "GPP Extension: IAB Europe TCF", section "Section encoding", and those of `TCModel`.

The segment of allowed vendors, which ended, has none there: its name is that of TC strings' specification.
"""


def read(text: str, start: int, reader: Reader) -> Section | None:
    """Return the section of `text`, which starts at the character `start` of the whole, or None.

    :raises MalformedSignal: strictly.
    """
    from consent.signals import tcf  # noqa: PLC0415  # most GPP strings have no such section

    if reader.lenient:
        value, faults = tcf.decode_leniently(text)
        for fault in faults:
            reader.ignore(fault.at(start))
        return None if value is None else _section(value)
    try:
        return _section(tcf.decode(text))
    except MalformedSignal as error:
        raise MalformedSignal(error.fault.at(start)) from None


def write(section: Section) -> str:
    """Return the TC string of a section.

    :raises MalformedSignal: if the section has no TC string, something else, or one that is not allowed.
    """
    from consent.signals import tcf  # noqa: PLC0415

    return tcf.encode(_tc_string(section))


def to_json(section: Section) -> dict[str, object]:
    """Return the TC string under the specification's names, and under those of TC strings' own reference.

    :raises MalformedSignal: if the section has none.
    """
    from consent.signals import tcf  # noqa: PLC0415

    told = tcf.to_json(_tc_string(section))
    named = {name: told[own] for name, own in _NAMES.items() if told[own] is not None}
    restrictions = [
        {name: one[own] for name, own in _RESTRICTION.items()} for one in told[_NAMES[_RESTRICTIONS]]
    ]
    return {**named, _RESTRICTIONS: restrictions, **told}


def _tc_string(section: Section) -> "TCString":
    from consent.signals.tcf.types import TCString  # noqa: PLC0415

    value = section.fields.get(TC_STRING)
    if not isinstance(value, TCString) or len(section.fields) != 1:
        detail = f"{PREFIX} has one field, {TC_STRING}, with a TC string"
        Place(TC_STRING, section.fields).refuse("wrong_type", detail)
    return value


def from_json(told: Mapping[str, object]) -> Section:
    """Return the section of what `to_json` gave; either names are enough.

    :raises MalformedSignal: if it does not tell a TC string, or one name tells something else than the other.
    """
    from consent.signals import tcf  # noqa: PLC0415

    plain = {name: value for name, value in told.items() if name not in _NAMES}
    for name, own in _NAMES.items():
        if name in told:
            value = _own_restrictions(told[name]) if name == _RESTRICTIONS else told[name]
            if repr(plain.setdefault(own, value)) != repr(value):
                Place(name, {}).refuse("names_disagree", f"{name} and {own} are not the same")
    return _section(tcf.from_json(plain))


def _own_restrictions(value: object) -> object:
    """Return restrictions under the names that TC strings have for them; what is none is left as it is."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return value
    return [{_RESTRICTION.get(name, name): each for name, each in one.items()} for one in value]


def _section(value: object) -> Section:
    return Section(ID, PREFIX, 2, {TC_STRING: value})
