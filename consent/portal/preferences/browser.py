"""What a visitor's session holds beside the visit: ids of codes that were asked for here, and of whom."""

from django.http import HttpRequest

from consent.portal.types import MailKind

_CODES, _CONTROLLER = "preferences_codes", "preferences_controller"


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


def get_controller(request: HttpRequest) -> str:
    """Return the slug of the controller that the visitor came for last; empty: of none yet."""
    return str(request.session.get(_CONTROLLER, ""))


def set_controller(request: HttpRequest, controller: str) -> None:
    """Remember whom the visitor came for: it names nobody, and dresses the pages until they are in."""
    request.session[_CONTROLLER] = controller
