"""What an officer needs to see and to do things in the workspace. Nothing is open by default."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

VIEW = "consent_requests.view_request"
HANDLE = "consent_requests.handle_requests"
APPROVE = "consent_requests.approve_erasures"
EDIT_WORDING = "consent_requests.edit_wording"
READ = "consent_requests.read_request_content"


def may_view(request: HttpRequest) -> bool:
    """Return whether the officer may see requests: what they are and how far, not what people wrote."""
    return any(request.user.has_perm(one) for one in (VIEW, HANDLE, APPROVE))


def insist(request: HttpRequest, *permissions: str) -> int:
    """Return the officer's id.

    :raises PermissionDenied: if the officer may not see requests, or lacks one of `permissions`.
    """
    if not may_view(request) or not all(request.user.has_perm(one) for one in permissions):
        raise PermissionDenied
    if request.user.pk is None:
        raise PermissionDenied
    return int(request.user.pk)
