"""What a policy denies everybody for as sentences: why, and what to change."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from activation.decisions.compiled import EVERYWHERE, DestinationPolicy, Rule
from activation.decisions.conditions import find_refuted
from activation.decisions.reasons import Reason
from activation.decisions.resolution import Denial
from activation.desk.explained_question import ExplainedQuestion
from activation.desk.rule_in_words import name_countries

Words = tuple[str, str]
"""Why, and what to change."""


def describe_denial(asked: ExplainedQuestion, denial: Denial) -> Words:
    """Return why `denial` stands and what to change in the policy, or around it, so that it does not."""
    return WORDS[denial.reason](asked, denial)


def _policy_unavailable(asked: ExplainedQuestion, _: Denial) -> Words:
    policy = asked.policy
    return (
        f"The text of {policy.key} version {policy.version} is not the one that its digest names.",
        "Verify the ledger (verify_ledger), then import the text again as a new version.",
    )


def _purpose_unknown(asked: ExplainedQuestion, _: Denial) -> Words:
    close = get_close_matches(asked.purpose, asked.policy.purposes, n=1)
    meant = f"did you mean {close[0]}? Or " if close else ""
    return (
        f"The policy declares no purpose {asked.purpose}.",
        f"{meant}declare it under purposes, with a rule.",
    )


def _purpose_inactive(asked: ExplainedQuestion, _: Denial) -> Words:
    return f"The purpose {asked.purpose} is retired.", f"Set purposes.{asked.purpose}.status to active."


def _required_denied(asked: ExplainedQuestion, denial: Denial) -> Words:
    inner, path = asked, []
    while denial.required_purpose is not None:
        path.append(denial.required_purpose)
        found = inner.resolution.required[denial.required_purpose]
        inner, denial = replace(inner, purpose=path[-1], resolution=found), found.denials[0]
    if denial.reason is Reason.REQUIRED_PURPOSE_DENIED:
        return "It requires itself in the end.", f"Take {path[0]} out of purposes.{asked.purpose}.requires."
    why, change = describe_denial(inner, denial)
    required = f"It requires {', which requires '.join(path)}, denied with {denial.reason}. {why}"
    return required, f"{change} Or take {path[0]} out of purposes.{asked.purpose}.requires."


def _destination_unknown(asked: ExplainedQuestion, _: Denial) -> Words:
    why = f"The destination {asked.destination} is not in the register of destinations."
    return why, "Register it in the admin; the policy alone does not make it known."


def _destination_suspended(asked: ExplainedQuestion, _: Denial) -> Words:
    return f"The destination {asked.destination} is suspended.", "Resume it in the register of destinations."


def _destination_not_permitted(asked: ExplainedQuestion, _: Denial) -> Words:
    slug = asked.destination
    if asked.recipient:
        why = f"The policy does not map {slug} to {asked.purpose}."
        return why, f"Add {asked.purpose} to destinations.{slug}.purposes."
    close = get_close_matches(slug, asked.policy.destinations, n=1)
    meant = f"did you mean {close[0]}? Or " if close else ""
    why = f"The policy declares no destination {slug}."
    return why, f"{meant}declare it under destinations, mapped to {asked.purpose}."


def _unresolved(asked: ExplainedQuestion, _: Denial) -> Words:
    if asked.jurisdiction is not None:
        ids = ", ".join(one.rule.rule_id for one in asked.resolution.rules if one.rule)
        return (
            f"The rules {ids} must all be kept, and set one column to different values, or hide a string.",
            "Treat the column the same way in all of them, under obligations.",
        )
    if asked.policy.has_rule_for_everywhere(asked.purpose, asked.controller):
        why = "Where no jurisdiction of the person is known every rule must allow, and one does not."
        return why, "Mend what else is denied for, here or with a required purpose."
    why = "Where no jurisdiction of the person is known, a rule must hold everywhere, and none does."
    return why, f'Write a rule for {asked.purpose} in "{EVERYWHERE}".'


def _no_rule(asked: ExplainedQuestion, denial: Denial) -> Words:
    place, controller = denial.jurisdiction, asked.controller
    controllers = asked.policy.establishments
    if controller not in controllers:
        return (
            f"The policy declares no controller {controller}, so it has no rule for it.",
            f"Ask about one of {', '.join(sorted(controllers))}, or declare it under controllers.",
        )
    why = f"No rule of {asked.purpose} speaks for {controller} in {place}."
    return why, f'Add {place}, a group it belongs to, or "{EVERYWHERE}" to the jurisdictions of a rule.'


def _transfer(asked: ExplainedQuestion, denial: Denial) -> Words:
    rule, recipient = _rule_of(asked, denial)
    permitted = name_countries(rule)
    country = recipient.country
    why = f"The rule {rule.rule_id} permits data to go {permitted}; {asked.destination} is in {country}."
    ground = "where there is a ground for the transfer (GDPR Art. 44 to 49)"
    return why, f"Add {country} to its transfer_countries, {ground}; or choose another recipient."


def _category(asked: ExplainedQuestion, denial: Denial) -> Words:
    rule, recipient = _rule_of(asked, denial)
    received = recipient.data_categories
    if barred := ", ".join(sorted(received - rule.data_categories)):
        why = f"The rule {rule.rule_id} does not permit {barred}, which {asked.destination} may receive."
        section = f"destinations.{asked.destination}.data_categories"
        narrower = "A question that names only what both permit is not denied for this."
        return why, f"Take {barred} out of {section}, or permit it in the rule. {narrower}"
    special = ", ".join(sorted(received & asked.policy.special_categories))
    ground = f"the rule {rule.rule_id} rests neither on consent nor on a special condition"
    why = f"It may receive {special}, which is special (GDPR Art. 9), and {ground}."
    return why, "Name the special_condition of the rule, or rest it on consent."


def _condition(asked: ExplainedQuestion, denial: Denial) -> Words:
    rule, recipient = _rule_of(asked, denial)
    refuted = dict.fromkeys(one.property for one in find_refuted(rule.conditions, recipient.properties))
    names = ", ".join(refuted)
    section = f"destinations.{asked.destination}.properties"
    why = f"What is registered of {asked.destination} ({names}) does not meet a condition of {rule.rule_id}."
    return why, f"Mend {names} in {section} if it is not so, or the condition; a request cannot change it."


def _rule_of(asked: ExplainedQuestion, denial: Denial) -> tuple[Rule, DestinationPolicy]:
    """Return the rule that denies and what the policy permits the destination: without them, none would."""
    found = next(one.rule for one in asked.resolution.rules if one.jurisdiction == denial.jurisdiction)
    if found is None or asked.recipient is None:
        raise LookupError(f"no rule denies with {denial.reason}")
    return found, asked.recipient


WORDS: Mapping[Reason, Callable[[ExplainedQuestion, Denial], Words]] = {
    Reason.POLICY_UNAVAILABLE: _policy_unavailable,
    Reason.PURPOSE_UNKNOWN: _purpose_unknown,
    Reason.PURPOSE_INACTIVE: _purpose_inactive,
    Reason.REQUIRED_PURPOSE_DENIED: _required_denied,
    Reason.DESTINATION_UNKNOWN: _destination_unknown,
    Reason.DESTINATION_SUSPENDED: _destination_suspended,
    Reason.DESTINATION_NOT_PERMITTED: _destination_not_permitted,
    Reason.JURISDICTION_UNRESOLVED: _unresolved,
    Reason.NO_RULE: _no_rule,
    Reason.TRANSFER_NOT_PERMITTED: _transfer,
    Reason.DATA_CATEGORY_NOT_PERMITTED: _category,
    Reason.CONDITION_NOT_MET: _condition,
}
