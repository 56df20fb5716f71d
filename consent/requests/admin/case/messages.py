"""What was sent to the person, and how they showed who they are. Never what a mail said."""

from collections.abc import Iterator, Mapping

from django.http import HttpRequest

from consent.requests.admin.case.acts.mails import SEND_AGAIN
from consent.requests.admin.case.doing import may_do
from consent.requests.admin.words import at_utc, say
from consent.requests.models import Message, Request, Verification
from consent.requests.types import MailTemplate

_MOST = 100


def describe_mails(case: Request, request: HttpRequest) -> Iterator[Mapping[str, str]]:
    """Yield the mails to the person: which, when, whether they went out; of one to send again, its id."""
    is_offered = may_do(request, SEND_AGAIN) and SEND_AGAIN.is_open(case)
    for mail in case.messages.order_by("-created_at", "-pk")[:_MOST]:
        yield {
            "what": say(mail.template),
            "language": mail.language,
            "how": "text message" if mail.by_sms else "e-mail",
            "state": _tell_state(mail),
            "again": str(mail.pk) if is_offered and _can_go_again(mail) else "",
        }


def _can_go_again(mail: Message) -> bool:
    return mail.given_up_at is not None and mail.template != MailTemplate.CODE


def _tell_state(mail: Message) -> str:
    if mail.sent_at:
        return f"sent {at_utc(mail.sent_at)}"
    if mail.given_up_at:
        return f"given up {at_utc(mail.given_up_at)}, after {mail.failures:,} failures"
    return f"waits; failed {mail.failures:,} times" if mail.failures else "waits to be sent"


def describe_verification(case: Request) -> Iterator[str]:
    """Yield how sure it is that the request is the person's own, in sentences."""
    yield f"Needed: {_LEVELS[case.level]}."
    if case.verified_at:
        yield f"Shown by {say(case.verified_by)}, {at_utc(case.verified_at)}."
    for attempt in case.verifications.order_by("-asked_at", "-pk")[:_MOST]:
        yield _tell_attempt(attempt)


_LEVELS = {
    "none": "nothing, who says no is believed",
    "contact": "a contact on record answers",
    "strong": "an officer has seen a document, or a login vouches",
}


def _tell_attempt(attempt: Verification) -> str:
    told = f"{say(attempt.method).capitalize()} asked {at_utc(attempt.asked_at)}"
    if attempt.verified_at:
        return f"{told}, shown {at_utc(attempt.verified_at)}."
    tries = f", {attempt.attempts:,} wrong so far" if attempt.attempts else ""
    return f"{told}, good until {at_utc(attempt.expires_at)}{tries}."
