"""TC strings as JSON: TCModel's names, the values of a new TCModel, and what is no string's JSON."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from config.launch.arguments import ROOT
from consent.signals.errors import MalformedSignal
from consent.signals.intervals import IdSet
from consent.signals.tcf import from_json, to_json
from consent.signals.tcf.reasons import REASONS
from consent.signals.tcf.types import PublisherTC, Restriction, RestrictionType
from tests.tcf_strings import make_string, make_typical

LEAST = {"created": "2026-02-01T00:00:00Z"}


def test_the_least_that_is_told_is_as_in_a_new_tcmodel() -> None:
    tc = from_json(LEAST)

    assert tc.created == tc.last_updated == datetime(2026, 2, 1, tzinfo=UTC)
    assert (tc.cmp_id, tc.policy_version, tc.version) == (0, 5, 2)
    assert (tc.consent_language, tc.publisher_country_code) == ("EN", "AA")
    assert (tc.is_service_specific, tc.use_non_standard_texts, tc.purpose_one_treatment) == (
        True,
        False,
        False,
    )
    assert (tc.vendor_consents, tc.publisher_restrictions) == (IdSet(), ())
    assert (tc.disclosed_vendors, tc.allowed_vendors, tc.publisher_tc) == (None, None, None)


def test_the_specifications_names_are_read_and_told_beside_tcmodels() -> None:
    by_specification = from_json({**LEAST, "purposesConsent": [2], "disclosedVendors": [3, 1]})
    by_tcmodel = from_json({**LEAST, "purposeConsents": [2], "vendorsDisclosed": [1, 3]})

    assert by_specification == by_tcmodel
    assert to_json(by_tcmodel)["purposesConsent"] == to_json(by_tcmodel)["purposeConsents"] == [2]
    assert to_json(by_tcmodel)["disclosedVendors"] == to_json(by_tcmodel)["vendorsDisclosed"] == [1, 3]


def test_a_restriction_and_the_publishers_segment_are_read() -> None:
    tc = from_json(
        {
            **LEAST,
            "publisherRestrictions": [{"purposeId": 2, "restrictionType": 1, "vendors": [9, 8]}],
            "publisherCustomConsents": [3],
        }
    )

    assert tc.publisher_restrictions == (Restriction(2, RestrictionType.REQUIRE_CONSENT, IdSet(((8, 9),))),)
    assert tc.publisher_tc == PublisherTC(number_of_custom_purposes=3, custom_purposes_consent=IdSet.of([3]))


TCMODEL = """
    version created lastUpdated cmpId cmpVersion consentScreen consentLanguage vendorListVersion policyVersion
    isServiceSpecific useNonStandardTexts specialFeatureOptins purposeConsents purposeLegitimateInterests
    purposeOneTreatment publisherCountryCode vendorConsents vendorLegitimateInterests publisherRestrictions
    vendorsDisclosed vendorsAllowed publisherConsents publisherLegitimateInterests numCustomPurposes
    publisherCustomConsents publisherCustomLegitimateInterests
"""


def test_the_names_are_those_that_a_tcmodel_has() -> None:
    told = to_json(make_typical(1))

    assert set(told) - {"purposesConsent", "disclosedVendors"} == set(TCMODEL.split())


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"created": None}, "not_a_time", "created"),
        ({"created": 5}, "not_a_time", "created"),
        ({"created": "0001-01-01T00:00:00+23:00"}, "not_a_time", "created"),
        ({"lastUpdated": "2026-02-01"}, "not_a_time", "lastUpdated"),
        ({"cmpId": "3"}, "wrong_kind", "cmpId"),
        ({"cmpId": True}, "wrong_kind", "cmpId"),
        ({"isServiceSpecific": 1}, "wrong_kind", "isServiceSpecific"),
        ({"consentLanguage": None}, "wrong_kind", "consentLanguage"),
        ({"vendorConsents": [0]}, "wrong_kind", "vendorConsents"),
        ({"vendorConsents": ["1"]}, "wrong_kind", "vendorConsents"),
        ({"vendorConsents": {"1": True}}, "wrong_kind", "vendorConsents"),
        ({"vendorsAllowed": "1"}, "wrong_kind", "vendorsAllowed"),
        ({"numCustomPurposes": 1.5}, "wrong_kind", "numCustomPurposes"),
        ({"publisherRestrictions": {}}, "wrong_kind", "publisherRestrictions"),
        ({"publisherRestrictions": [{"purposeId": 2}]}, "wrong_kind", "publisherRestrictions"),
        (
            {"publisherRestrictions": [{"purposeId": 2, "restrictionType": 3, "vendors": []}]},
            *("unknown_restriction", "publisherRestrictions"),
        ),
        ({"cmp": 3}, "unknown_name", "cmp"),
        ({"disclosedVendors": [1], "vendorsDisclosed": [2]}, "names_disagree", "vendorsDisclosed"),
    ],
)
def test_json_that_tells_no_string_is_refused_with_its_field(
    changes: dict[str, Any], reason: str, field: str
) -> None:
    with pytest.raises(MalformedSignal) as refused:
        from_json({**LEAST, **changes})

    assert (refused.value.fault.reason, refused.value.fault.field) == (reason, field)


@pytest.mark.parametrize("told", [[], "text", None, 5])
def test_what_is_no_object_is_refused(told: Any) -> None:
    with pytest.raises(MalformedSignal):
        from_json(told)


def test_every_string_comes_back_from_its_json() -> None:
    for tc in map(make_string, range(100)):
        assert from_json(to_json(tc)) == tc


def test_every_reason_in_the_source_is_told_in_words_and_no_other() -> None:
    files = [
        *(ROOT / "consent/signals/tcf").glob("*.py"),
        *(ROOT / f"consent/signals/{name}.py" for name in ("base64url", "reading")),
    ]
    source = "".join(file.read_text(encoding="utf-8") for file in files if file.stem != "reasons")
    named = re.findall(r'(?:Fault|ignore|_refuse)\(\s*"([a-z0-9_]+)"', source)

    assert set(named) | {"duplicate_segment", "unknown_segment"} == set(REASONS)
