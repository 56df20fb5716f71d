"""Are people told how to take a yes back, or to say no?"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from consent.policies.law.case import PolicyCase, RuleCase, in_words, warn
from consent.policies.law.types import Duty
from consent.policies.law.words import DutyKind
from consent.policies.types import LegalBasis, PolicyWarning

NO_WITHDRAWAL_PATH = "no_withdrawal_path"

_ASKING = frozenset({LegalBasis.CONSENT, LegalBasis.OPT_OUT, LegalBasis.SOFT_OPT_IN})
_WAYS: Mapping[str, tuple[str, ...]] = {
    "en": (
        r"\bwithdr[ae]w",
        r"\bopt(?:ed|ing|s)?[ -]?out",
        r"\bunsubscri",
        r"\brevok",
        r"\bobject (?:to|at)\b",
        r"\b(?:can|may) object\b",
        r"\bobjection",
        r"\bdo not sell\b",
        r"\bchange your mind\b",
    ),
    "de": (r"widerruf", r"widerspr[eou]ch", r"abmeld", r"abbestell", r"zurück(?:zu)?(?:zieh|nehm)"),
    "fr": (
        r"\bretir\w+ (?:\w+ ){0,3}(?:consentement|accord|permission|autorisation|choix)",
        r"\bretrait (?:\w+ ){0,3}(?:consentement|accord|permission|autorisation)",
        r"\brévo[qc]",
        r"\boppos(?:er|ez|é|ition)",
        r"\bdésinscri",
        r"\bdésabonn",
    ),
    "pt": (
        r"\b(?:retir|revog)\w+ (?:\w+ ){0,3}(?:consentimento|autorização|permissão|acordo|escolha)",
        r"\bopor-se\b",
        r"\b(?:pode|podem|pode-se) opor",
        r"\boposição",
        r"\bcancel\w+ (?:\w+ ){0,2}(?:subscrição|assinatura|inscrição|consentimento)",
        r"\bdescadastr",
    ),
}
"""How a notice tells it, by language: words of withdrawing, objecting, opting out and unsubscribing."""


def find_silent_notices(case: PolicyCase) -> Iterator[PolicyWarning]:
    """Yield a warning for each text that tells no way back, of notices that consents and opt-outs rest on.

    Looked at is the newest version of the notice that a rule names, or of each that speaks of the rule's
    purposes; every language by itself. Whether a way is told is judged by words of its language, English,
    German, French or Portuguese; a text in another language is searched for the words of all four. A rule
    without any notice is warned of itself. Words are no proof: a person reads the notice before review.
    """
    silent: dict[tuple[str, str, str], list[RuleCase]] = {}
    for rule in case.rules:
        if rule.basis not in _ASKING:
            continue
        notices = list(_notices_of(case, rule))
        if not notices:
            yield from _unspoken(case, rule)
        for key, number in notices:
            for language, text in _texts(case, key, number).items():
                if not tells_a_way(language, text):
                    silent.setdefault((key, number, language), []).append(rule)
    for place, rules in silent.items():
        yield from _silent(case, *place, rules)


def tells_a_way(language: str, text: str) -> bool:
    """Return whether a notice's text has words of withdrawing, objecting or opting out."""
    own = _WAYS.get(language.partition("-")[0])
    ways = own or tuple(way for several in _WAYS.values() for way in several)
    return re.search("|".join(ways), text, re.IGNORECASE) is not None


def _notices_of(case: PolicyCase, rule: RuleCase) -> Iterator[tuple[str, str]]:
    named = rule.entry.get("notice", {}).get("key")
    for key, notice in case.document.get("notices", {}).items():
        number = max(notice["versions"], key=int)
        speaks = not set(rule.purposes).isdisjoint(notice["versions"][number]["purposes"])
        if key == named or (named is None and speaks):
            yield key, number


def _texts(case: PolicyCase, key: str, number: str) -> Mapping[str, str]:
    version: Mapping[str, Any] = case.document["notices"][key]["versions"][number]
    texts: Mapping[str, str] = version["texts"]
    return texts


def _silent(
    case: PolicyCase, key: str, number: str, language: str, rules: list[RuleCase]
) -> Iterator[PolicyWarning]:
    rows = [row for rule in rules for row in _duties(case, rule)]
    if rows:
        reached = sorted({place for place, _ in rows})
        yield warn(
            NO_WITHDRAWAL_PATH,
            key,
            ("notices", key, "versions", number, "texts", language),
            f"found no words on how to withdraw, object or opt out; people must be told in "
            f"{in_words(case.law, reached)} (rules {', '.join(rule.rule_id for rule in rules)})",
            rows=[row for _, row in rows],
            facts=[number, language],
        )


def _unspoken(case: PolicyCase, rule: RuleCase) -> Iterator[PolicyWarning]:
    rows = list(_duties(case, rule))
    if rows:
        reached = [place for place, _ in rows]
        yield warn(
            NO_WITHDRAWAL_PATH,
            rule.rule_id,
            rule.path("purposes"),
            f"found no notice that speaks of {', '.join(rule.purposes)}; people must be told how to "
            f"withdraw, object or opt out in {in_words(case.law, reached)}",
            rows=[row for _, row in rows],
            facts=[rule.purposes, reached],
        )


def _duties(case: PolicyCase, rule: RuleCase) -> Iterator[tuple[str, Duty]]:
    return case.rows(Duty, rule.places(), kind=DutyKind.EASY_WITHDRAWAL, holds=True)
