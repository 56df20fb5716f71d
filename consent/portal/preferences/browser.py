"""What a visitor's session holds beside the visit: ids of the codes that this browser asked for."""

from django.http import HttpRequest

from consent.portal.types import MailKind

_CODES = "preferences_codes"


def get_codes(request: HttpRequest, kind: MailKind) -> list[str]:
    """Return the ids of the codes of that kind, the newest last."""
    found: list[str] = request.session.get(f"{_CODES}_{kind}", [])
    return found


def set_codes(request: HttpRequest, kind: MailKind, ids: list[str]) -> None:
    """Remember the ids of the codes that were asked for here."""
    request.session[f"{_CODES}_{kind}"] = ids


def forget_codes(request: HttpRequest, kind: MailKind) -> None:
    """Forget them: one of them was used."""
    request.session.pop(f"{_CODES}_{kind}", None)
