"""What each check of the lint warns of and what it lets be, against the shipped table."""

from datetime import date
from typing import Any

from consent.policies.law.lint import find_warnings
from consent.policies.law.shipped import load_shipped_law
from tests.lint_documents import GUARDED, Document, make_notices, make_policy, make_rule

NOVEMBER = date(2026, 11, 26)
Found = list[tuple[str, str]]
"""Code and path of each warning."""

_MARKED = {"ads": {"opt_out_signals": ["sharing"]}}
_MAIL = {"ads": {"data_use": "marketing.communications.email"}}
_POST = {"ads": {"data_use": "marketing.communications"}}
_MEASURING = {"ads": {"data_use": "analytics.reporting"}}
_PERSONAL = {"ads": {"data_use": "personalize.content"}}
_THIRD = {"ads": {"data_use": "marketing.advertising.third_party.targeted"}}
_TEENS = {
    "unknown": "deny",
    "bands": [{"under": 13, "effect": "guardian"}, {"under": 16, "effect": "own_consent"}],
}
_HEALTH: dict[str, Any] = {"categories": {"extra": "user.health_and_medical"}}
_SICK: Document = {"data_categories": ["plain", "extra"]}
_TWO_ENDS = {"ads": {}, "other": {"data_use": "personalize.content"}}
_TIE = {"ads": {"requires": ["other"]}, "other": {"data_use": "personalize.content"}}
_LETTERS: Document = {"basis": "legitimate_interest", "direct_marketing": True}


_LEARNING = {"ads": {"data_use": "train_ai_system"}}
_INTEREST: Document = {"basis": "legitimate_interest"}
_NOTICE: Document = {"notice": {"key": "privacy", "oldest_version": 1}}


def _training(*rules: Document, role: str = "third_party", at: str = "ads", **changes: Any) -> Document:
    """Return a policy on training, with a destination that gets the data in that role."""
    trainer = {
        "title": "Trainer",
        "kind": "file",
        "role": role,
        "country": "US",
        "contract": "C2C-1",
        "purposes": [at],
        "data_categories": ["plain"],
    }
    return make_policy(*rules, destinations={"trainer": trainer}, **{"purposes": _LEARNING, **changes})


def _opt_out(*codes: str, **fields: Any) -> Document:
    return make_rule(basis="opt_out", jurisdictions=list(codes), **fields)


def _bands(*bands: tuple[int, str]) -> Document:
    return {"unknown": "deny", "bands": [{"under": under, "effect": effect} for under, effect in bands]}


CASES: dict[str, tuple[Document, Found]] = {
    # a basis laxer than the law's default
    "consent for advertising in the EU": (make_policy(make_rule()), []),
    "opt-out for advertising in the EU": (
        make_policy(_opt_out("EU")),
        [("laxer_basis", "rules[0].basis")],
    ),
    "an interest for advertising in Germany": (
        make_policy(make_rule(basis="legitimate_interest", jurisdictions=["DE"])),
        [("laxer_basis", "rules[0].basis")],
    ),
    "opt-out for advertising in California": (make_policy(_opt_out("US-CA")), []),
    "a contract for advertising in California": (
        make_policy(make_rule(basis="contract", jurisdictions=["US-CA"])),
        [("laxer_basis", "rules[0].basis")],
    ),
    "a contract for direct marketing in California, which every no ends": (
        make_policy(make_rule(basis="contract", jurisdictions=["US-CA"], direct_marketing=True)),
        [],
    ),
    "an interest for advertising in Brazil": (
        make_policy(make_rule(basis="legitimate_interest", jurisdictions=["BR"])),
        [],
    ),
    "opt-out everywhere reaches the EU": (
        make_policy(_opt_out("*")),
        [("laxer_basis", "rules[0].basis")],
    ),
    "opt-out everywhere but where consent is asked": (
        make_policy(
            make_rule("asked", jurisdictions=["EEA", "GB", "BR", "IN", "CN", "KR", "CA-QC"]), _opt_out("*")
        ),
        [],
    ),
    "a state's opt-out is not the country's": (
        make_policy(make_rule("asked", jurisdictions=["CA-QC"]), _opt_out("CA")),
        [],
    ),
    "a country's opt-out reaches its parts": (
        make_policy(_opt_out("CA")),
        [("laxer_basis", "rules[0].basis")],
    ),
    "marked for signals is advertising, whatever the data use": (
        make_policy(_opt_out("EU"), purposes={"ads": {"data_use": "analytics", "opt_out_signals": ["sale"]}}),
        [("laxer_basis", "rules[0].basis")],
    ),
    "a retired purpose": (make_policy(_opt_out("EU"), purposes={"ads": {"status": "retired"}}), []),
    "soft opt-in for e-mail": (
        make_policy(make_rule(basis="soft_opt_in"), purposes=_MAIL),
        [],
    ),
    "opt-out for e-mail in the United States": (make_policy(_opt_out("US"), purposes=_MAIL), []),
    "opt-out for e-mail in the EU": (
        make_policy(_opt_out("EU"), purposes=_MAIL),
        [("laxer_basis", "rules[0].basis")],
    ),
    "an interest for letters": (make_policy(make_rule(**_LETTERS), purposes=_POST), []),
    "an interest for direct marketing with an e-mail address": (
        make_policy(make_rule(**_LETTERS), purposes=_POST, categories={"extra": "user.contact.email"}),
        [("laxer_basis", "rules[0].basis")],
    ),
    "an interest for messages by telephone number": (
        make_policy(make_rule(**_LETTERS), purposes=_POST, categories={"extra": "user.contact.phone_number"}),
        [("laxer_basis", "rules[0].basis")],
    ),
    "opt-out for text messages in the United States": (
        make_policy(_opt_out("US"), purposes={"ads": {"data_use": "marketing.communications.sms"}}),
        [("laxer_basis", "rules[0].basis")],
    ),
    "an interest for measuring what is not on a device": (
        make_policy(make_rule(basis="legitimate_interest"), purposes=_MEASURING),
        [],
    ),
    "an interest for measuring what pages were looked at": (
        make_policy(
            make_rule(basis="legitimate_interest"),
            purposes=_MEASURING,
            categories={"extra": "user.behavior.browsing_history"},
        ),
        [("laxer_basis", "rules[0].basis")],
    ),
    # special categories
    "consent for health data": (make_policy(make_rule(**_SICK), **_HEALTH), []),
    "a contract for health data in the EU": (
        make_policy(make_rule(basis="contract", **_SICK), purposes=_PERSONAL, **_HEALTH),
        [("special_category_without_consent", "rules[0].basis")],
    ),
    "a contract for data marked special": (
        make_policy(
            make_rule(basis="contract", **_SICK),
            purposes=_PERSONAL,
            categories={"extra": {"title": "Union", "data_category": "user.workplace", "special": True}},
        ),
        [("special_category_without_consent", "rules[0].basis")],
    ),
    "a contract and a condition for health data": (
        make_policy(
            make_rule(basis="contract", special_condition="Art. 9(2)(h)", **_SICK),
            purposes=_PERSONAL,
            **_HEALTH,
        ),
        [],
    ),
    "a contract and a condition for health data where an opt-out is asked for": (
        make_policy(
            make_rule(basis="contract", jurisdictions=["US-CA"], special_condition="1798.121(a)", **_SICK),
            purposes=_PERSONAL,
            **_HEALTH,
        ),
        [],
    ),
    "a contract for health data in California": (
        make_policy(
            make_rule(basis="contract", jurisdictions=["US-CA"], **_SICK), purposes=_PERSONAL, **_HEALTH
        ),
        [("special_category_without_consent", "rules[0].basis")],
    ),
    "a rule that leaves the health data out": (
        make_policy(make_rule(basis="contract"), purposes=_PERSONAL, **_HEALTH),
        [],
    ),
    "opt-out for health data in California": (
        make_policy(_opt_out("US-CA", **_SICK), purposes=_PERSONAL, **_HEALTH),
        [],
    ),
    "opt-out for health data in Virginia": (
        make_policy(_opt_out("US-VA", **_SICK), purposes=_PERSONAL, **_HEALTH),
        [("special_category_without_consent", "rules[0].basis")],
    ),
    "consent for health data in Maryland": (
        make_policy(make_rule(jurisdictions=["US-MD"], **_SICK), purposes=_PERSONAL, **_HEALTH),
        [("special_category_without_consent", "rules[0].basis")],
    ),
    # ages
    "consent without age bands": (
        make_policy(make_rule(age=None)),
        [("age_below_law", "rules[0]")],
    ),
    "guardians up to 16 in the EU": (make_policy(make_rule(age=_bands((16, "guardian")))), []),
    "guardians up to 15 in the EU": (
        make_policy(make_rule(age=_bands((15, "guardian")))),
        [("age_below_law", "rules[0].age")],
    ),
    "guardians up to 15 in France": (
        make_policy(make_rule(jurisdictions=["FR"], age=_bands((15, "guardian")))),
        [],
    ),
    "nobody under 16 in the EU": (make_policy(make_rule(age=_bands((16, "barred")))), []),
    "guardians up to 13 and own consent from there in Germany": (
        make_policy(make_rule(jurisdictions=["DE"], age=_TEENS)),
        [("age_below_law", "rules[0].age")],
    ),
    "guardians up to 13 and own consent from there in the United Kingdom": (
        make_policy(make_rule(jurisdictions=["GB"], age=_TEENS)),
        [],
    ),
    "no bands where nothing is asked of the young": (
        make_policy(make_rule(basis="contract", age=None), purposes=_PERSONAL),
        [],
    ),
    "opt-out that asks the young of Germany themselves": (
        make_policy(_opt_out("DE", age=_bands((16, "own_consent"))), purposes=_PERSONAL),
        [("age_below_law", "rules[0].age")],
    ),
    "sharing in California as the law has it": (
        make_policy(_opt_out("US-CA", age=_TEENS), purposes=_MARKED),
        [],
    ),
    "sharing in California with no regard to age": (
        make_policy(_opt_out("US-CA"), purposes=_MARKED),
        [("age_below_law", "rules[0]")],
    ),
    "sharing in California with guardians alone": (
        make_policy(_opt_out("US-CA", age=_bands((13, "guardian"))), purposes=_MARKED),
        [("age_below_law", "rules[0].age")],
    ),
    "sharing in California that asks children themselves": (
        make_policy(_opt_out("US-CA", age=_bands((16, "own_consent"))), purposes=_MARKED),
        [("age_below_law", "rules[0].age"), ("age_below_law", "rules[0].age")],
    ),
    "guardians for what Maryland bars": (
        make_policy(_opt_out("US-MD", age=_bands((18, "guardian"))), purposes=_MARKED),
        [("age_below_law", "rules[0].age")],
    ),
    # validity
    "consent for ever": (make_policy(make_rule(validity=None)), [("no_validity", "rules[0].validity")]),
    "13 months of advertising": (make_policy(make_rule(validity="P13M")), []),
    "13 months counted in days": (make_policy(make_rule(validity="P396D")), []),
    "13 months and a day of advertising": (
        make_policy(make_rule(validity="P13M1D")),
        [("validity_beyond_practice", "rules[0].validity")],
    ),
    "two years of advertising in Spain alone": (
        make_policy(make_rule(jurisdictions=["ES"], validity="P24M"), purposes=_MEASURING),
        [],
    ),
    "two years of e-mail": (make_policy(make_rule(validity="P24M"), purposes=_MAIL), []),
    "14 months of measuring in France": (
        make_policy(
            make_rule(jurisdictions=["FR"], validity="P14M"),
            purposes=_MEASURING,
            categories={"extra": "user.device.cookie_id"},
        ),
        [("validity_beyond_practice", "rules[0].validity")],
    ),
    # bundles
    "one consent for two ends": (
        make_policy(make_rule(purposes=["ads", "other"]), purposes=_TWO_ENDS),
        [("bundled_purposes", "rules[0].purposes")],
    ),
    "two consents for two ends": (
        make_policy(make_rule("one"), make_rule("two", purposes=["other"]), purposes=_TWO_ENDS),
        [],
    ),
    "one consent for two kinds of one end": (
        make_policy(
            make_rule(purposes=["p.ads", "p.other"]),
            purposes={"p.ads": {}, "p.other": {"data_use": "personalize.content"}},
        ),
        [],
    ),
    "one consent for an end and what it needs": (
        make_policy(
            make_rule(purposes=["ads", "other"]), purposes={"other": {"data_use": "functional.storage"}}
        ),
        [],
    ),
    "one opt-out for two ends": (
        make_policy(
            make_rule(basis="legitimate_interest", jurisdictions=["BR"], purposes=["ads", "other"]),
            purposes=_TWO_ENDS,
        ),
        [],
    ),
    "a consent tied to an unrelated one": (
        make_policy(make_rule("one"), make_rule("two", purposes=["other"]), purposes=_TIE),
        [("tied_consent", "rules[0].purposes")],
    ),
    "a consent that requires what rests on contract": (
        make_policy(make_rule("one"), make_rule("two", purposes=["other"], basis="contract"), purposes=_TIE),
        [],
    ),
    "a contract tied to a consent": (
        make_policy(
            make_rule("one", basis="contract"),
            make_rule("two", purposes=["other"]),
            purposes={**_TIE, "ads": {"data_use": "essential.service", "requires": ["other"]}},
        ),
        [("tied_consent", "rules[0].purposes")],
    ),
    "advertising that requires storage": (
        make_policy(
            make_rule("one"),
            make_rule("two", purposes=["other"]),
            purposes={"ads": {"requires": ["other"]}, "other": {"data_use": "functional.storage"}},
        ),
        [],
    ),
    "advertising that requires another kind of marketing": (
        make_policy(
            make_rule("one"),
            make_rule("two", purposes=["other"]),
            purposes={
                "ads": {"requires": ["other"]},
                "other": {"data_use": "marketing.advertising.profiling"},
            },
        ),
        [],
    ),
    # withdrawal
    "a notice that tells no way back": (
        make_policy(make_rule(), text="We use your data."),
        [("no_withdrawal_path", "notices.privacy.versions.1.texts.en")],
    ),
    "one language of two tells no way back": (
        make_policy(make_rule(), text={"en": "You can opt out.", "de": "Wir nutzen Ihre Daten."}),
        [("no_withdrawal_path", "notices.privacy.versions.1.texts.de")],
    ),
    "no notice at all": (
        make_policy(make_rule(), notices=make_notices("other", text="You can opt out.")),
        [("no_withdrawal_path", "rules[0].purposes")],
    ),
    "a silent notice on a contract": (
        make_policy(make_rule(basis="contract"), purposes=_PERSONAL, text="We use your data."),
        [],
    ),
    "a silent notice where no law asks for a way back": (
        make_policy(_opt_out("AU"), text="We use your data."),
        [],
    ),
    # signals
    "sharing that hears the signal": (
        make_policy(_opt_out("US-CA", age=GUARDED, signals=["gpc"]), purposes=_MARKED),
        [],
    ),
    "sharing that hears the signal by default": (
        make_policy(_opt_out("US-CA", age=GUARDED), purposes=_MARKED),
        [],
    ),
    "sharing that hears no signal": (
        make_policy(_opt_out("US-CA", age=GUARDED, signals=[]), purposes=_MARKED),
        [("signal_not_honoured", "rules[0].signals")],
    ),
    "sharing that hears no signal in a country with states that ask for it": (
        make_policy(_opt_out("US", age=_bands((18, "barred")), signals=[]), purposes=_MARKED),
        [("signal_not_honoured", "rules[0].signals")],
    ),
    "sharing that hears no signal where none is asked for": (
        make_policy(_opt_out("US-VA", signals=[]), purposes=_MARKED),
        [],
    ),
    "sharing that hears no signal where one will be asked for next year": (
        make_policy(_opt_out("US-AL", age=GUARDED, signals=[]), purposes=_MARKED),
        [],
    ),
    "a purpose that no signal speaks to": (make_policy(_opt_out("US-CA", signals=[])), []),
    "advertising at third parties without a mark": (
        make_policy(_opt_out("US-CA"), purposes=_THIRD),
        [("signal_not_honoured", "rules[0].purposes")],
    ),
    "advertising at third parties without a mark, where no signal is asked for": (
        make_policy(_opt_out("US-VA"), purposes=_THIRD),
        [],
    ),
    # a third party that trains on people whose notice need not name it
    "training by a third party on a consent whose notice must name it": (_training(make_rule(**_NOTICE)), []),
    "training by a third party on an interest": (
        _training(make_rule(**_INTEREST)),
        [("unnamed_trainer", "rules[0].basis")],
    ),
    "training by a third party on an opt-out": (
        _training(_opt_out("BR")),
        [("unnamed_trainer", "rules[0].basis")],
    ),
    "training by a third party on a consent given on any notice": (
        _training(make_rule()),
        [("unnamed_trainer", "rules[0].notice")],
    ),
    "training that is told by its name": (
        _training(
            make_rule(**_INTEREST, purposes=["ml.training.churn"]),
            at="ml.training.churn",
            purposes={"ml.training.churn": {"data_use": "analytics"}},
        ),
        [("unnamed_trainer", "rules[0].basis")],
    ),
    "training by a processor on an interest": (_training(make_rule(**_INTEREST), role="processor"), []),
    "another purpose at a third party on an interest": (
        _training(make_rule(**_INTEREST), purposes={"ads": {"data_use": "personalize.content"}}),
        [],
    ),
    "training that no third party gets": (make_policy(make_rule(**_INTEREST), purposes=_LEARNING), []),
}


def found_in(document: Document) -> Found:
    """Return code and path of what the lint warns of."""
    return [(one.code, one.path) for one in find_warnings(document, load_shipped_law(), at=NOVEMBER)]
