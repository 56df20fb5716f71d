"""A system's secret: sealed as it is entered, and never shown."""

from django.db import transaction

from consent.keys import queries as key_queries
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


def rewrap_secrets() -> int:
    """Wrap every system's secret under the newest key-encryption key, and return how many were.

    :raises KeyUnreadable: if one does not open; those before it are wrapped.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    done = 0
    for pk in System.objects.filter(kek_version__gt=0).order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            system = System.objects.select_for_update().get(pk=pk)
            if system.kek_version == key_queries.get_newest_version():
                continue
            sealed = keys.rewrap_secret(system.as_sealed(), name=system.key_name)
            system.kek_version, system.wrapped = sealed.version, sealed.wrapped
            system.save(update_fields=["kek_version", "wrapped"])
            done += 1
    return done
