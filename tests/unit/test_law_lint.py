"""Where a policy is laxer than the law, a warning says so, and nowhere else."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from config.launch.arguments import ROOT
from consent.policies.law import case as law_case
from consent.policies.law import lint, reach
from consent.policies.law import types as law_types
from consent.policies.law.checks import ages, bases, bundles, signals, training, validity, withdrawal
from consent.policies.law.lint import find_warnings
from consent.policies.law.shipped import load_shipped_law
from consent.policies.law.types import AgeLimit, ConsentDefault, LawTable
from consent.policies.law.words import AgeNeed, AgeTopic, Confidence, Demand, Topic
from consent.policies.types import LegalBasis, PolicyWarning
from tests.law_world import cited, make_law
from tests.lint_cases import CASES, NOVEMBER, found_in
from tests.lint_documents import EU_MEMBERS, Document, make_policy, make_rule
from tests.policy_documents import make_document, read_retailer, spoil

SHIPPED = load_shipped_law()


def warnings_of(
    document: Document, law: LawTable = SHIPPED, at: date = NOVEMBER
) -> tuple[PolicyWarning, ...]:
    return find_warnings(document, law, at=at)


def only(document: Document, law: LawTable = SHIPPED, at: date = NOVEMBER) -> PolicyWarning:
    (warning,) = warnings_of(document, law, at)
    return warning


@pytest.mark.parametrize("name", CASES)
def test_each_case_is_warned_of_as_it_should(name: str) -> None:
    document, expected = CASES[name]

    assert found_in(document) == expected


CODES = {
    bases.LAXER_BASIS,
    bases.SPECIAL_CATEGORY,
    ages.AGE_BELOW_LAW,
    validity.NO_VALIDITY,
    validity.LONG_VALIDITY,
    bundles.BUNDLED_PURPOSES,
    bundles.TIED_CONSENT,
    withdrawal.NO_WITHDRAWAL_PATH,
    signals.SIGNAL_NOT_HONOURED,
    training.UNNAMED_TRAINER,
}


def test_every_code_has_a_case_that_warns() -> None:
    assert {code for _, found in CASES.values() for code, _ in found} == CODES


def test_the_page_for_officers_tells_every_code_and_no_other() -> None:
    page = (ROOT / "docs" / "how-to" / "keep-the-law-table.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == CODES


# what the bases give, said a second time and by hand
GIVES: dict[Demand, set[LegalBasis]] = {
    Demand.NONE: set(LegalBasis),
    Demand.OPT_OUT: {
        LegalBasis.CONSENT,
        LegalBasis.OPT_OUT,
        LegalBasis.SOFT_OPT_IN,
        LegalBasis.LEGITIMATE_INTEREST,
    },
    Demand.OPT_IN: {LegalBasis.CONSENT},
    Demand.EXPLICIT_OPT_IN: {LegalBasis.CONSENT},
    Demand.PROHIBITED: set(),
}
DOES: dict[Topic, tuple[Document, dict[str, Any], Document]] = {
    Topic.ADVERTISING: ({"data_use": "marketing.advertising"}, {}, {}),
    Topic.ANALYTICS_STORAGE: ({"data_use": "analytics"}, {"extra": "user.device.cookie_id"}, {}),
    Topic.EMAIL_MARKETING: ({"data_use": "marketing.communications.email"}, {}, {}),
    Topic.SMS_MARKETING: ({"data_use": "marketing.communications.sms"}, {}, {}),
    Topic.SENSITIVE_DATA: (
        {"data_use": "personalize"},
        {"extra": "user.biometric"},
        {"data_categories": ["plain", "extra"]},
    ),
}
PLACES = sorted(code for code in SHIPPED.places if code not in ("EU", "EEA"))


def reached(code: str) -> list[str]:
    """Return the place and its parts."""
    return [code, *(other for other in PLACES if other.startswith(f"{code}-"))]


def demanded(topic: Topic, code: str) -> ConsentDefault | None:
    """Return the row that speaks: that of the place, its country, or its groups."""
    place = SHIPPED.places[code]
    rows = {
        row.jurisdiction: row
        for row in SHIPPED.provisions
        if isinstance(row, ConsentDefault) and row.topic is topic and row.effective_from <= NOVEMBER
    }
    return next((rows[one] for one in (code, place.parent, *place.groups) if one in rows), None)


@pytest.mark.parametrize("topic", DOES)
@pytest.mark.parametrize("basis", LegalBasis)
def test_every_basis_for_every_topic_in_every_place(topic: Topic, basis: LegalBasis) -> None:
    purpose, categories, fields = DOES[topic]
    for code in PLACES:
        rows = [row for one in reached(code) if (row := demanded(topic, one))]
        rule = make_rule(basis=basis.value, jurisdictions=[code], **fields)
        found = warnings_of(make_policy(rule, purposes={"ads": purpose}, categories=categories))
        lax = any(basis not in GIVES[row.demand] | set(row.also_accepted) for row in rows)

        codes = {one.code for one in found} & {bases.LAXER_BASIS, bases.SPECIAL_CATEGORY}
        assert bool(codes) == lax, (code, basis, topic)


@pytest.mark.parametrize("needs", AgeNeed)
@pytest.mark.parametrize("under", range(1, 26))
def test_every_age_band_under_every_age_of_digital_consent(needs: AgeNeed, under: int) -> None:
    for age in (13, 14, 15, 16, 18):
        limit = AgeLimit(**cited("DE"), topic=AgeTopic.DIGITAL_CONSENT, under=age, needs=AgeNeed.GUARDIAN)
        bands = [{"under": under, "effect": needs.value}]
        rule = make_rule(jurisdictions=["DE"], age={"unknown": "deny", "bands": bands})

        found = warnings_of(make_policy(rule), make_law(limit))

        assert bool(found) == (needs is AgeNeed.OWN_CONSENT or under < age)


def test_one_warning_a_rule_names_every_country_with_its_age() -> None:
    warning = only(make_policy(make_rule(age=None)))

    for words in ("under 16 in DE, HR", "under 15 in CZ, DK, FR, GR, SI", "under 13 in BE, EE"):
        assert words in warning.message
    for country in EU_MEMBERS:
        assert country in warning.message
    assert warning.citation == "Regulation (EU) 2016/679 Art. 8(1) and the national law under it"


def test_a_warning_of_a_trainer_says_who_and_what_to_do() -> None:
    interest, any_notice = (
        only(CASES[f"training by a third party on {ground}"][0])
        for ground in ("an interest", "a consent given on any notice")
    )

    assert interest.message.startswith(
        "found legitimate interest for ads at trainer, as third party; only on"
    )
    assert "ask for consent, on a notice that names it" in interest.message
    assert any_notice.message.startswith(
        "found no notice for ads at trainer, as third party; a consent given"
    )
    assert interest.check_before_use
    assert "EDPB Guidelines 05/2020" in interest.citation


def test_a_group_is_named_by_its_code_and_a_part_of_it_by_its_countries() -> None:
    assert only(make_policy(make_rule(basis="opt_out"))).message.endswith("an opt-in in EU")
    few = make_policy(make_rule("asked", jurisdictions=["FR"]), make_rule(basis="opt_out"))
    assert "EU" not in only(few).message.partition("asks for ")[2]


@pytest.mark.parametrize(
    ("confidence", "marked"),
    [(Confidence.RECALL, True), (Confidence.SECONDARY, False), (Confidence.SEEN, False)],
)
def test_a_row_from_memory_marks_the_warning(confidence: Confidence, *, marked: bool) -> None:
    row = ConsentDefault(**cited("EU", confidence=confidence), topic=Topic.ADVERTISING, demand=Demand.OPT_IN)

    warning = only(make_policy(make_rule(basis="opt_out")), make_law(row))

    assert warning.check_before_use is marked
    assert warning.citation == "Law of EU"


def test_the_law_of_the_day_counts() -> None:
    rows = [
        ConsentDefault(**cited("EU", effective_from=day), topic=Topic.ADVERTISING, demand=demand)
        for day, demand in ((date(2020, 1, 1), Demand.OPT_OUT), (date(2026, 7, 1), Demand.OPT_IN))
    ]
    document = make_policy(make_rule(basis="opt_out"))

    assert not warnings_of(document, make_law(*rows), date(2026, 6, 30))
    assert warnings_of(document, make_law(*rows), date(2026, 7, 1))


def test_a_country_with_a_row_of_its_own_has_that_one() -> None:
    rows = [
        ConsentDefault(**cited(code), topic=Topic.ADVERTISING, demand=demand)
        for code, demand in (("EU", Demand.OPT_IN), ("FR", Demand.NONE))
    ]
    document = make_policy(make_rule(basis="opt_out"))

    assert "asks for an opt-in in DE" in only(document, make_law(*rows)).message


def test_a_key_stays_while_the_place_and_the_wrong_do() -> None:
    lax = make_rule("lax", basis="opt_out")
    key = only(make_policy(lax)).key

    assert only(make_policy(make_rule("first", purposes=["other"]), lax)).key == key
    assert only(make_policy({**lax, "assessment": "LIA-9"}, text="Object to it, or opt out.")).key == key
    assert key.startswith("laxer_basis:lax:")


def test_a_key_goes_when_the_wrong_grows() -> None:
    lax = make_rule("lax", basis="opt_out")
    key = only(make_policy(lax)).key

    for changed in (
        {**lax, "jurisdictions": ["EU", "GB"]},
        {**lax, "basis": "contract"},
        {**lax, "id": "other"},
    ):
        assert only(make_policy(changed)).key != key


def test_a_new_version_of_a_notice_that_is_silent_is_a_new_wrong() -> None:
    document = make_policy(make_rule(), text="We use your data.")
    versions = document["notices"]["privacy"]["versions"]
    first = only(document).key
    versions["2"] = {**versions["1"], "published_at": "2026-02-01T00:00:00Z"}

    assert only(document).key != first
    versions["2"] = {**versions["2"], "texts": {"en": "You can opt out."}}
    assert not warnings_of(document)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You can withdraw your consent at any time."),
        ("en", "Withdrawal is easy."),
        ("en", "You may opt out, or opt-out later."),
        ("en-GB", "Unsubscribe with the link in each message."),
        ("en", "You can object to that."),
        ("de", "Sie können Ihre Einwilligung jederzeit widerrufen."),
        ("de", "Sie können der Nutzung widersprechen."),
        ("de", "Sie haben das Recht auf Widerspruch."),
        ("de-AT", "Hier können Sie den Newsletter abbestellen."),
        ("fr", "Vous pouvez retirer votre consentement à tout moment."),
        ("fr", "Vous pouvez vous opposer à cette utilisation."),
        ("fr-CA", "Pour vous désabonner, cliquez ici."),
        ("pt", "Pode retirar o seu consentimento a qualquer momento."),
        ("pt-BR", "Você pode revogar seu consentimento a qualquer momento."),
        ("pt", "Tem o direito de oposição."),
        ("pt", "Pode opor-se a este tratamento."),
        ("nl", "Opt-out is altijd mogelijk."),
    ],
)
def test_a_way_back_is_found_in_each_language(language: str, text: str) -> None:
    assert withdrawal.tells_a_way(language, text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The object of this notice is your data."),
        ("en", "Sie können widerrufen."),
        ("de", "Wir nutzen Ihre Daten für Werbung."),
        ("fr", "Vous pouvez retirer votre commande en magasin."),
        ("fr", "Nous utilisons vos données."),
        ("pt", "Pode cancelar a sua encomenda."),
        ("pt", "Pode retirar a encomenda na loja."),
        ("nl", "Wij gebruiken uw gegevens."),
    ],
)
def test_what_only_looks_like_a_way_back_is_none(language: str, text: str) -> None:
    assert not withdrawal.tells_a_way(language, text)


def test_the_retailers_policy_is_warned_of_the_ages_it_does_not_ask_for_and_of_nothing_else() -> None:
    found = [warning.key.rpartition(":")[0] for warning in warnings_of(read_retailer())]

    assert found == [
        "age_below_law:email-consent",
        "age_below_law:newsletter-consent",
        "age_below_law:measurement-consent",
        "age_below_law:profiling-consent",
    ]


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        ({"basis": "opt_out", "validity": None, "notice": None}, "laxer_basis"),
        ({"validity": "P25M"}, "validity_beyond_practice"),
        ({"validity": None}, "no_validity"),
        ({"age": None}, "age_below_law"),
    ],
)
def test_the_retailers_advertising_made_lax_is_warned_of(spoilt: Document, code: str) -> None:
    document = read_retailer()
    (rule,) = [rule for rule in document["rules"] if rule["id"] == "ads-consent"]
    rule |= spoilt
    for name in [name for name, value in spoilt.items() if value is None]:
        del rule[name]

    assert code in {one.code for one in warnings_of(document) if one.key.split(":")[1] == "ads-consent"}


def test_warnings_are_listed_by_path_and_each_once() -> None:
    document = spoil(make_document(), "notices", "privacy", "versions", "2", "texts", "en", value="Silent.")
    document = spoil(document, "rules", 0, "age", "bands", value=[{"under": 13, "effect": "guardian"}])

    found = warnings_of(document)

    assert [(one.code, one.path) for one in found] == [
        ("no_withdrawal_path", "notices.privacy.versions.2.texts.en"),
        ("age_below_law", "rules[0].age"),
    ]


def is_caught() -> bool:
    """Return whether any case now goes wrong, or a check breaks."""
    try:
        return any(found_in(document) != expected for document, expected in CASES.values())
    except Exception:  # noqa: BLE001 - a check that breaks is caught too
        return True


def without(check: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    kept = tuple(one for one in lint.CHECKS if one is not check)
    return lambda patch: patch.setattr(lint, "CHECKS", kept)


def answering(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, lambda *_, **__: value)


MUTANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **{f"{check.__name__} is missing": without(check) for check in lint.CHECKS},
    "every basis is strict enough": answering(bases, "satisfies", True),
    "no basis is strict enough": answering(bases, "satisfies", False),
    "every basis hears every no": lambda p: p.setattr(bases, "_HEARS_EVERY_NO", frozenset(LegalBasis)),
    "digital consent is not looked at": answering(ages, "_low_digital_consent", []),
    "sale to the young is not looked at": answering(ages, "_low_advertising", []),
    "a bar is no more than a guardian": lambda p: p.setattr(
        ages, "_STRICTNESS", {**ages._STRICTNESS, AgeNeed.BARRED: 2}
    ),
    "a guardian is no more than own consent": lambda p: p.setattr(
        ages, "_STRICTNESS", {**ages._STRICTNESS, AgeNeed.GUARDIAN: 1}
    ),
    "an end to a consent is not looked for": answering(validity, "_endless", []),
    "the length of a consent is not looked at": answering(validity, "_too_long", []),
    "bundles are not looked at": answering(bundles, "_bundled", []),
    "ties are not looked at": answering(bundles, "_tied", []),
    "all purposes are related": answering(bundles, "are_unrelated", False),
    "no purposes are related": answering(bundles, "are_unrelated", True),
    "what a service needs is as good as any": answering(bundles, "is_needed", False),
    "every text tells a way": answering(withdrawal, "tells_a_way", True),
    "no text tells a way": answering(withdrawal, "tells_a_way", False),
    "a rule without a notice is let be": answering(withdrawal, "_unspoken", []),
    "every basis asks": lambda p: p.setattr(withdrawal, "_ASKING", frozenset(LegalBasis)),
    "marks are not asked for": answering(signals, "_needs_mark", False),
    "a rule speaks everywhere it names": lambda p: p.setattr(
        reach, "_chain", lambda place, groups: ["*", *groups, place.partition("-")[0], place]
    ),
    "groups have no members": lambda p: p.setattr(
        reach, "_chain", lambda place, _: [place, place.partition("-")[0], "*"]
    ),
    "parts are no part of their country": lambda p: p.setattr(
        reach, "_chain", lambda place, groups: [place, *(g for g, m in groups.items() if place in m), "*"]
    ),
    "retired purposes count": answering(law_case.PolicyCase, "is_active", True),
    "a look-up ends at the place": lambda p: p.setattr(law_types.LawTable, "chain", lambda _, code: (code,)),
    "special data is never found": lambda p: p.setattr(
        "consent.policies.law.topics.special_categories", lambda *_: ()
    ),
    "special data counts only if marked": lambda p: p.setattr("consent.policies.law.topics.SPECIAL", ()),
    "direct marketing needs no contact": lambda p: p.setattr("consent.policies.law.topics._CONTACTS", {}),
    "analytics is always on a device": lambda p: p.setattr(
        "consent.policies.law.topics._ON_DEVICE", ("user",)
    ),
    "analytics is never on a device": lambda p: p.setattr("consent.policies.law.topics._ON_DEVICE", ()),
    "rows never run out": lambda p: p.setattr(
        law_types.LawTable,
        "in_force",
        lambda law, _: LawTable(
            law.places, tuple(replace(row, effective_until=None) for row in law.provisions)
        ),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)

    assert is_caught()


def test_nothing_is_caught_where_no_bug_is_planted() -> None:
    assert not is_caught()
