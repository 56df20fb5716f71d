"""Which version of a policy a command line means."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError

from consent.kernel import canonical
from consent.policies import queries


def find_document_in_force(*, key: str | None, at: datetime) -> dict[str, Any] | None:
    """Return the document in force at `at`; None if there is none."""
    policy = queries.get_policy_in_force(at=at, key=key)
    if policy is None:
        return None
    document: dict[str, Any] = canonical.loads(policy.canonical)
    return document


def find_numbered_document(version: int, *, key: str | None) -> dict[str, Any]:
    """Return the document of `version`, published or not.

    :raises CommandError: if there is none, or several that the arguments could mean.
    """
    found = [one for one in queries.list_versions(key=key) if one.version == version]
    if len(found) > 1:
        raise CommandError("several policies have that version: add --key")
    document = queries.get_document(version_id=found[0].version_id) if found else None
    if document is None:
        raise CommandError(f"there is no version {version}")
    return document
