"""Section 2 of GPP in JSON: the specification's field names, and those of `TCModel` beside them."""

import pytest

from consent.signals import gpp, tcf
from consent.signals.errors import MalformedSignal
from consent.signals.gpp import TC_STRING, GppString, Section
from tests.tcf_strings import make_string

CORE = [
    "Version",
    "Created",
    "LastUpdated",
    "CmpId",
    "CmpVersion",
    "ConsentScreen",
    "ConsentLanguage",
    "VendorListVersion",
    "TcfPolicyVersion",
    "IsServiceSpecific",
    "UseNonStandardTexts",
    "SpecialFeatureOptIns",
    "PurposeConsent",
    "PurposesLITransparency",
    "PurposeOneTreatment",
    "PublisherCC",
    "VendorConsent",
    "VendorLegitimateInterest",
    "PubRestrictions",
]
DISCLOSED = ["DisclosedVendors"]
PUBLISHER = [
    "PubPurposesConsent",
    "PubPurposesLITransparency",
    "NumCustomPurposes",
    "CustomPurposesConsent",
    "CustomPurposesLITransparency",
]
SEEDS = range(60)


def wrap(seed: int) -> GppString:
    return GppString({2: Section(2, "tcfeuv2", 2, {TC_STRING: make_string(seed, most=100)})})


def tell(string: GppString) -> dict[str, object]:
    told: dict[str, object] = gpp.to_json(string)["sections"]["tcfeuv2"]
    return told


@pytest.mark.parametrize("seed", SEEDS)
def test_a_section_has_the_specifications_fields_of_the_segments_that_it_has(seed: int) -> None:
    string = wrap(seed)
    tc = make_string(seed, most=100)

    told = tell(string)

    expected = [
        *CORE,
        *(DISCLOSED if tc.disclosed_vendors is not None else []),
        *(["AllowedVendors"] if tc.allowed_vendors is not None else []),
        *(PUBLISHER if tc.publisher_tc else []),
    ]
    assert sorted(name for name in told if name[0].isupper()) == sorted(expected)
    assert {name: value for name, value in told.items() if name[0].islower()} == tcf.to_json(tc)
    assert told["VendorConsent"] == list(tc.vendor_consents)
    assert told["PubRestrictions"] == [
        {"key": one.purpose, "type": int(one.type), "ids": list(one.vendors)}
        for one in tc.publisher_restrictions
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_either_names_are_enough(seed: int) -> None:
    string = wrap(seed)
    told = tell(string)
    for names in (str.isupper, str.islower):
        fields = {name: value for name, value in told.items() if names(name[0])}

        assert gpp.from_json({"sections": {"tcfeuv2": fields}}) == string


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CmpId", 4_000),
        ("VendorConsent", [1, 2, 9_999]),
        ("VendorConsent", [True]),
        ("PubRestrictions", [{"key": 1, "type": 0, "ids": [9_999]}]),
        ("PubRestrictions", None),
        ("DisclosedVendors", "all"),
    ],
)
def test_names_that_do_not_say_the_same_are_refused(name: str, value: object) -> None:
    told = {**tell(wrap(4)), name: value}

    with pytest.raises(MalformedSignal) as refused:
        gpp.from_json({"sections": {"tcfeuv2": told}})

    assert (refused.value.fault.reason, refused.value.fault.field) == ("names_disagree", name)


@pytest.mark.parametrize("value", [None, "x", [1], [{"key": 1}], [{"key": 1, "type": 0, "ids": [0]}], {}])
def test_restrictions_that_are_none_are_refused(value: object) -> None:
    fields = {name: told for name, told in tell(wrap(4)).items() if name[0].isupper()}

    with pytest.raises(MalformedSignal):
        gpp.from_json({"sections": {"tcfeuv2": {**fields, "PubRestrictions": value}}})
