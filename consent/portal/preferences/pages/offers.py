"""What a person can choose: the purposes of the policy in force that heed a yes or a no of theirs. Pure."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from consent.portal.preferences.pages.notices import Notice, find_notice
from consent.portal.preferences.pages.places import Document, Rule, find_rules

_SHOWN_LENGTH = 16
_HONOURED = ("gpc",)  # by a rule that says nothing of signals


class Way(StrEnum):
    """What a use waits for, as a person sees it."""

    ASKED = "asked"  # it needs their yes
    UNLESS_NO = "unless_no"  # it goes on until they say no
    OBJECTION = "objection"  # it rests on our interest; they can object
    ALWAYS = "always"  # it does not depend on what they choose


_WAYS: Mapping[str, Way] = {
    "consent": Way.ASKED,
    "opt_out": Way.UNLESS_NO,
    "soft_opt_in": Way.UNLESS_NO,
    "legitimate_interest": Way.OBJECTION,
    "public_task": Way.OBJECTION,
}
_STRICTEST = tuple(Way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One purpose, as it is put to a person."""

    slug: str
    title: str
    description: str
    way: Way
    basis: str
    """The legal basis that the way rests on."""
    notice: Notice | None
    heeds_signal: bool
    """Whether a browser's opt-out signal speaks to it, where the person is."""
    is_confirmed_later: bool
    """Whether a yes counts only once it was confirmed (double opt-in)."""
    validities: tuple[str, ...]
    """How long a yes lasts, by each rule that says so."""
    oldest_versions: Mapping[str, int]
    """The oldest version of each notice that a yes may rest on."""
    requires: tuple[str, ...]
    categories: tuple[str, ...]
    """What the data is called."""
    recipients: tuple[str, ...]
    """What those who may receive it are called."""

    @property
    def shown(self) -> str:
        """Return what names all that the person was shown: a yes to something else is none to this."""
        parts = [self.title, self.description, self.way.value, self.basis]
        parts += [f"{self.notice.key} {self.notice.version}" if self.notice else ""]
        parts += [*self.categories, "", *self.recipients]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_SHOWN_LENGTH]

    @property
    def is_chosen(self) -> bool:
        """Return whether there is something to choose."""
        return self.way is not Way.ALWAYS


def list_offers(
    document: Document, *, controller: str, places: Collection[str], language: str, at: datetime
) -> tuple[Offer, ...]:
    """Return every purpose in use towards the person, in the order of their slugs; none without a policy."""
    purposes = document.get("purposes", {})
    active = [slug for slug in sorted(purposes) if purposes[slug].get("status", "active") == "active"]
    found = ((slug, find_rules(document, slug, controller, places)) for slug in active)
    return tuple(_offer(document, slug, rules, language=language, at=at) for slug, rules in found if rules)


def _offer(document: Document, slug: str, rules: Sequence[Rule], *, language: str, at: datetime) -> Offer:
    purpose = document["purposes"][slug]
    leading = min(rules, key=lambda rule: _STRICTEST.index(_way(rule)))
    asked = {
        rule["notice"]["key"]: int(rule["notice"]["oldest_version"]) for rule in rules if rule.get("notice")
    }
    signals = purpose.get("opt_out_signals")
    return Offer(
        slug=slug,
        title=purpose["title"],
        description=purpose["description"],
        way=_way(leading),
        basis=leading["basis"],
        notice=find_notice(document, slug, asked, language=language, at=at),
        heeds_signal=bool(signals) and any(rule.get("signals", _HONOURED) for rule in rules),
        is_confirmed_later=any(rule.get("double_opt_in") for rule in rules),
        validities=tuple(rule["validity"] for rule in rules if rule.get("validity")),
        oldest_versions=asked,
        requires=tuple(purpose.get("requires", ())),
        categories=tuple(_titles(document, "data_categories", purpose["data_categories"])),
        recipients=tuple(_list_recipients(document, slug)),
    )


def _way(rule: Rule) -> Way:
    way = _WAYS.get(rule["basis"], Way.ALWAYS)
    return Way.OBJECTION if way is Way.ALWAYS and rule.get("direct_marketing") else way


def _titles(document: Document, section: str, slugs: Collection[str]) -> Iterator[str]:
    declared: Mapping[str, Any] = document.get(section, {})
    return (declared.get(slug, {}).get("title", slug) for slug in slugs)


def _list_recipients(document: Document, purpose: str) -> Iterator[str]:
    for _, one in sorted(document.get("destinations", {}).items()):
        if purpose in one["purposes"]:
            yield one["title"]
