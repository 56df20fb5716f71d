"""The mails of the preference centre in words, and with example values for officers who word them anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.template.loader import render_to_string

from consent.portal.preferences.wording import TEXTS
from consent.portal.types import MailKind
from consent.requests.mails.writing import Mail
from consent.requests.rules import codes as rules
from consent.requests.wording.catalogue import fill
from consent.requests.wording.editable import EditableMails
from consent.requests.wording.languages import get_language
from consent.requests.wording.paragraphs import choose

LINK_LIFETIME = timedelta(hours=1)
_TITLES: Mapping[MailKind, str] = {
    MailKind.CODE: "a code for the choices",
    MailKind.NEW_ADDRESS: "a code for a new address",
}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a mail says, but for its words."""

    kind: MailKind
    controller: str
    """Its title."""
    code: str = field(repr=False)
    link: str = field(default="", repr=False)
    """An address; empty: the mail has none."""
    contact: str = ""


def put_in_words(said: Said, *, language: str, texts: Mapping[str, str]) -> Mail:
    """Return the mail as `texts` word it. Values are text: none of them becomes markup."""
    values = {
        "controller": said.controller,
        "code": said.code,
        "minutes": str(rules.LIFETIME // _MINUTE),
        "link_minutes": str(LINK_LIFETIME // _MINUTE),
        "link": said.link,
        "contact": said.contact,
    }
    name = name_template(said.kind)
    paragraphs = list(choose(texts[f"{name}.body"], values))
    foot = [fill(texts[f"mails.{one}"], values) for one in _list_foot(said)]
    return Mail(
        subject=fill(texts[f"{name}.subject"], values),
        text="\n\n".join([*paragraphs, said.controller, "\n".join(foot)]) + "\n",
        html=_as_html(paragraphs, foot, said, language),
        sms=fill(texts[f"{name}.sms"], values),
    )


def name_template(kind: MailKind) -> str:
    """Return what stands before `.subject`, `.body` and `.sms` in the catalogue."""
    return f"mail_{kind.value}"


def preview(template: str, language: str, _: str, texts: Mapping[str, str]) -> list[tuple[str, Mail]]:
    """Return a mail with example values; it is the same for the law of every place."""
    kind = next(one for one in MailKind if name_template(one) == template)
    said = Said(
        kind=kind,
        controller="Example Records",
        code="7K3F-9QXW",
        link="https://example.com/privacy/choices/link/…" if kind is MailKind.CODE else "",
        contact="privacy@example.com",
    )
    return [("", put_in_words(said, language=language, texts=texts))]


def _list_foot(said: Said) -> list[str]:
    return ["contact", "automatic"] if said.contact else ["automatic"]


def _as_html(paragraphs: list[str], foot: list[str], said: Said, language: str) -> str:
    kinds = {said.link: "link", said.code: "code"}
    context = {
        "language": get_language(language),
        "paragraphs": [(kinds.get(one, "text"), one) for one in paragraphs],
        "foot": foot,
        "controller": said.controller,
    }
    return render_to_string("consent_requests/mail.html", context)


PREFERENCE_MAILS = EditableMails(
    title="Preference centre",
    catalogue=TEXTS,
    templates={name_template(kind): title for kind, title in _TITLES.items()},
    preview=preview,
)
