"""A walk over every page of the admin, as anybody: what is open, and what is closed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from config.roles.declared import Role
from config.roles.pages import Page
from config.roles.syncing import sync

NOBODY = UUID("00000000-0000-4000-8000-000000000000")
NUMBER = "987654321"
_PARTS = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
_APPS = re.compile(r"\(\?P<app_label>(?P<first>\w+)")
OPEN = {200, 201, 204, 301, 302, 303, 400, 404, 409, 413, 415, 422}
CLOSED = {403, 405}


def make_officer_of(*roles: Role, name: str = "", **options: Any) -> User:
    """Return an officer who has the roles, as they are declared."""
    sync()
    made = User.objects.create_user(name or "-".join(role.slug for role in roles), is_staff=True, **options)
    made.groups.set(Group.objects.filter(name__in=[role.title for role in roles]))
    return made


def address_of(page: Page) -> str:
    """Return an address of the page: of nothing that there is, so that who may not go on is told no more."""
    found = {part["name"]: _fill(page, part["converter"] or "str") for part in _PARTS.finditer(page.route)}
    if apps := _APPS.search(page.route):
        found["app_label"] = apps["first"]
    return reverse(f"admin:{page.name}", kwargs={**found, **page.need.arguments})


def _fill(page: Page, converter: str) -> str:
    if converter == "uuid":
        return str(NOBODY)
    key = page.model_admin.model._meta.pk if page.model_admin else None
    return str(NOBODY) if key is not None and key.get_internal_type() == "UUIDField" else NUMBER


def is_open(client: Client, page: Page, method: str, **sent: Any) -> bool:
    """Return whether the page is open to whoever asks. What it does is undone.

    :raises AssertionError: if it answers in a way that is neither.
    """
    with transaction.atomic():
        answer = client.generic(method, address_of(page), **sent)
        transaction.set_rollback(True)
    if answer.status_code in CLOSED or answer.headers.get("Location", "").startswith(reverse("admin:login")):
        return False
    assert answer.status_code in OPEN, f"{method} {page.name}: {answer.status_code}"
    return True


@contextmanager
def with_something_there() -> Iterator[None]:
    """Let pages find a row, whatever is asked for: Django's history looks for it before it asks who looks."""

    def find(admin: "ModelAdmin[Any]", _request: HttpRequest, object_id: str, *_: Any, **__: Any) -> Any:
        return admin.model(pk=object_id)

    with mock.patch.object(ModelAdmin, "get_object", find):
        yield
