"""Writing a mail: its paragraphs in a language, as plain text and as simple HTML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.template.loader import render_to_string

from consent.requests.mails.contents import (
    ALWAYS_KNOWN,
    CONTRACTS,
    DATES,
    GROUNDS,
    PLACES_OF_LAW,
    check_context,
)
from consent.requests.types import MailTemplate
from consent.requests.wording.catalogue import Catalogue, fill
from consent.requests.wording.languages import get_language
from consent.requests.wording.own_texts import read_texts
from consent.requests.wording.paragraphs import choose
from consent.requests.wording.words import WORDS, spell_date

TEXTS = Catalogue("mails", Path(__file__).parent / "texts")
_SECTIONS = {"paused": "pause", "extended": "extension", "refused": "refusal"}
_FRAME = ("reference", "contact", "automatic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a person reads."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    sms: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every mail knows of its request and of this installation."""

    reference: str
    type: str
    """In words."""
    received_on: date
    controller: str
    """Its title."""
    portal: str
    law: str
    """One of `PLACES_OF_LAW`."""
    contact: str = ""
    """How to reach the controller; empty: not told."""
    link: str = field(default="", repr=False)
    link_ends_on: date | None = None


def write_mail(
    template: MailTemplate,
    *,
    language: str,
    context: Mapping[str, str],
    around: Surroundings,
    texts: Mapping[str, str] | None = None,
) -> Mail:
    """Return the mail in that language. Values are text: none of them becomes markup, or a place of its own.

    `texts` are what it says, by name; left out, what this installation says now.

    :raises WrongContext: if the template takes other values.
    """
    check_context(template, context)
    said = read_texts(TEXTS, language) if texts is None else texts
    values = _values(template, language, context, around)
    paragraphs = list(choose(said[f"{template.value}.body"], values))
    foot = [line for name in _FRAME for line in choose(_frame(name, said, values), values)]
    return Mail(
        subject=next(choose(said[f"{template.value}.subject"], values)),
        text="\n\n".join([*paragraphs, around.controller, "\n".join(foot)]) + "\n",
        html=_as_html(paragraphs, foot, language, values),
        sms=fill(said[f"{template.value}.sms"], values),
    )


def _frame(name: str, said: Mapping[str, str], values: Mapping[str, str]) -> str:
    return "" if name == "contact" and not values["contact"] else said[f"frame.{name}"]


def _values(
    template: MailTemplate, language: str, context: Mapping[str, str], around: Surroundings
) -> dict[str, str]:
    """Return every value as it is read. What may be there, and is not, is empty."""
    contract = CONTRACTS[template]
    given = {name: context.get(name, "") for name in contract.needs | contract.takes}
    for name in DATES & given.keys():
        given[name] = spell_date(date.fromisoformat(given[name]), language) if given[name] else ""
    if template in GROUNDS:
        given["ground"] = WORDS.say(f"{_SECTIONS[template.value]}.{given['ground']}", language)
    known = {name: getattr(around, name) for name in ALWAYS_KNOWN - {"received_on"}}
    ends_on = around.link_ends_on
    return {
        **{name: "yes" if name == around.law else "" for name in PLACES_OF_LAW},
        **given,
        **known,
        "received_on": spell_date(around.received_on, language),
        "contact": around.contact,
        "link": around.link,
        "link_ends_on": spell_date(ends_on, language) if ends_on else "",
    }


def _as_html(paragraphs: list[str], foot: list[str], language: str, values: Mapping[str, str]) -> str:
    """Return the same as HTML: each value escaped, the link one to be clicked, the code in large figures."""
    context = {
        "language": get_language(language),
        "paragraphs": [(_kind(one, values), one) for one in paragraphs],
        "foot": foot,
        "controller": values["controller"],
    }
    return render_to_string("consent_requests/mail.html", context)


def _kind(paragraph: str, values: Mapping[str, str]) -> str:
    if paragraph in {values["link"], values["portal"]}:
        return "link"
    return "code" if paragraph == values.get("code") else "text"
