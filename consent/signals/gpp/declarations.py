"""The sections of GPP, as tables.

Source: IAB Tech Lab's repository Global-Privacy-Platform, folder `Sections`, state of 17 December 2025,
beside `@iabgpp/cmpapi` 3.2.0. Where the two differ:

* Sub-sections' types are all called `SubsectionType` in the specification, which asks for names that are
  unique in a section; the reference's names are unique and are used.
* Tennessee's `KnownChildSensitiveDataConsent` is in the plural, as in every other section and the reference.
* Maryland, Indiana, Kentucky and Rhode Island are specified with a section header that names sub-section 0
  in Fibonacci coding, which has no 0. Nobody can write it: the reference writes none, and here there is none.
* `usnat` got longer lists with version 2. Writers of 2025, `@iabgpp/cmpapi` 3.1.3 among them, wrote these
  lists under version 1; such strings are read by the reference, which tells the lists cut, and here whole.
* The reference takes MspaCoveredTransaction 0 and the value 3 when it reads; here they are faults.
* `OptimizedRange`: see `vendors`.
"""

from collections.abc import Mapping

from consent.signals.gpp.declared import VERSION, Declaration, Field, SubSection
from consent.signals.gpp.kinds import Flags, Letters, Time, Truth, TwoBitList, Whole
from consent.signals.gpp.vendors import Form, Restrictions, Vendors

ANY = Whole(2, (0, 1, 2))
"""Not applicable, yes or opted out or no consent, no or did not opt out or consent."""
YES_OR_NO = Whole(2, (1, 2))

US_PRIVACY_SECTION = 6
US_PRIVACY_PREFIX = "uspv1"

_COVERED = Field("MspaCoveredTransaction", YES_OR_NO)
_MSPA = (_COVERED, "MspaOptOutOptionMode", "MspaServiceProviderMode")
_MSPA_FIRST = (Field("MspaVersion", Whole(6)), _COVERED, "MspaMode")
_NOTICES = ("SaleOptOutNotice", "TargetedAdvertisingOptOutNotice")
_OPT_OUTS = ("SaleOptOut", "TargetedAdvertisingOptOut")
_CHILD = "KnownChildSensitiveDataConsents"
_GPC = SubSection("GPC", (Field("GpcSegmentType", Whole(2, (1,))), Field("Gpc", Truth())))
_PROCESSING = ("ProcessingNotice", *_NOTICES, *_OPT_OUTS)
_SHARING = ("SharingNotice", *_NOTICES, *_OPT_OUTS)
_ADDITIONAL = "AdditionalDataProcessingConsent"


def _sensitive(count: int) -> Field:
    return Field("SensitiveDataProcessing", TwoBitList(count))


def _children(count: int) -> Field:
    return Field(_CHILD, TwoBitList(count))


def _fields(*named: str | Field) -> tuple[Field, ...]:
    return tuple(Field(one, ANY) if isinstance(one, str) else one for one in named)


def _versioned(version: int, *named: str | Field) -> tuple[Field, ...]:
    return (Field(VERSION, Whole(6, (version,))), *_fields(*named))


def _state(
    id_: int, name: str, title: str, *named: str | Field, parts: tuple[SubSection, ...] = (_GPC,)
) -> Declaration:
    return Declaration(id_, name, title, {1: (SubSection("Core", _versioned(1, *named)), *parts)})


def _national(version: int, sensitive: int, children: int) -> tuple[Field, ...]:
    return _versioned(
        version,
        *("SharingNotice", "SaleOptOutNotice", "SharingOptOutNotice", "TargetedAdvertisingOptOutNotice"),
        *("SensitiveDataProcessingOptOutNotice", "SensitiveDataLimitUseNotice"),
        *("SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"),
        *(_sensitive(sensitive), _children(children), "PersonalDataConsents", *_MSPA),
    )


_NATIONAL = {
    1: (SubSection("Core", _national(1, 12, 2), longer=_national(1, 16, 3)), _GPC),
    2: (SubSection("Core", _national(2, 16, 3)), _GPC),
}


def _late_state(id_: int, name: str, title: str, *named: str, part: SubSection) -> Declaration:
    """Return a section whose core starts with the version of the MSPA and carries none of its own."""
    core = SubSection("Core", _fields(*_MSPA_FIRST, *_PROCESSING, *named, _ADDITIONAL))
    return Declaration(id_, name, title, {1: (core, part)}, carries_version=False)


_SENSITIVE_PART = SubSection("Sensitive Data Consents", (_sensitive(8),))


def _canadian_core(form: Form) -> tuple[Field, ...]:
    return (
        Field(VERSION, Whole(6, (1,))),
        Field("Created", Time()),
        Field("LastUpdated", Time()),
        Field("CmpId", Whole(12)),
        Field("CmpVersion", Whole(12)),
        Field("ConsentScreen", Whole(6)),
        Field("ConsentLanguage", Letters(2)),
        Field("VendorListVersion", Whole(12)),
        Field("TcfPolicyVersion", Whole(6)),
        Field("UseNonStandardStacks", Truth()),
        Field("SpecialFeatureExpressConsent", Flags(12)),
        Field("PurposesExpressConsent", Flags(24)),
        Field("PurposesImpliedConsent", Flags(24)),
        Field("VendorExpressConsent", Vendors(form)),
        Field("VendorImpliedConsent", Vendors(form)),
        Field("PubRestrictions", Restrictions(form)),
    )


def _canadian_disclosed(form: Form) -> tuple[Field, ...]:
    return Field("DisclosedVendorsSegmentType", Whole(3, (1,))), Field("DisclosedVendors", Vendors(form))


_OLDER = (Form.SPECIFICATION, Form.OLDER_REFERENCE)
_CANADIAN_PUBLISHER = SubSection(
    "Publisher Purposes",
    (
        Field("PubPurposesSegmentType", Whole(3, (3,))),
        Field("PubPurposesExpressConsent", Flags(24)),
        Field("PubPurposesImpliedConsent", Flags(24)),
        Field("NumCustomPurposes", Whole(6)),
        Field("CustomPurposesExpressConsent", Flags("NumCustomPurposes")),
        Field("CustomPurposesImpliedConsent", Flags("NumCustomPurposes")),
    ),
)
_CANADA = (
    SubSection("Core", _canadian_core(Form.REFERENCE), tuple(map(_canadian_core, _OLDER))),
    _CANADIAN_PUBLISHER,
    SubSection(
        "Disclosed Vendors", _canadian_disclosed(Form.REFERENCE), tuple(map(_canadian_disclosed, _OLDER))
    ),
)

_DECLARATIONS = (
    Declaration(5, "tcfcav1", "Canada", {1: _CANADA}),
    Declaration(7, "usnat", "US National", _NATIONAL),
    _state(
        *(8, "usca", "California", "SaleOptOutNotice", "SharingOptOutNotice", "SensitiveDataLimitUseNotice"),
        *("SaleOptOut", "SharingOptOut", _sensitive(9), _children(2), "PersonalDataConsents", *_MSPA),
    ),
    _state(9, "usva", "Virginia", *_SHARING, _sensitive(8), _CHILD, *_MSPA, parts=()),
    _state(10, "usco", "Colorado", *_SHARING, _sensitive(7), _CHILD, *_MSPA),
    _state(
        *(11, "usut", "Utah", "SharingNotice", *_NOTICES, "SensitiveDataProcessingOptOutNotice", *_OPT_OUTS),
        *(_sensitive(8), _CHILD, *_MSPA),
        parts=(),
    ),
    _state(12, "usct", "Connecticut", *_SHARING, _sensitive(8), _children(3), *_MSPA),
    _state(
        *(13, "usfl", "Florida", *_PROCESSING, _sensitive(8), _children(3), _ADDITIONAL, *_MSPA),
        parts=(),
    ),
    _state(14, "usmt", "Montana", *_SHARING, _sensitive(8), _children(3), _ADDITIONAL, *_MSPA),
    _state(15, "usor", "Oregon", *_PROCESSING, _sensitive(11), _children(3), _ADDITIONAL, *_MSPA),
    _state(16, "ustx", "Texas", *_PROCESSING, _sensitive(8), _CHILD, _ADDITIONAL, *_MSPA),
    _state(17, "usde", "Delaware", *_PROCESSING, _sensitive(9), _children(5), _ADDITIONAL, *_MSPA),
    _state(
        *(18, "usia", "Iowa", "ProcessingNotice", *_NOTICES, "SensitiveDataOptOutNotice", *_OPT_OUTS),
        *(_sensitive(8), _CHILD, *_MSPA),
    ),
    _state(19, "usne", "Nebraska", *_PROCESSING, _sensitive(8), _CHILD, _ADDITIONAL, *_MSPA),
    _state(20, "usnh", "New Hampshire", *_PROCESSING, _sensitive(8), _children(3), _ADDITIONAL, *_MSPA),
    _state(21, "usnj", "New Jersey", *_PROCESSING, _sensitive(10), _children(5), _ADDITIONAL, *_MSPA),
    _state(22, "ustn", "Tennessee", *_PROCESSING, _sensitive(8), _CHILD, _ADDITIONAL, *_MSPA),
    _state(23, "usmn", "Minnesota", *_PROCESSING, _sensitive(8), _CHILD, _ADDITIONAL, *_MSPA),
    _late_state(24, "usmd", "Maryland", part=_GPC),
    _late_state(25, "usin", "Indiana", _CHILD, part=_SENSITIVE_PART),
    _late_state(26, "usky", "Kentucky", _CHILD, part=_SENSITIVE_PART),
    _late_state(27, "usri", "Rhode Island", _CHILD, part=_SENSITIVE_PART),
)
DECLARATIONS: Mapping[int, Declaration] = {declaration.id: declaration for declaration in _DECLARATIONS}
"""The sections that are made of bits. Sections 2 and 6 have codecs of their own."""
