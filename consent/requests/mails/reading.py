"""Reading a message that was queued: to whom, and what it says."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from consent.kernel import canonical
from consent.ledger.queries import get_time
from consent.policies.queries import get_policy_in_force, list_members_of
from consent.requests import vault
from consent.requests.mails.links import get_portal
from consent.requests.mails.writing import TEXTS, Mail, Surroundings, write_mail
from consent.requests.models import Message, Request
from consent.requests.types import MailTemplate
from consent.requests.wording.own_texts import read_texts
from consent.requests.wording.words import name_type

HIDDEN_LINK = "[…]"
"""What stands for the link where somebody else reads the mail."""


def part_name(message: Message) -> str:
    """Return what the sealed part of a message is called."""
    return f"message/{message.pk}"


def read_message(message: Message) -> tuple[str, dict[str, str]]:
    """Return to whom a message goes, and what its template is told.

    :raises ContentDestroyed: if what the request held was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    request = message.request
    content = vault.read_json(request, vault.open_key(request), part_name(message))
    return str(content.get("to", "")), dict(content.get("context", {}))


def read_mail(message: Message) -> tuple[str, Mail]:
    """Return to whom a message went, and what it said, in the words of then.

    Its link is not shown, nor a code that was sent.

    :raises ContentDestroyed: if what the request held was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    to, context = read_message(message)
    around = replace(describe(message.request), link=HIDDEN_LINK)
    template, language = MailTemplate(message.template), message.language
    texts = read_texts(TEXTS, language, at=message.sent_at)
    return to, write_mail(template, language=language, context=context, around=around, texts=texts)


def describe(request: Request) -> Surroundings:
    """Return what every mail knows of its request, but for the link."""
    return Surroundings(
        reference=request.reference,
        type=name_type(request.type, request.language),
        received_on=local_date(request.received_at, request.zone),
        controller=name_controller(request.controller),
        portal=get_portal(),
        law=find_law(request.jurisdiction),
        contact=settings.PRIVACY_CONTACT,
    )


def local_date(at: datetime, zone: str) -> date:
    """Return the day that `at` falls on where the request's days are counted."""
    return at.astimezone(ZoneInfo(zone)).date()


def name_controller(slug: str) -> str:
    """Return the title of a controller in the policy in force; its slug if it has none."""
    policy = get_policy_in_force(at=get_time())
    known = canonical.loads(policy.canonical).get("controllers", {}) if policy else {}
    return " ".join(str(known.get(slug, {}).get("title") or slug).split())


def find_law(jurisdiction: str) -> str:
    """Return which remedies a mail names: `gdpr`, `us` or `elsewhere`."""
    country = jurisdiction.partition("-")[0]
    if country == "US":
        return "us"
    is_under_gdpr = country in {"EU", "EEA", "GB"} or country in list_members_of("EEA")
    return "gdpr" if is_under_gdpr or not jurisdiction else "elsewhere"
