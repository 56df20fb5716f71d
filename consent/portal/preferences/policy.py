"""What a policy says of a person's choices: which no is theirs to say, and what "all" is.

A no at a purpose covers all below it, those added later included (DESIGN §4).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from consent.kernel import canonical
from consent.policies.queries import get_policy_in_force
from consent.records.types import ANY_PURPOSE, Choice

Document = Mapping[str, Any]
_CHOSEN = frozenset({"consent", "opt_out", "soft_opt_in"})
"""Bases that rest on what the person chooses."""
_HEEDS_NO = _CHOSEN | {"legitimate_interest", "public_task"}


def get_document(*, at: datetime) -> Document:
    """Return the text of the policy in force; empty if there is none."""
    policy = get_policy_in_force(at=at)
    return _read(policy.canonical) if policy else {}


@lru_cache(maxsize=4)
def _read(text: bytes) -> Document:
    document: Document = canonical.loads(text)
    return document


def list_controllers(document: Document) -> dict[str, str]:
    """Return the titles of the controllers, by slug."""
    return {slug: one.get("title") or slug for slug, one in document.get("controllers", {}).items()}


def find_tops(document: Document, controller: str) -> tuple[str, ...]:
    """Return where "unsubscribe from all" is recorded: as high as it stops nothing that nobody spoke of.

    That is every purpose that the person chooses about, and all direct marketing. It is the one record that
    speaks of all purposes, unless the controller rests others on its interests or on a public task: of those,
    protection against fraud for one, a person who unsubscribes did not speak.
    """
    ruled = _by_purpose(document, controller)
    chosen = {slug for slug, rules in ruled.items() if any(map(_is_chosen, rules))}
    others = {slug for slug, rules in ruled.items() if any(map(_heeds_no, rules))} - chosen
    return _lift(chosen, others) if chosen and others else (ANY_PURPOSE,)


def find_marketing(document: Document, controller: str) -> tuple[str, ...]:
    """Return where a no to a mailing is recorded that named no purpose: at the top of direct marketing.

    A policy that calls nothing direct marketing: where "unsubscribe from all" is.
    """
    ruled = _by_purpose(document, controller)
    marketing = {slug for slug, rules in ruled.items() if any(map(_is_marketing, rules))}
    others = {slug for slug, rules in ruled.items() if any(map(_heeds_no, rules))} - marketing
    return _lift(marketing, others) if marketing else find_tops(document, controller)


def choose_no(document: Document, controller: str, purpose: str, *, after_yes: bool) -> Choice:
    """Return which no the person says at a purpose: the one that every rule below it honours.

    `after_yes`: a yes is in force, so that what rests on consent is withdrawn rather than refused.
    """
    said = Choice.WITHDRAWN if after_yes else Choice.REFUSED
    bases = {
        rule["basis"]
        for slug, rules in _by_purpose(document, controller).items()
        for rule in rules
        if covers(purpose, slug)
    }
    if "public_task" in bases:
        return Choice.OBJECTED  # the only one that it honours
    if "consent" in bases:
        return said  # no officer can overrule it, as they can an objection
    if bases & {"legitimate_interest", "soft_opt_in"}:
        return Choice.OBJECTED
    return Choice.OPTED_OUT if "opt_out" in bases else said


def asks_to_confirm(document: Document, controller: str, purpose: str) -> bool:
    """Return whether some rule counts a yes to the purpose only once it was confirmed (double opt-in)."""
    return any(rule.get("double_opt_in") for rule in _by_purpose(document, controller).get(purpose, ()))


def heeds_signals(document: Document) -> frozenset[str]:
    """Return the purposes that an opt-out signal speaks to: sale, sharing, targeted advertising."""
    purposes = document.get("purposes", {})
    return frozenset(slug for slug, one in purposes.items() if one.get("opt_out_signals"))


def covers(no: str, purpose: str) -> bool:
    """Return whether a no at one purpose covers another."""
    return no in {ANY_PURPOSE, purpose} or purpose.startswith(f"{no}.")


def _by_purpose(document: Document, controller: str) -> dict[str, list[Document]]:
    """Return the controller's rules by the purpose that they speak of."""
    found: dict[str, list[Document]] = {}
    for rule in document.get("rules", ()):
        if controller in (rule.get("controllers") or (controller,)):
            for slug in rule["purposes"]:
                found.setdefault(slug, []).append(rule)
    return found


def _is_chosen(rule: Document) -> bool:
    return rule["basis"] in _CHOSEN or _is_marketing(rule)


def _is_marketing(rule: Document) -> bool:
    return bool(rule.get("direct_marketing"))


def _heeds_no(rule: Document) -> bool:
    return rule["basis"] in _HEEDS_NO


def _lift(wanted: set[str], others: set[str]) -> tuple[str, ...]:
    """Return the highest purposes, declared or not, that cover all of `wanted` and none of `others`."""
    tops = (_top_of(slug, others) for slug in sorted(wanted))
    return tuple(dict.fromkeys(tops))


def _top_of(slug: str, others: set[str]) -> str:
    return next((above for above in _ancestors(slug) if not any(covers(above, one) for one in others)), slug)


def _ancestors(slug: str) -> Iterator[str]:
    """Yield a purpose's ancestors, the highest first, and itself."""
    words = slug.split(".")
    for count in range(1, len(words) + 1):
        yield ".".join(words[:count])
