"""What Django's system check says of an installation's own wording, and of ways out that nobody named."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - its name

from consent.requests.mails.writing import TEXTS
from consent.requests.wording.words import WORDS

_UNSET = "consent.requests.mails.unset.EmailBackend"


def check_wording(app_configs: Any = None, **_: object) -> list[CheckMessage]:  # noqa: ARG001 - as called
    """Return each fault of the own wording of mails and closed lists."""
    faults = [*WORDS.list_faults(), *TEXTS.list_faults()]
    return [Error(fault, id="consent_requests.E001") for fault in faults]


def check_ways_out(app_configs: Any = None, **_: object) -> list[CheckMessage]:  # noqa: ARG001 - as called
    """Return a warning for what mails need, and nobody has set."""
    messages: list[CheckMessage] = []
    if settings.EMAIL_BACKEND == _UNSET:
        text = "EMAIL_URL is not set: no mail is sent to people, and what waits is given up after two days."
        messages.append(Warning(text, id="consent_requests.W001"))
    if not settings.PUBLIC_URL:
        text = "ACCORDANT_PUBLIC_URL is not set: mails to people cannot carry links that work."
        messages.append(Warning(text, id="consent_requests.W002"))
    return messages
