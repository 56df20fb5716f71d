"""A system's secret: sealed as it is entered, and never shown."""

from django.db import transaction

from consent.keys import services as keys
from consent.requests.models import System
from consent.requests.systems.recording import SECRET_SET, tell

LONGEST = 20_000


def set_secret(system: System, secret: str, *, changed_by: str) -> None:
    """Seal the secret, in place of the one that was there; an empty one takes it away.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    if secret:
        sealed = keys.seal_secret(secret, name=system.key_name)
        system.kek_version, system.wrapped, system.sealed = sealed.version, sealed.wrapped, sealed.sealed
    else:
        system.kek_version, system.wrapped, system.sealed = 0, b"", b""
    with transaction.atomic():
        system.save(update_fields=["kek_version", "wrapped", "sealed"])
        tell(SECRET_SET, {"system": system.slug, "there_is_one": bool(secret)}, changed_by=changed_by)
