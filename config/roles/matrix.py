"""Which role may open and act on which page: worked out from the roles, and from what the pages need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from config.roles.declared import ROLES, Role
from config.roles.pages import Page, list_pages
from config.roles.permissions import Permission, get_permissions


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who has a role and nothing else: stands for a user where only permissions are asked for."""

    permissions: frozenset[Permission]
    pk: int = 0
    is_active: bool = True
    is_staff: bool = True
    is_superuser: bool = False
    is_authenticated: bool = True

    def has_perm(self, permission: str, _obj: Any = None) -> bool:
        """Return whether the role has `permission`."""
        app, _, name = permission.partition(".")
        return (app, name) in self.permissions

    def has_module_perms(self, app: str) -> bool:
        """Return whether the role has any permission of the app's."""
        return any(one == app for one, _ in self.permissions)


@dataclass(frozen=True, slots=True)
class Row:
    """What roles may do on one page."""

    page: Page
    opened_by: frozenset[str]
    """Slugs of the roles that may open it."""
    acted_on_by: frozenset[str]


def list_rows() -> list[Row]:
    """Return a row for each page of the admin that says what it needs."""
    requests = {role.slug: request_of(role) for role in ROLES}
    return [
        Row(page, _who(requests, page, method="GET"), _who(requests, page, method="POST"))
        for page in list_pages()
    ]


def request_of(role: Role) -> HttpRequest:
    """Return a request of somebody who has that role and nothing else."""
    request = HttpRequest()
    request.method = "GET"
    request.user = Bearer(get_permissions(role))  # type: ignore[assignment]  # only its permissions are asked for
    return request


def _who(requests: Mapping[str, HttpRequest], page: Page, *, method: str) -> frozenset[str]:
    return frozenset(slug for slug, request in requests.items() if page.is_open(request, method=method))
