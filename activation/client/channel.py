"""Fetching pages: nothing is taken that the pinned key has not sealed for just this request."""

import secrets
from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import TypeVar

import httpx2
import msgspec

from activation.client.addresses import read_at_most
from activation.client.errors import CallerRefused, ServiceUnavailable, SnapshotOutdated
from activation.snapshots.exchange.bodies import ChangesPage, KeysPage, PeoplePage
from activation.snapshots.exchange.sealing import HEADER, PageRefused, break_seal
from activation.snapshots.store.forms import Cursor
from consent.kernel.signing import VerifyKey
from consent.subjects.types import IdentifierKind

_MOST_BYTES = 256 * 1024 * 1024
Page = TypeVar("Page", PeoplePage, ChangesPage, KeysPage)

_PEOPLE = "people"


class Channel:
    """Asks for pages, as the holder of one key."""

    def __init__(
        self,
        http: httpx2.Client,
        *,
        verify_key: VerifyKey,
        kinds: Collection[IdentifierKind],
        at_a_time: int = 1_000,
    ) -> None:
        self._http, self._verify_key, self._limit = http, verify_key, str(at_a_time)
        self.kinds = tuple(sorted(kinds))

    def close(self) -> None:
        """Fetch nothing more."""
        self._http.close()

    def people(self, after: str) -> PeoplePage:
        """Return the people behind the reference `after`; raises as `changes` does."""
        page = self._get(_PEOPLE, {"after": after, "limit": self._limit}, PeoplePage)
        if page.last_ref and page.last_ref <= after:
            raise PageRefused("the page of people leads back: fetching them would never end")
        return page

    def changes(self, cursor: Cursor, world_digest: bytes) -> ChangesPage:
        """Return who changed behind `cursor`.

        :raises SnapshotOutdated: if the ledger is not the one that was read until there.
        :raises CallerRefused: if the service does not let this key read.
        :raises PageRefused: if what came is not what the service sealed in answer to this request.
        :raises ServiceUnavailable: if nothing of use came.
        """
        asked = {"after": str(cursor.position), "limit": self._limit, "world": world_digest.hex()}
        page = self._get("changes", asked, ChangesPage)
        if page.before != cursor.last_hash or page.position < cursor.position:
            raise SnapshotOutdated("the ledger is not the one that the snapshot was read from")
        return page

    def keys(self) -> KeysPage:
        """Return the keys of the identifiers' kinds; raises as `changes` does."""
        return self._get("keys", {}, KeysPage)

    def _get(self, address: str, terms: dict[str, str], form: type[Page]) -> Page:
        asked = {**terms, "kinds": ",".join(self.kinds), "nonce": secrets.token_urlsafe(18)}
        try:
            with self._send(f"/api/v1/snapshots/{address}", asked, by_body=address == _PEOPLE) as response:
                status, note = response.status_code, response.headers.get(HEADER)
                content = read_at_most(response, _MOST_BYTES)
        except (httpx2.HTTPError, OSError) as error:
            raise ServiceUnavailable(f"the service did not answer: {type(error).__name__}") from error
        _raise_for(status)
        break_seal(note, content, address=address, asked=asked, key=self._verify_key)
        try:
            return msgspec.msgpack.decode(content, type=form)
        except msgspec.DecodeError as error:
            raise PageRefused("the page is of a form that this client does not read") from error

    def _send(
        self, url: str, asked: dict[str, str], *, by_body: bool
    ) -> AbstractContextManager[httpx2.Response]:
        """Send a request. A reference to a subject goes in the body: addresses end up in logs."""
        if by_body:
            return self._http.stream("POST", url, json=asked)
        return self._http.stream("GET", url, params=asked)


def _raise_for(status: int) -> None:
    if status in {401, 403}:
        raise CallerRefused("the key works no more, or lacks the scope snapshots:read (kinds: identifiers)")
    if status == 409:
        raise SnapshotOutdated("the ledger is not the one that the snapshot was read from")
    if status != 200:
        raise ServiceUnavailable(f"the service answered with status {status}")
