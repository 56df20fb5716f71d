"""What the tables of the preference centre hold of people, sealed under each row's own name."""

import json
from typing import Any

from consent.keys import queries, services
from consent.keys.types import SealedSecret
from consent.portal.models import Sealed


def seal(row: Sealed, content: Any) -> None:
    """Seal `content` into the row; the caller saves it.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    sealed = services.seal_secret(json.dumps(content), name=_name(row))
    row.kek_version, row.wrapped, row.sealed = sealed.version, sealed.wrapped, sealed.sealed


def unseal(row: Sealed) -> Any:
    """Return what the row holds.

    :raises KeyUnreadable: if it does not open; :raises KeysUnavailable: if it cannot be opened now.
    """
    sealed = SealedSecret(version=row.kek_version, wrapped=bytes(row.wrapped), sealed=bytes(row.sealed))
    return json.loads(queries.open_secret(sealed, name=_name(row)))


def _name(row: Sealed) -> str:
    return f"{row._meta.label_lower}/{row.pk}"
