"""Why a policy answers a question as it does, step by step, in plain words. Pure: no Django, no clock."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from activation.decisions.policy_rows import FoundRule, permits_transfer
from activation.decisions.reasons import Reason
from activation.decisions.resolution import Resolution
from activation.desk.denials_in_words import describe_denial
from activation.desk.explained_question import ExplainedQuestion
from activation.desk.rule_in_words import describe_rule, name_countries
from consent.policies.types import LegalBasis

_REGISTER = frozenset({Reason.DESTINATION_UNKNOWN, Reason.DESTINATION_SUSPENDED})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing looked at, and what was seen."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The steps, and what they come to."""

    question: str
    steps: tuple[Step, ...]
    answer: str
    changes: tuple[str, ...]
    """What to change so that it hangs on the person; empty where it does already."""


def explain(asked: ExplainedQuestion) -> Explanation:
    """Return why the policy answers `asked` as it does."""
    purpose, destination = (
        asked.named("purposes", asked.purpose),
        asked.named("destinations", asked.destination),
    )
    controller, place = asked.named("controllers", asked.controller), _place(asked)
    denials = [(denial.reason, *describe_denial(asked, denial)) for denial in asked.resolution.denials]
    return Explanation(
        question=f"May {controller} use data of {place} for {purpose} at {destination}?",
        steps=tuple(_steps(asked)),
        answer=_answer(asked),
        changes=tuple(f"{reason}: {why} {_sentence(change)}" for reason, why, change in denials),
    )


def _steps(asked: ExplainedQuestion) -> Iterator[Step]:
    yield Step("The purpose", tuple(_purpose(asked)))
    yield Step("The destination", tuple(_destination(asked)))
    yield Step("Where the rule is looked for", tuple(_places(asked)))
    for found in asked.resolution.rules:
        if found.rule:
            yield Step(f"The rule {found.rule.rule_id}", tuple(_rule(asked, found)))


def _place(asked: ExplainedQuestion) -> str:
    if asked.jurisdiction is None:
        return "people of whom no jurisdiction is known"
    return f"people in {asked.named('jurisdictions', asked.jurisdiction)}"


def _answer(asked: ExplainedQuestion) -> str:
    reason = asked.resolution.reason
    if reason is None:
        return "The policy alone denies nobody: the answer hangs on the person, by the rules above."
    return f"Everybody is denied, with {reason}."


def _purpose(asked: ExplainedQuestion) -> Iterator[str]:
    declared = asked.policy.purposes.get(asked.purpose)
    if declared is None:
        yield f"{asked.purpose} is not declared."
        return
    yield f"{asked.named('purposes', asked.purpose)} is {'active' if declared.active else 'retired'}."
    for slug, resolution in asked.resolution.required.items():
        yield f"It requires {asked.named('purposes', slug)}, which {_required(resolution)}."
    if declared.heeds_signals:
        yield "Opt-out signals such as the Global Privacy Control speak to it."


def _required(found: Resolution) -> str:
    if found.reason:
        return f"is denied with {found.reason}"
    ids = dict.fromkeys(one.rule.rule_id for one in found.rules if one.rule)
    return f"hangs on the person, by {', '.join(ids)}"


def _destination(asked: ExplainedQuestion) -> Iterator[str]:
    slug, recipient = asked.named("destinations", asked.destination), asked.recipient
    if recipient is None:
        yield f"{slug} is not declared."
    else:
        role = "a third party" if recipient.third_party else "a processor"
        yield f"{slug} is {role} in {recipient.country}."
        yield f"It is {'' if asked.purpose in recipient.purposes else 'not '}mapped to the purpose."
        yield f"It may receive {', '.join(sorted(recipient.data_categories))}."
        for name, value in sorted(recipient.properties.items()):
            yield f"Registered of it: {name} is {json.dumps(value, ensure_ascii=False)}."
    found = [denial.reason for denial in asked.resolution.denials if denial.reason in _REGISTER]
    state = "suspended in" if Reason.DESTINATION_SUSPENDED in found else "not in" if found else "in"
    yield f"It is {state} the register of destinations now."


def _places(asked: ExplainedQuestion) -> Iterator[str]:
    if asked.jurisdiction is None:
        yield "None is known, so every rule of the purpose must allow, and one must hold everywhere."
    if not asked.resolution.rules:
        yield "The purpose has no rule at all for this controller."
    for found in asked.resolution.rules:
        rule = f"the rule {found.rule.rule_id}, under {found.under}" if found.rule else "no rule"
        place = asked.named("jurisdictions", found.jurisdiction)
        yield f"{place}: looked under {', '.join(found.chain)}; found {rule}."
    if asked.jurisdiction is not None and (established := asked.policy.establishments.get(asked.controller)):
        yield (
            f"{asked.controller} is established in {', '.join(established)}: the rules there must allow too."
        )


def _rule(asked: ExplainedQuestion, found: FoundRule) -> Iterator[str]:
    rule, recipient = found.rule, asked.recipient
    if rule is None:
        return
    declared = asked.policy.purposes.get(asked.purpose)
    yield from describe_rule(rule, heeds_signals=bool(declared and declared.heeds_signals))
    if recipient is None:
        return
    permitted = "" if permits_transfer(asked.policy, rule, recipient) else "not "
    yield f"Data may go {name_countries(rule)}: {recipient.country} is {permitted}permitted."
    barred = recipient.data_categories - rule.data_categories
    yield (
        f"Of the data that the destination may receive, it does not permit {', '.join(sorted(barred))}."
        if barred
        else "It permits all the data that the destination may receive."
    )
    if special := recipient.data_categories & asked.policy.special_categories:
        ground = f"on {rule.special_condition}" if rule.special_condition else "by explicit consent only"
        yield f"Special data ({', '.join(sorted(special))}): {ground}."
    if recipient.third_party and (rule.basis is LegalBasis.CONSENT or rule.age_bands):
        yield _named_in(asked, rule.notice, rule.oldest_notice_version)


def _named_in(asked: ExplainedQuestion, notice: str | None, oldest: int) -> str:
    """Return which notices name the third party: a consent given on another does not reach it."""
    naming = [
        f"{key} {version}"
        for (key, version), recipients in sorted(asked.policy.recipients.items())
        if asked.destination in recipients and (notice is None or (key == notice and version >= oldest))
    ]
    if naming:
        return f"A consent reaches this third party if given on {', '.join(naming)}, which name it."
    return "No notice that counts names this third party: every consent is denied with recipient_not_covered."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
