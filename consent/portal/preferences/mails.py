"""What the preference centre writes to people: a row of the caller's transaction, sealed until it is sent."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from consent.portal.models import PortalMessage
from consent.portal.preferences.links import LinkTerms, make_link
from consent.portal.preferences.policy import get_document, list_controllers
from consent.portal.preferences.sealing import seal, unseal
from consent.portal.preferences.wording import TEXTS
from consent.portal.preferences.writing import LINK_LIFETIME, Said, put_in_words
from consent.portal.types import MailKind, Trust
from consent.requests.mails.writing import Mail
from consent.requests.verification.contacts import Contact
from consent.requests.wording.own_texts import read_texts
from consent.subjects.types import IdentifierKind
from lineage.leases.waking import wake

SEND_TASK = "portal.send_messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be said to whom."""

    kind: MailKind
    to: Contact
    controller: str
    code: str = field(repr=False)


def queue(letter: Letter, *, language: str) -> PortalMessage:
    """Have a letter sent.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    message = PortalMessage(id=uuid4(), kind=letter.kind, language=language)
    content = {
        "way": letter.to.kind.value,
        "to": letter.to.value,
        "controller": letter.controller,
        "code": letter.code,
    }
    seal(message, content)
    message.save(force_insert=True)
    transaction.on_commit(lambda: wake(SEND_TASK))
    return message


def read(message: PortalMessage) -> Letter:
    """Return the letter of a message.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be opened.
    """
    content: dict[str, Any] = unseal(message)
    to = Contact(IdentifierKind(content["way"]), content["to"])
    return Letter(kind=MailKind(message.kind), to=to, controller=content["controller"], code=content["code"])


def write(letter: Letter, *, language: str, at: datetime) -> Mail:
    """Return what the person reads. A link is made now: it is in the mail, and nowhere else."""
    title = list_controllers(get_document(at=at)).get(letter.controller, letter.controller)
    said = Said(
        kind=letter.kind,
        controller=title,
        code=letter.code,
        link=_make_address(letter, at=at),
        contact=settings.PRIVACY_CONTACT,
    )
    return put_in_words(said, language=language, texts=read_texts(TEXTS, language))


def _make_address(letter: Letter, *, at: datetime) -> str:
    """Return the address of a link that does what the code does; none of a new address: it needs a visit."""
    if letter.kind is not MailKind.CODE:
        return ""
    terms = LinkTerms(
        controller=letter.controller,
        trust=Trust.PROVEN,
        identifiers=(letter.to.as_identifier(),),
        expires_at=at + LINK_LIFETIME,
        works_once=True,
    )
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal:choices_link", args=[make_link(terms)])
