"""Who may call the API: the holder of a key whose scopes hold the one that the view names.

Closed by default: a view that names no scope answers nobody, and one that does not say it is open to test
keys answers none of them.
"""

from typing import TYPE_CHECKING, cast

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from activation.checks import queries, services
from activation.checks.types import Caller
from config import limiting

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module

REFUSAL = "The key is missing, malformed, unknown, expired or revoked."


class BearerKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        """Return the caller whose key the request carries, or None if it carries none.

        :raises AuthenticationFailed: if the header is not ours, or the key is not valid now.
        """
        words = get_authorization_header(request).split()
        if not words:
            return None
        caller = _caller_of(words[1]) if len(words) == 2 and words[0].lower() == b"bearer" else None
        if caller is None:
            raise AuthenticationFailed(REFUSAL)
        services.note_use(caller)
        limiting.keep_usage()
        return caller, None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - every address has one challenge
        """Return the challenge that goes with a 401."""
        return 'Bearer realm="accordant"'


def _caller_of(key: bytes) -> Caller | None:
    try:
        return queries.authenticate(key=key.decode("ascii"), at=timezone.now())
    except UnicodeDecodeError:
        return None


class HasRequiredScope(BasePermission):
    """Lets a caller in that holds the view's `required_scope`."""

    message = "The key lacks the scope that this address requires."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return whether the caller may use `view`.

        :raises TestKeyRefused: if it is a test key, and the view does not answer from the example data.
        """
        required: str | None = getattr(view, "required_scope", None)
        caller = cast("Caller | None", request.user)
        if caller is None or not required:
            return False
        if caller.is_test and not getattr(view, "open_to_test_keys", False):
            raise services.TestKeyRefused("a test key is answered from the example data only: use a real one")
        return caller.may(required)
