"""Tells when groups are not as roles are declared: `manage.py check --database default`, and `migrate`."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as Warned
from django.db import DEFAULT_DB_ALIAS, DatabaseError

from config.roles.syncing import list_changes

DIFFERS = "config.W001"


@register(Tags.database)
def check_roles(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Return a warning for each role whose group is not as declared; nothing before there are tables."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        changes = [change for change in list_changes() if change]
    except DatabaseError:
        return []
    return [
        Warned(
            f"the group of the role {change.role.title!r} is not as declared: {len(change.given)} permissions"
            f" are missing, {len(change.taken)} are too many",
            hint="run manage.py sync_roles",
            id=DIFFERS,
        )
        for change in changes
    ]
