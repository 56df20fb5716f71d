"""What each signal says for a purpose, before anything on record is looked at."""

from typing import Any

import pytest

from consent.signals.app_tracking import AppTracking
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.kinds import TwoBitList
from consent.signals.gpp.types import TC_STRING, Section
from consent.signals.intervals import IdSet
from consent.signals.mapping import hearing, opt_outs, tc_strings
from consent.signals.mapping.frameworks import Heard
from consent.signals.mapping.hearing import Hearing, hear
from consent.signals.mapping.sensitive import CATEGORIES, find_opted_out
from consent.signals.mapping.types import (
    TCF_CANADA_SECTION,
    FrameworkTerms,
    Mapping,
    OptOut,
    Received,
    Row,
    Where,
)
from consent.signals.tcf.types import Restriction, RestrictionType, TCString
from consent.signals.us_privacy import UsPrivacy
from tests.signal_worlds import (
    CALIFORNIA,
    DAY,
    GERMANY,
    NOON,
    make_gpp,
    make_mapping,
    make_section,
    make_string,
)

CANADA = Where(jurisdictions=("CA-ON", "CA"))
ALL = IdSet.of(range(1, 25))
NOBODY = IdSet()


def words(mapping: Mapping, received: Received, where: Where = GERMANY) -> dict[str, str]:
    """Return the word of each purpose that was spoken of."""
    heard = hear(mapping, received, where, at=NOON)
    return {one.purpose: str(one.choice) for one in (*heard.noes, *heard.yeses)}


def hear_string(string: TCString, *, vendor: int | None = None, **terms: Any) -> Hearing:
    mapping = make_mapping(vendor=vendor, ads=Row(tcf=FrameworkTerms(**{"purposes": (1, 3), **terms})))
    return hear(mapping, Received(tcf=string), GERMANY, at=NOON)


def word_of(string: TCString, *, vendor: int | None = None, **terms: Any) -> str:
    """Return what a string says for a purpose; empty if neither yes nor no."""
    heard = hear_string(string, vendor=vendor, **terms)
    return "".join(str(one.choice) for one in (*heard.noes, *heard.yeses))


# TC strings.


@pytest.mark.parametrize(
    ("consents", "word"),
    [((), "refused"), ((1,), "refused"), ((3,), "refused"), ((1, 3), "granted"), ((1, 2, 3, 4), "granted")],
)
def test_all_purposes_that_are_named_must_be_granted(consents: tuple[int, ...], word: str) -> None:
    assert word_of(make_string(consents)) == word


@pytest.mark.parametrize(("features", "word"), [((), "refused"), ((1,), "granted"), ((2,), "refused")])
def test_special_features_count_like_purposes(features: tuple[int, ...], word: str) -> None:
    string = make_string(special_feature_opt_ins=IdSet.of(features))

    assert word_of(string, special_features=(1,)) == word


@pytest.mark.parametrize(
    ("consented", "disclosed", "word"), [(True, True, "granted"), (False, True, "refused"), (True, False, "")]
)
def test_a_vendor_must_be_consented_to_and_disclosed(consented: bool, disclosed: bool, word: str) -> None:
    string = make_string(
        vendor_consents=IdSet.of([7] if consented else [8]),
        disclosed_vendors=IdSet.of([7] if disclosed else [8]),
    )

    assert word_of(string, vendor=7) == word


@pytest.mark.parametrize("restriction", RestrictionType)
def test_a_restriction_to_consent_is_none_and_any_other_keeps_a_yes_away(
    restriction: RestrictionType,
) -> None:
    string = make_string(
        vendor_consents=IdSet.of([7]), publisher_restrictions=(Restriction(3, restriction, IdSet.of([7])),)
    )

    expected = "granted" if restriction is RestrictionType.REQUIRE_CONSENT else ""
    assert word_of(string, vendor=7) == expected


def check_interest() -> None:
    terms: dict[str, Any] = {"purposes": (2, 7), "basis": "legitimate_interest"}
    assert word_of(make_string((2, 7)), **terms) == "objected"
    assert word_of(make_string((), purposes_legitimate_interest=IdSet.of([2, 7])), **terms) == ""
    assert word_of(make_string((), purposes_legitimate_interest=IdSet.of([2])), **terms) == "objected"
    assert word_of(make_string((), purposes_legitimate_interest=ALL)) == "refused"


def test_a_bit_of_legitimate_interest_is_no_consent_and_an_unset_one_an_objection() -> None:
    check_interest()


def test_a_vendor_without_its_interest_bit_is_objected_to() -> None:
    string = make_string((), purposes_legitimate_interest=IdSet.of([2, 7]), vendor_consents=IdSet.of([7]))

    assert word_of(string, vendor=7, purposes=(2, 7), basis="legitimate_interest") == "objected"


@pytest.mark.parametrize(
    "fields",
    [
        {"disclosed_vendors": None},
        {"is_service_specific": False},
        {"policy_version": 2},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_an_invalid_string_says_no_yes_and_its_noes_count(fields: dict[str, Any]) -> None:
    granting = hear_string(make_string(**fields))

    assert not granting.yeses
    assert [one.source for one in granting.unread] == ["tcf"]
    assert word_of(make_string((1,), **fields)) == "refused"


def test_a_string_of_before_march_2026_needs_no_disclosed_vendors() -> None:
    old = make_string(disclosed_vendors=None, created=NOON - 300 * DAY, last_updated=NOON - 300 * DAY)

    assert word_of(old) == "granted"


def test_a_purpose_that_nobody_was_asked_for_is_neither_yes_nor_no() -> None:
    assert word_of(make_string((3,), purpose_one_treatment=True)) == ""
    assert word_of(make_string((), purpose_one_treatment=True)) == "refused"


def test_terms_that_grant_nothing_hear_noes_alone() -> None:
    assert word_of(make_string(), grants=False) == ""
    assert word_of(make_string(()), grants=False) == "refused"
    assert [one.source for one in hear_string(make_string(), grants=False).unread] == ["tcf"]


def test_no_choice_counts_from_later_than_it_was_received() -> None:
    [yes] = hear_string(make_string(last_updated=NOON + DAY, created=NOON + DAY)).yeses
    [no] = hear_string(make_string((), last_updated=NOON, created=NOON)).noes

    assert yes.effective_at == no.effective_at == NOON


# Sections 2 and 5 of GPP.


def test_section_2_is_a_tc_string_of_the_same_framework() -> None:
    mapping = make_mapping(ads=Row(tcf=FrameworkTerms(purposes=(1, 3))))
    section = Section(2, "tcfeuv2", 2, {TC_STRING: make_string((1,))})

    heard = hear(mapping, Received(tcf=make_string((1,)), gpp=make_gpp(section)), GERMANY, at=NOON)

    [no] = heard.noes
    assert (no.family, str(no.choice)) == ("tcf", "refused")


def canadian(express: IdSet, implied: IdSet, **fields: object) -> Section:
    told = {"PurposesExpressConsent": express, "PurposesImpliedConsent": implied, **fields}
    return Section(5, "tcfcav1", 1, told)


@pytest.mark.parametrize(
    ("express", "implied", "word"),
    [
        (ALL, NOBODY, "granted"),
        (NOBODY, ALL, ""),
        (IdSet.of([1]), IdSet.of([3]), ""),
        (IdSet.of([1]), NOBODY, "refused"),
        (NOBODY, NOBODY, "refused"),
    ],
    ids=["express", "implied", "mixed", "half", "neither"],
)
def test_only_express_consent_is_a_yes_in_canada(express: IdSet, implied: IdSet, word: str) -> None:
    mapping = make_mapping(ads=Row(tcf_canada=FrameworkTerms(purposes=(1, 3))))

    told = words(mapping, Received(gpp=make_gpp(canadian(express, implied))), CANADA)

    assert told.get("ads", "") == word


def test_a_special_feature_has_no_implied_consent() -> None:
    mapping = make_mapping(ads=Row(tcf_canada=FrameworkTerms(special_features=(1,))))
    given = canadian(NOBODY, NOBODY, SpecialFeatureExpressConsent=IdSet.of([1]))

    assert words(mapping, Received(gpp=make_gpp(given)), CANADA) == {"ads": "granted"}
    assert words(mapping, Received(gpp=make_gpp(canadian(ALL, ALL))), CANADA) == {"ads": "refused"}


# What says no alone.

SALE, SHARING, TARGETED = OptOut
KINDS = make_mapping(
    sold=Row(opt_out=frozenset({SALE})),
    shared=Row(opt_out=frozenset({SHARING})),
    targeted=Row(opt_out=frozenset({TARGETED})),
    other=Row(tcf=FrameworkTerms(purposes=(1,))),
)


@pytest.mark.parametrize(
    ("field", "reached"),
    [
        ("SaleOptOut", {"sold"}),
        ("SharingOptOut", {"shared", "targeted"}),
        ("TargetedAdvertisingOptOut", {"shared", "targeted"}),
        ("SaleOptOutNotice", set()),
        ("PersonalDataConsents", set()),
    ],
)
@pytest.mark.parametrize("value", [0, 1, 2])
def test_an_opt_out_reaches_the_purposes_of_its_kind(field: str, reached: set[str], value: int) -> None:
    told = words(KINDS, Received(gpp=make_gpp(Section(7, "usnat", 1, {field: value}))), CALIFORNIA)

    assert told == (dict.fromkeys(reached, "opted_out") if value == 1 else {})


@pytest.mark.parametrize("value", [1, (0, 1), (1, 0, 0)])
def test_a_child_without_consent_is_opted_out_of_all_kinds(value: object) -> None:
    told = words(KINDS, Received(gpp=make_gpp(make_section(KnownChildSensitiveDataConsents=value))))

    assert told == dict.fromkeys(["sold", "shared", "targeted"], "opted_out")


@pytest.mark.parametrize(
    "where", [GERMANY, CALIFORNIA, CANADA, Where()], ids=["DE", "US-CA", "CA", "unknown"]
)
def test_a_section_counts_wherever_the_person_is(where: Where) -> None:
    section = make_section(8, "usca", SaleOptOut=1)

    assert words(KINDS, Received(gpp=make_gpp(section)), where) == {"sold": "opted_out"}


@pytest.mark.parametrize("letter", ["Y", "N", "-"])
def test_us_privacy_opts_out_of_all_kinds_or_says_nothing(letter: str) -> None:
    expected = dict.fromkeys(["sold", "shared", "targeted"], "opted_out") if letter == "Y" else {}
    section = Section(6, "uspv1", 1, {"Notice": "Y", "OptOutSale": letter, "LspaCovered": "N"})

    assert words(KINDS, Received(usp=UsPrivacy("Y", letter, "N"))) == expected
    assert words(KINDS, Received(gpp=make_gpp(section))) == expected


def test_every_section_that_is_declared_is_heard() -> None:
    assert set(DECLARATIONS) - {TCF_CANADA_SECTION} == set(hearing.US_SECTIONS)


@pytest.mark.parametrize("section", list(hearing.US_SECTIONS))
def test_gpc_in_any_us_section_is_gpc(section: int) -> None:
    given = make_section(section, "us", Gpc=True)

    assert words(KINDS, Received(gpp=make_gpp(given))) == {"*": "opt_out_signal"}
    assert not words(KINDS, Received(gpp=make_gpp(make_section(section, "us", Gpc=False))))


@pytest.mark.parametrize("gpc", [None, False])
def test_no_gpc_says_nothing(gpc: bool | None) -> None:
    assert not words(KINDS, Received(gpc=gpc))


def check_unread_sections() -> None:
    unknown = Section(99, "new", 1, {"SaleOptOut": 2})
    for received in (Received(gpp_unread=(99,)), Received(gpp=make_gpp(unknown))):
        heard = hear(KINDS, received, CALIFORNIA, at=NOON)
        assert {one.purpose for one in heard.noes} == {"sold", "shared", "targeted"}
        assert [one.source for one in heard.unread] == ["gpp:99"]
    broken = Section(2, "tcfeuv2", 2, {})
    assert hear(KINDS, Received(gpp=make_gpp(broken)), GERMANY, at=NOON).noes


def check_unread_frameworks() -> None:
    mapping = make_mapping(
        europe=Row(tcf=FrameworkTerms(purposes=(1,))), canada=Row(tcf_canada=FrameworkTerms(purposes=(1,)))
    )
    for number, reached in ((2, {"europe"}), (5, {"canada"}), (7, set()), (99, set())):
        heard = hear(mapping, Received(gpp_unread=(number,)), GERMANY, at=NOON)
        assert {one.purpose for one in heard.noes} == reached


def test_a_frameworks_section_that_cannot_be_read_says_no_to_all_that_it_could_have_granted() -> None:
    check_unread_frameworks()


def test_a_section_that_cannot_be_read_counts_as_an_opt_out_and_is_told() -> None:
    check_unread_sections()


@pytest.mark.parametrize("status", AppTracking)
def test_apples_no_opts_out_of_the_purposes_that_are_named_and_its_yes_is_none(status: AppTracking) -> None:
    mapping = make_mapping(app=Row(app_tracking=True), web=Row(opt_out=frozenset(OptOut)))

    expected = {"app": "opted_out"} if status in (AppTracking.DENIED, AppTracking.RESTRICTED) else {}
    assert words(mapping, Received(att=status)) == expected


# Sensitive data.


@pytest.mark.parametrize(
    ("prefix", "place"), [("usnat", 2), ("usnat", 12), ("usca", 7), ("usut", 4), ("usor", 2)]
)
def test_health_stands_where_the_section_has_it(prefix: str, place: int) -> None:
    values = tuple(1 if number == place else 2 for number in range(16))

    assert find_opted_out(prefix, values, no=1) >= {"health"}


def _sensitive_counts() -> dict[str, int]:
    """Return how many places each declared section has, those of the longest version."""
    counts: dict[str, int] = {}
    for declaration in DECLARATIONS.values():
        for part in (part for parts in declaration.versions.values() for part in parts):
            for field in part.fields:
                if field.name == "SensitiveDataProcessing" and isinstance(field.kind, TwoBitList):
                    counts[declaration.prefix] = max(counts.get(declaration.prefix, 0), field.kind.count)
    return counts


@pytest.mark.parametrize(("prefix", "count"), list(_sensitive_counts().items()))
def test_each_place_of_a_declared_section_is_about_something(prefix: str, count: int) -> None:
    for place in range(count):
        values = tuple(1 if number == place else 0 for number in range(count))
        assert 1 <= len(find_opted_out(prefix, values, no=1)) <= 3


def test_a_place_or_section_that_is_not_known_is_about_everything() -> None:
    assert find_opted_out("uszz", (0, 1), no=1) == set(CATEGORIES)
    assert find_opted_out("usva", (0,) * 8 + (1,), no=1) == set(CATEGORIES)
    assert not find_opted_out("uszz", (0, 2), no=1)
    assert not find_opted_out("usva", None, no=1)


def test_no_consent_for_a_category_limits_the_purposes_that_name_it() -> None:
    mapping = make_mapping(
        health=Row(sensitive=frozenset({"health"})), race=Row(sensitive=frozenset({"religion"}))
    )
    section = make_section(9, "usva", SensitiveDataProcessing=(2, 2, 1, 0, 0, 0, 0, 0))

    assert words(mapping, Received(gpp=make_gpp(section))) == {"health": "limited"}


# Mistakes, planted.


def _interest_is_consent(string: TCString) -> Any:
    return tc_strings._interest_bits(string)


def _consent_is_interest(string: TCString) -> Any:
    return tc_strings._bits(string)


MUTANTS: dict[str, tuple[Any, str, Any, Any]] = {
    "interest is read as consent": (tc_strings, "_bits", _interest_is_consent, check_interest),
    "consent is read as interest": (tc_strings, "_interest_bits", _consent_is_interest, check_interest),
    "an unread section says nothing": (
        hearing,
        "hear_unread_section",
        lambda *_, **__: Heard(),
        check_unread_sections,
    ),
    "an unread section speaks of opt-outs alone": (
        opt_outs,
        "_may_speak_to",
        lambda row, _: bool(row.opt_out or row.sensitive),
        check_unread_frameworks,
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, mutant, check = MUTANTS[name]
    monkeypatch.setattr(where, attribute, mutant)

    with pytest.raises(AssertionError):
        check()
