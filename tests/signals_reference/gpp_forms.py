"""GPP sections as `@iabgpp/cmpapi` has them: bitfields as lists of truths, and its own names in section 2."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from consent.signals.gpp import TC_STRING, GppString, Section, to_json
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.declared import SubSection
from consent.signals.gpp.kinds import Flags, TwoBitList
from consent.signals.intervals import IdSet
from consent.signals.tcf.types import PublisherTC, TCString
from tests.gpp_strings import EU_SECTION, make_gpp, make_section, seeded

Told = dict[str, Any]

_INCLUDED = {
    "GpcSegmentType": "GpcSegmentIncluded",
    "SensitiveDataProcessing": "SensitiveDataConsentSegmentIncluded",
}
"""By the first field of an optional sub-section, what tells the reference whether to write it."""
_EU_NUMBERS = {
    "CmpId": "cmp_id",
    "CmpVersion": "cmp_version",
    "ConsentScreen": "consent_screen",
    "ConsentLanguage": "consent_language",
    "VendorListVersion": "vendor_list_version",
    "PolicyVersion": "policy_version",
    "IsServiceSpecific": "is_service_specific",
    "UseNonStandardStacks": "use_non_standard_texts",
    "PurposeOneTreatment": "purpose_one_treatment",
    "PublisherCountryCode": "publisher_country_code",
}
_EU_FLAGS = {
    "SpecialFeatureOptins": ("special_feature_opt_ins", 12),
    "PurposeConsents": ("purposes_consent", 24),
    "PurposeLegitimateInterests": ("purposes_legitimate_interest", 24),
}
_EU_VENDORS = {
    "VendorConsents": "vendor_consents",
    "VendorLegitimateInterests": "vendor_legitimate_interests",
    "VendorsDisclosed": "disclosed_vendors",
}


def make_for_reference(seed: int, most: int = 6) -> GppString:
    """Return a string that the reference can write."""
    return as_reference_can(make_gpp(seed, most))


def make_one_for_reference(id_: int, version: int, seed: int) -> GppString:
    """Return a string of one section that the reference can write."""
    return as_reference_can(GppString({id_: make_section(id_, version, seeded(seed))}))


def as_reference_can(string: GppString) -> GppString:
    """Return the string as the reference can write it.

    Its EU section is for one service, has one time, and always the segments of disclosed vendors and of the
    publisher; its Canadian section always has the publisher's, and disclosed vendors if there are any.
    """
    return GppString({id_: _as_reference_can(section) for id_, section in string.sections.items()})


def _as_reference_can(section: Section) -> Section:
    fields = dict(section.fields)
    if section.id == EU_SECTION:
        tc: TCString = fields[TC_STRING]  # type: ignore[assignment]
        fields[TC_STRING] = replace(
            tc,
            is_service_specific=True,
            last_updated=tc.created,
            allowed_vendors=None,
            disclosed_vendors=tc.disclosed_vendors or IdSet(),
            publisher_tc=tc.publisher_tc or PublisherTC(),
        )
    if section.prefix == "tcfcav1":
        fields = {
            "PubPurposesSegmentType": 3,
            "PubPurposesExpressConsent": IdSet(),
            "PubPurposesImpliedConsent": IdSet(),
            "NumCustomPurposes": 0,
            "CustomPurposesExpressConsent": IdSet(),
            "CustomPurposesImpliedConsent": IdSet(),
            **fields,
        }
        if not fields.get("DisclosedVendors"):
            fields.pop("DisclosedVendors", None)
            fields.pop("DisclosedVendorsSegmentType", None)
    return Section(section.id, section.prefix, section.version, fields)


def to_reference(string: GppString) -> dict[str, Told]:
    """Return the sections with the reference's names and forms."""
    return {section.prefix: _section(section) for section in string.sections.values()}


def _section(section: Section) -> Told:
    if section.id == EU_SECTION:
        return _european(section.fields[TC_STRING])  # type: ignore[arg-type]
    told: Told = to_json(GppString({section.id: section}))["sections"][section.prefix]
    if section.id not in DECLARATIONS:
        return told
    parts = DECLARATIONS[section.id].versions[section.version]
    for field in (field for part in parts for field in part.fields):
        if isinstance(field.kind, Flags) and field.name in told:
            count = field.kind.count
            told[field.name] = truths(told[field.name], count if isinstance(count, int) else told[count])
    for part in parts[1:]:
        first = part.fields[0].name
        if first in _INCLUDED:
            told[_INCLUDED[first]] = first in told
    return told | _cut(parts[0], told)


def _cut(core: SubSection, told: Told) -> Told:
    """Return the lists that may be longer as far as the reference tells them."""
    lists = {one.name: one.kind.count for one in core.fields if isinstance(one.kind, TwoBitList)}
    return {name: told[name][:count] for name, count in lists.items() if core.longer}


def truths(ids: list[int], count: int) -> list[bool]:
    """Return whether each number up to `count` is in `ids`."""
    return [number in ids for number in range(1, count + 1)]


def _european(tc: TCString) -> Told:
    publisher = tc.publisher_tc or PublisherTC()
    custom = publisher.number_of_custom_purposes
    time = tc.created.isoformat()
    return {
        **{name: getattr(tc, field) for name, field in _EU_NUMBERS.items()},
        **{name: truths(list(getattr(tc, field)), count) for name, (field, count) in _EU_FLAGS.items()},
        **{name: list(getattr(tc, field)) for name, field in _EU_VENDORS.items()},
        "PublisherRestrictions": [
            {"key": one.purpose, "type": int(one.type), "ids": list(one.vendors)}
            for one in tc.publisher_restrictions
        ],
        "PublisherConsents": truths(list(publisher.purposes_consent), 24),
        "PublisherLegitimateInterests": truths(list(publisher.purposes_legitimate_interest), 24),
        "NumCustomPurposes": custom,
        "PublisherCustomConsents": truths(list(publisher.custom_purposes_consent), custom),
        "PublisherCustomLegitimateInterests": truths(
            list(publisher.custom_purposes_legitimate_interest), custom
        ),
        "Created": time,
        "LastUpdated": time,
    }


def agrees(ours: GppString, theirs: Mapping[str, Told]) -> bool:
    """Return whether the reference read each of our fields as we mean it.

    It tells fields of sub-sections that are not there as if they were, so those are passed over.
    """
    told = to_reference(ours)
    return told.keys() == theirs.keys() and all(
        _same(name, value, theirs[prefix])
        for prefix, fields in told.items()
        for name, value in fields.items()
    )


def _same(name: str, value: Any, theirs: Told) -> bool:
    if name.endswith("Included"):
        return True
    if name in ("Created", "LastUpdated"):
        return str(theirs[name])[:21] == str(value).replace("+00:00", ".000")[:21]
    found: Any = theirs[name]
    return json.dumps(found) == json.dumps(value)
