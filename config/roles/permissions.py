"""The permissions that there are, and which of them a role has. Asks the models, not the database."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from django.apps import apps

from config.roles.declared import Role

Permission = tuple[str, str]
"""The app's label, and the permission's name in it."""


@cache
def list_permissions() -> frozenset[Permission]:
    """Return every permission that a model declares, or that Django makes for it."""
    return frozenset(_all_permissions())


def get_permissions(role: Role) -> frozenset[Permission]:
    """Return the permissions that the role has."""
    return frozenset(
        one for one in list_permissions() if any(_is_named(one, name) for name in role.permissions)
    )


def list_missing(role: Role) -> list[str]:
    """Return what the role names and no model declares: it is misspelt."""
    return [name for name in role.permissions if not any(_is_named(one, name) for one in list_permissions())]


def _all_permissions() -> Iterator[Permission]:
    for model in apps.get_models():
        options = model._meta
        for action in options.default_permissions:
            yield options.app_label, f"{action}_{options.model_name}"
        for name, _ in options.permissions:
            yield options.app_label, name


def _is_named(permission: Permission, name: str) -> bool:
    app, _, codename = name.partition(".")
    return fnmatchcase(permission[0], app) and fnmatchcase(permission[1], codename)
