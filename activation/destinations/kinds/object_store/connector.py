"""Delivers into a bucket: for each audience one object that is replaced as a whole."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from uuid import UUID

import pyarrow as pa
from obstore.store import S3Store

from activation.destinations.kinds.done import Done, read_done
from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal, Surroundings
from activation.destinations.kinds.object_store.lock import Lock, hold_lock
from activation.destinations.kinds.object_store.settings import ObjectStoreSettings
from activation.destinations.kinds.object_store.store import (
    get_object,
    open_store,
    put_object,
    read_endpoint,
    try_store,
)
from activation.destinations.kinds.people import read_people
from activation.destinations.kinds.rows_file import encode, refuse_unless_writable
from activation.destinations.kinds.rows_left import rows_left
from activation.destinations.kinds.rows_listed import columns_listed, rows_listed
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind

_REMOVAL_WAITS_SECONDS = 5.0
"""How long a removal waits for another one: that takes moments, as a rule, and a delivery may take hours."""
_KEPT_REQUESTS = 6
"""The lock lasts as long as this many requests: an upload's end takes at most four, each tried twice."""


class ObjectStoreConnector:
    """One bucket and prefix. An object appears whole, in the place of the earlier one; `.delivery` last."""

    def __init__(
        self, settings: ObjectStoreSettings, credentials: Mapping[str, str], *, allow_local: bool
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._allow_local = allow_local

    def check(self) -> None:
        """Return if the bucket can be listed."""
        with self._open() as store:
            try_store(store, self._settings.prefix)

    def prepare(self, delivery: Delivery) -> None:
        """Return if the form of the objects can hold the rows."""
        refuse_unless_writable(delivery.schema, self._settings.format)

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Replace the audience's object with these rows."""
        self.prepare(delivery)
        with self._open() as store, self._locked(store, delivery.audience, delivery.run_id) as lock:
            done = read_done(get_object(store, self._key(delivery.audience, "delivery.json")))
            if done is None or not done.knows(delivery.run_id):
                done = self._write(store, lock, delivery, progress, earlier=done.after() if done else ())
        progress(done.rows)
        return Receipt(reference=f"{self._settings.bucket}/{done.object}", rows=done.rows)

    def remove(self, removal: Removal) -> Receipt:
        """Put the audience's object anew without these people."""
        removed, key = 0, self._key(removal.audience, self._settings.format)
        people = read_people(removal)

        def count(rows: int) -> None:
            nonlocal removed
            removed += rows

        with (
            self._open() as store,
            self._locked(store, removal.audience, removal.removal_id, _REMOVAL_WAITS_SECONDS) as lock,
        ):
            file = get_object(store, key)
            if file is not None:
                with file:
                    left = rows_left(file, self._settings.format, people, removed=count)
                    put_object(store, key, lock.fencing(left))
        return Receipt(reference=f"{self._settings.bucket}/{key}", rows=removed)

    def list_held(self, audience: str, identifiers: Mapping[IdentifierKind, str]) -> Iterator[pa.RecordBatch]:
        """Get the audience's object as it is now, and read it to its end."""
        columns = columns_listed(audience, identifiers)
        with self._open() as store:
            file = get_object(store, self._key(audience, self._settings.format))
        if file is not None:
            with file:
                yield from rows_listed(file, self._settings.format, columns)

    def _write(
        self,
        store: S3Store,
        lock: Lock,
        delivery: Delivery,
        progress: Progress,
        *,
        earlier: tuple[str, ...],
    ) -> Done:
        rows = 0

        def count(written: int) -> None:
            nonlocal rows
            rows = written
            progress(written)

        key = self._key(delivery.audience, self._settings.format)
        manifest = self._key(delivery.audience, "manifest.json")
        encoded = encode(delivery.batches(), self._settings.format, delivery.schema, progress=count)
        put_object(store, key, lock.fencing(encoded))
        put_object(store, manifest, lock.fencing(iter([delivery.manifest])))
        done = Done(run_id=str(delivery.run_id), rows=rows, object=key, manifest=manifest, earlier=earlier)
        put_object(store, self._key(delivery.audience, "delivery.json"), lock.fencing(iter([done.encoded()])))
        return done

    def _key(self, audience: str, ending: str) -> str:
        return f"{self._settings.prefix}/{audience}.{ending}"

    def _locked(
        self, store: S3Store, audience: str, act: UUID, patience_seconds: float = 0.0
    ) -> AbstractContextManager[Lock]:
        seconds = float(_KEPT_REQUESTS * self._settings.request_seconds)
        key = self._key(audience, "lock")
        return hold_lock(store, key, act, seconds=seconds, patience_seconds=patience_seconds)

    def _open(self) -> AbstractContextManager[S3Store]:
        return open_store(self._settings, self._credentials, allow_local=self._allow_local)


def open_connector(
    settings: ObjectStoreSettings, secrets: Mapping[str, str], surroundings: Surroundings
) -> ObjectStoreConnector:
    """Return the connector of that bucket.

    :raises DeliveryRefused: if a credential is missing, or the endpoint is not written plainly.
    """
    if missing := [name for name in ("access_key_id", "secret_access_key") if not secrets.get(name)]:
        raise DeliveryRefused(f"the credential {missing[0]} is missing: enter it")
    read_endpoint(settings.endpoint, allow_local=surroundings.allow_local)
    return ObjectStoreConnector(settings, dict(secrets), allow_local=surroundings.allow_local)
