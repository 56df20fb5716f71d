"""Which officers are told that a request waits, and the mail that they get: references, no more."""

from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.mail import EmailMessage, get_connection

from consent.requests.models import Request

PERMISSION = "consent_requests.handle_requests"
_MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
_SECONDS = 10  # a mail server that hangs must not hold the requests


def list_handlers() -> tuple[AbstractUser, ...]:
    """Return the officers who may handle requests; if nobody was given that, the administrators."""
    people = get_user_model()._default_manager
    named = people.with_perm(
        PERMISSION, is_active=True, include_superusers=False, backend=_MODEL_BACKEND
    ).order_by("pk")
    return tuple(named) or tuple(people.filter(is_active=True, is_superuser=True).order_by("pk"))


def share_out(
    requests: Iterable[Request], handlers: Sequence[AbstractUser]
) -> Mapping[str, tuple[Request, ...]]:
    """Return who is written about what, by e-mail address: the officer who has it, else all handlers."""
    found: dict[str, list[Request]] = {}
    for request in requests:
        assigned = request.assigned_to
        told = [assigned] if assigned is not None and assigned.is_active and assigned.email else handlers
        for officer in told:
            if officer.email:
                found.setdefault(officer.email, []).append(request)
    return {address: tuple(rows) for address, rows in found.items()}


def write_to_officers(shares: Mapping[str, Sequence[Request]], *, subject: str, lead: str) -> None:
    """Send each officer one mail that lists their requests.

    :raises OSError: if the mail server cannot be reached; who was written to before that may be told twice.
    """
    if not shares:
        return
    mails = [
        EmailMessage(
            subject=f"{subject}: {len(rows)}",
            body="\n".join([lead, "", *(_line(request) for request in rows)]),
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[address],
        )
        for address, rows in sorted(shares.items())
    ]
    get_connection(timeout=_SECONDS).send_messages(mails)


def _line(request: Request) -> str:
    day = request.extended_due_on if request.extended_at and request.extended_due_on else request.due_on
    return f"{request.reference}  {f'due on {day.isoformat()}' if day else 'without delay'}"
