"""Writes of data keys. Each commits by itself, before the transaction that its caller has open elsewhere.

A key is thus there before the first use of it, and whoever fails later leaves one that nobody uses, for
`sweep_orphans`. Rows are locked in the order of their subjects, so that writers never wait in a circle.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet

from consent.keys import queries, sealing
from consent.keys.models import DataKey, reachable
from consent.keys.rules import make_key, unwrap_key, wrap_key
from consent.keys.types import DATABASE, KeyUnreadable, KeyWrapper, RotationReport, SealedSecret
from consent.keys.wrapping import get_wrapper

_SWEPT_AT_ONCE = 1000
_ADD = """
    INSERT INTO consent_keys_datakey (subject_ref, kek_version, wrapped)
    SELECT subject_ref, %s, wrapped
    FROM unnest(%s::varchar[], %s::bytea[]) AS made (subject_ref, wrapped)
    ORDER BY subject_ref
    ON CONFLICT (subject_ref) DO NOTHING
    RETURNING subject_ref
"""
_REWRAP = """
    UPDATE consent_keys_datakey AS key SET kek_version = %s, wrapped = rewrapped.wrapped
    FROM unnest(%s::varchar[], %s::bytea[]) AS rewrapped (subject_ref, wrapped)
    WHERE key.subject_ref = rewrapped.subject_ref
    RETURNING key.subject_ref
"""


@dataclass(slots=True)
class _Batch:
    """What became of one batch of a rotation."""

    last: str
    rotated: int = 0
    unreadable: Counter[int] = field(default_factory=Counter)


def silent(_: int, __: int) -> None:
    """Say nothing about the progress."""


def ensure_keys(refs: Iterable[str]) -> dict[str, bytes]:
    """Return the data key of each of `refs`, made and committed now where there is none.

    Whoever makes a subject's key at the same time gets the same key. A destroyed key is made anew: call
    it only for a subject that is not erased, and whose erasure cannot begin meanwhile.

    :raises KeyUnreadable: if a key that is there does not open.
    :raises KeysUnavailable: if the database or the wrapper cannot be reached.
    :raises RuntimeError: in a transaction on the keys' database, which could still take the keys back.
    """
    wanted = sorted(set(refs))
    keys = queries.get_keys(wanted)
    while missing := [ref for ref in wanted if ref not in keys]:
        keys |= _make_keys(missing)  # once, unless a key that another made is destroyed before it is read
    return keys


def _make_keys(refs: Sequence[str]) -> dict[str, bytes]:
    """Make a key for each of `refs` that has none, and return the keys that they have."""
    wrapper = get_wrapper()
    version = wrapper.newest_version
    made = {ref: make_key() for ref in refs}
    wrapped = [wrap_key(wrapper, key, subject_ref=ref, version=version) for ref, key in made.items()]
    with reachable(), transaction.atomic(using=DATABASE, durable=True):
        added = {ref for (ref,) in _execute(_ADD, [version, list(made), wrapped])}
    others = [ref for ref in refs if ref not in added]
    return {ref: made[ref] for ref in added} | (queries.get_keys(others) if others else {})


def seal_secret(secret: str, *, name: str) -> SealedSecret:
    """Return a secret of the installation's own, sealed; the caller stores it. It opens under `name` only.

    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    return sealing.seal_secret(get_wrapper(), secret, name=name)


def rewrap_secret(sealed: SealedSecret, *, name: str) -> SealedSecret:
    """Return the same secret under the newest key-encryption key; the caller stores it.

    :raises KeyUnreadable: if it does not open.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    return sealing.rewrap_secret(get_wrapper(), sealed, name=name)


def destroy_keys(refs: Iterable[str]) -> int:
    """Destroy the data keys of `refs` for good, and return how many there were.

    It is committed at once: call it when whatever the caller writes elsewhere has been committed.

    :raises KeysUnavailable: if the database cannot be reached; then nothing was destroyed.
    :raises RuntimeError: in a transaction on the keys' database.
    """
    return _destroy(DataKey.objects.filter(subject_ref__in=queries.one_of(refs)))


def sweep_orphans(*, exists: Callable[[Sequence[str]], set[str]], older_than: datetime) -> int:
    """Destroy keys made before `older_than` whose subject does not exist, and return how many.

    `exists` is asked about many subjects at a time and returns those that do; it must read what is
    committed now, and no replica. No transaction that makes subjects may be open since `older_than`.

    :raises KeysUnavailable: if the database cannot be reached.
    """
    swept, after = 0, ""
    while refs := queries.list_refs(made_before=older_than, after=after, limit=_SWEPT_AT_ONCE):
        orphans = sorted(set(refs) - exists(refs))
        swept += _destroy(
            DataKey.objects.filter(created_at__lt=older_than, subject_ref__in=queries.one_of(orphans))
        )
        after = refs[-1]
    return swept


def _destroy(keys: QuerySet[DataKey]) -> int:
    with reachable(), transaction.atomic(using=DATABASE, durable=True):
        locked = keys.order_by("subject_ref").select_for_update().values_list("subject_ref", flat=True)
        return DataKey.objects.filter(subject_ref__in=queries.one_of(locked)).delete()[0]


def rotate_keys(*, batch: int = 500, progress: Callable[[int, int], None] = silent) -> RotationReport:
    """Rewrap the keys under older versions of the key-encryption key with the newest one.

    Each batch is committed by itself, and `progress` told how many keys are done and how many there were
    to do: one that is killed goes on where it was when called again. Any number may run at once, beside
    writers and erasures. Keys that do not open stay as they are and are counted in the report. First
    let every process know the newest version: one that does not would go on making older keys.

    :raises KeysUnavailable: if the database or the wrapper cannot be reached; what was committed stays.
    :raises RuntimeError: in a transaction on the keys' database.
    """
    wrapper = get_wrapper()
    version = wrapper.newest_version
    found, rotated, unreadable = queries.count_older_keys(version), 0, Counter[int]()
    for waits in (False, True):  # first what nobody else holds; then what somebody held
        unreadable.clear()
        after = ""
        while done := _rotate_batch(wrapper, version=version, after=after, limit=batch, waits=waits):
            rotated += done.rotated
            unreadable += done.unreadable
            after = done.last
            progress(rotated, found)
    return RotationReport(version=version, rotated=rotated, unreadable=dict(unreadable))


def _rotate_batch(wrapper: KeyWrapper, *, version: int, after: str, limit: int, waits: bool) -> _Batch | None:
    """Rewrap the next keys behind `after`, under their locks; return None if there are none."""
    with reachable(), transaction.atomic(using=DATABASE, durable=True):
        older = DataKey.objects.filter(kek_version__lt=version, subject_ref__gt=after)
        locked = older.order_by("subject_ref").select_for_update(no_key=True, skip_locked=not waits)
        keys = list(locked[:limit])
        if not keys:
            return None
        done = _Batch(last=keys[-1].subject_ref)
        rewrapped: dict[str, bytes] = {}
        for key in keys:
            try:
                rewrapped[key.subject_ref] = _rewrap(wrapper, key, version=version)
            except KeyUnreadable:
                done.unreadable[key.kek_version] += 1
        _execute(_REWRAP, [version, list(rewrapped), list(rewrapped.values())])
        done.rotated = len(rewrapped)
        return done


def _rewrap(wrapper: KeyWrapper, key: DataKey, *, version: int) -> bytes:
    ref = key.subject_ref
    plain = unwrap_key(wrapper, bytes(key.wrapped), subject_ref=ref, version=key.kek_version)
    return wrap_key(wrapper, plain, subject_ref=ref, version=version)


def _execute(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one statement on the keys' database and return the rows that it answers with."""
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
