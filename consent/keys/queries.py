"""Reads of data keys. Each function runs one statement, however many keys it reads."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count
from django.db.models.expressions import RawSQL

from consent.keys import sealing
from consent.keys.models import DataKey, reachable
from consent.keys.rules import make_key, unwrap_key
from consent.keys.types import SealedSecret
from consent.keys.wrapping import get_wrapper


def get_keys(refs: Iterable[str]) -> dict[str, bytes]:
    """Return the data keys, ready for use, of those of `refs` that have one.

    :raises KeyUnreadable: if one of them does not open.
    :raises KeysUnavailable: if the database or the wrapper cannot be reached.
    """
    with reachable():
        rows = list(
            DataKey.objects.filter(subject_ref__in=one_of(refs))
            .order_by("subject_ref")
            .values_list("subject_ref", "kek_version", "wrapped")
        )
    wrapper = get_wrapper()
    return {
        ref: unwrap_key(wrapper, bytes(wrapped), subject_ref=ref, version=version)
        for ref, version, wrapped in rows
    }


def lend_keys(refs: Iterable[str]) -> dict[str, bytes]:
    """Return the data key of each of `refs`, and for whom there is none one that is kept nowhere.

    It is for what is taken back and never read.

    :raises KeyUnreadable: if one that is there does not open.
    :raises KeysUnavailable: if the database or the wrapper cannot be reached.
    """
    wanted = set(refs)
    return {ref: make_key() for ref in wanted} | get_keys(wanted)


def open_secret(sealed: SealedSecret, *, name: str) -> str:
    """Return the secret that `services.seal_secret` sealed under `name`.

    :raises KeyUnreadable: if it does not open.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    return sealing.open_secret(get_wrapper(), sealed, name=name)


def get_newest_version() -> int:
    """Return the version of the key-encryption key that new keys are wrapped under."""
    return get_wrapper().newest_version


def count_keys_by_version() -> dict[int, int]:
    """Return how many keys are wrapped under each version of the key-encryption key, oldest first.

    :raises KeysUnavailable: if the database cannot be reached.
    """
    with reachable():
        rows = DataKey.objects.values("kek_version").annotate(keys=Count("pk")).order_by("kek_version")
        return dict(rows.values_list("kek_version", "keys"))


def count_older_keys(version: int) -> int:
    """Return how many keys are wrapped under a version before `version`.

    :raises KeysUnavailable: if the database cannot be reached.
    """
    with reachable():
        return DataKey.objects.filter(kek_version__lt=version).count()


def list_refs(*, made_before: datetime, after: str, limit: int) -> list[str]:
    """Return the next `limit` subjects behind `after`, in order, whose keys were made before that moment.

    :raises KeysUnavailable: if the database cannot be reached.
    """
    with reachable():
        rows = DataKey.objects.filter(created_at__lt=made_before, subject_ref__gt=after)
        return list(rows.order_by("subject_ref").values_list("subject_ref", flat=True)[:limit])


def one_of(refs: Iterable[str]) -> RawSQL:
    """Return what stands behind `__in` for `refs`: one parameter, however many they are."""
    return RawSQL("SELECT unnest(%s::varchar[])", [list(refs)])
