"""A rule of a compiled policy as sentences: what it rests on, and what it asks of a person."""

from collections.abc import Iterable, Iterator, Mapping

from activation.decisions.compiled import EVERYWHERE, AgeEffect, Condition, Rule
from activation.decisions.standing import EVERY_NO
from activation.decisions.types import Obligation
from consent.kernel.periods import Period
from consent.policies.types import LegalBasis

_BASES: Mapping[LegalBasis, str] = {
    LegalBasis.CONSENT: "the person must have said yes to exactly this purpose",
    LegalBasis.OPT_OUT: "allowed until the person says no",
    LegalBasis.SOFT_OPT_IN: "the person's soft opt-in must be on record",
    LegalBasis.CONTRACT: "an active contract of the person must be on record",
    LegalBasis.LEGAL_OBLIGATION: "the law asks for it",
    LegalBasis.VITAL_INTEREST: "a vital interest of the person must be on record",
    LegalBasis.PUBLIC_TASK: "a public task asks for it",
    LegalBasis.LEGITIMATE_INTEREST: "an interest that was weighed against the person's",
    LegalBasis.STRICTLY_NECESSARY: "the service cannot be given without it",
}
_BANDS: Mapping[AgeEffect, str] = {
    AgeEffect.GUARDIAN: "a guardian must have consented",
    AgeEffect.OWN_CONSENT: "the person must have consented, whatever the basis",
    AgeEffect.BARRED: "denied",
}
_OPERATORS: Mapping[str, str] = {
    "eq": "must be",
    "ne": "must be sent, and not be",
    "in": "must be one of",
    "lt": "must be less than",
    "lte": "must be at most",
    "gt": "must be more than",
    "gte": "must be at least",
}


def describe_rule(rule: Rule, *, heeds_signals: bool) -> Iterator[str]:
    """Yield what `rule` asks of a person, sentence by sentence, in the order of the decision table.

    `heeds_signals` tells whether opt-out signals speak to the purpose at all.
    """
    yield f"Basis {rule.basis}: {_BASES[rule.basis]}."
    if rule.assessment:
        yield f"The assessment on record: {rule.assessment}."
    yield from _circumstances(rule)
    yield from _ages(rule)
    yield from (_condition(condition) for condition in rule.conditions)
    yield from _noes(rule, heeds_signals=heeds_signals)
    yield from _consent(rule)
    if done := tell_obligations(rule.obligations):
        yield f"Before the data is used: {done}."


def name_countries(rule: Rule) -> str:
    """Return where `rule` permits data to go."""
    if EVERYWHERE in rule.transfer_countries:
        return "anywhere"
    return f"to {', '.join(sorted(rule.transfer_countries))}" if rule.transfer_countries else "nowhere"


def tell_period(period: Period) -> str:
    """Return how long `period` is."""
    parts = [(period.months, "month"), (period.days, "day")]
    return " and ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count)


def tell_obligations(obligations: Iterable[Obligation]) -> str:
    """Return what is owed before the data is used, one after the other; empty if nothing is."""
    words = {
        "drop": "drop {0}",
        "mask": "replace {0} by its {1}",
        "set": "set {0} to {1!r}",
        "signal": "fill {0} with the person's {1} string",
        "tcf_vendor": "see that the person's TC string lets vendor {0} pursue the purposes {1}",
    }
    return "; ".join(words[one.kind].format(one.field, one.value) for one in obligations)


def _circumstances(rule: Rule) -> Iterator[str]:
    if rule.survives_erasure:
        yield "It holds after the person was erased too."
    if rule.survives_restriction:
        yield "It holds while processing is restricted too."
    if rule.unknown_subject_allowed:
        yield "It holds for a person of whom nothing is known."


def _ages(rule: Rule) -> Iterator[str]:
    youngest = 0
    for band in rule.age_bands:
        who = f"aged {youngest} to {band.under - 1}" if youngest else f"under {band.under}"
        yield f"A person {who}: {_BANDS[band.effect]}."
        youngest = band.under
    if rule.age_bands:
        yield f"A person of unknown age: {'taken for older' if rule.age_unknown_accepted else 'denied'}."


def _condition(condition: Condition) -> str:
    value = condition.value
    wanted = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"The request's {condition.property} {_OPERATORS[condition.operator]} {wanted}."


def _noes(rule: Rule, *, heeds_signals: bool) -> Iterator[str]:
    if rule.direct_marketing:
        yield "Direct marketing: every no ends it at once, and an objection is never overruled."
    elif rule.basis in EVERY_NO:
        yield "Every no of the person ends it."
    elif rule.basis is LegalBasis.PUBLIC_TASK:
        yield "An objection ends it; no other no does."
    else:
        yield "No no ends it: it does not hang on the person's will."
    if heeds_signals and (rule.direct_marketing or rule.basis in EVERY_NO):
        counts = "counts as a no" if rule.signals_honoured else "is not heeded"
        yield f"An opt-out signal such as the Global Privacy Control {counts}."


def _consent(rule: Rule) -> Iterator[str]:
    if rule.double_opt_in:
        yield "A consent counts once it was confirmed (double opt-in)."
    if rule.validity:
        yield f"A consent lasts {tell_period(rule.validity)}."
    if rule.notice:
        oldest = rule.oldest_notice_version
        yield f"A consent counts if given on the notice {rule.notice}, version {oldest} or later."
