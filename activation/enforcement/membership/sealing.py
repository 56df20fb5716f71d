"""Opening and sealing what destinations hold: under a key of the holding's own, bound to its place."""

import base64
import secrets
from functools import lru_cache

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from activation.enforcement.membership.content import read_line, write_line
from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.types import Member
from consent.kernel.errors import AccordantError
from consent.keys import queries as keys
from consent.keys import services as key_services
from consent.keys.types import KEY_SIZE, SealedSecret

_NONCE_SIZE = 12
_LENGTH_SIZE = 4
_KEYS_CACHED = 1024


class MembershipUnreadable(AccordantError):
    """A page, or a member, does not open: it was changed, or moved from its place."""

    code = "membership_unreadable"
    status = 500


class Sealer:
    """Seals and opens what one holding says of people."""

    def __init__(self, holding_id: int, key: bytes) -> None:
        """Take the holding's data key."""
        self._holding_id, self._cipher = holding_id, AESGCM(key)
        self._codec = pa.Codec("zstd", 1)

    def seal_page(self, content: bytes | memoryview, *, segment_id: int, bucket: int, keys: bytes) -> bytes:
        """Return a page's content as it is kept. It opens in this place and beside these keys only."""
        packed = self._codec.compress(content, asbytes=True)
        plain = len(content).to_bytes(_LENGTH_SIZE, "big") + packed
        return self._seal(plain, b"page/%d/%d\n" % (segment_id, bucket) + keys)

    def open_page(self, sealed: bytes, *, segment_id: int, bucket: int, keys: bytes) -> bytes:
        """Return the content.

        :raises MembershipUnreadable: if it does not open.
        """
        plain = self._open(sealed, b"page/%d/%d\n" % (segment_id, bucket) + keys)
        size = int.from_bytes(plain[:_LENGTH_SIZE], "big")
        content: bytes = self._codec.decompress(plain[_LENGTH_SIZE:], size, asbytes=True)
        return content

    def seal_member(self, member: Member) -> bytes:
        """Return one member, sealed."""
        return self._seal(write_line(member), b"member")

    def open_member(self, sealed: bytes) -> Member:
        """Return the member that `seal_member` sealed.

        :raises MembershipUnreadable: if it does not open.
        """
        return read_line(self._open(sealed, b"member"))

    def _seal(self, plain: bytes, place: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, plain, self._bound_to(place))

    def _open(self, sealed: bytes, place: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], self._bound_to(place))
        except (InvalidTag, ValueError):
            raise MembershipUnreadable("what a destination holds does not open: it was changed") from None

    def _bound_to(self, place: bytes) -> bytes:
        return b"accordant/holding/1\n%d\n" % self._holding_id + place


def seal_member(holding: Holding, member: Member) -> bytes:
    """Return one member, sealed under the holding's key.

    :raises KeyUnreadable, KeysUnavailable: if that key cannot be had.
    """
    return get_sealer(holding).seal_member(member)


def open_member(holding: Holding, sealed: bytes) -> Member:
    """Return the member that `seal_member` sealed.

    :raises MembershipUnreadable: if it does not open; :raises KeyUnreadable, KeysUnavailable: likewise.
    """
    return get_sealer(holding).open_member(sealed)


def get_sealer(holding: Holding) -> Sealer:
    """Return what opens a holding. Its key is unwrapped once in each process.

    :raises KeyUnreadable, KeysUnavailable: if the key cannot be had.
    """
    return Sealer(holding.pk, _open_key(holding.as_sealed(), name_secret(holding)))


def make_secret(holding: Holding) -> None:
    """Give a new holding its data key.

    :raises KeysUnavailable: if it cannot be sealed now.
    """
    key = base64.b64encode(secrets.token_bytes(KEY_SIZE)).decode()
    store_secret(holding, key_services.seal_secret(key, name=name_secret(holding)))


def store_secret(holding: Holding, sealed: SealedSecret) -> None:
    """Let the holding's row hold its data key as it is sealed."""
    holding.kek_version, holding.wrapped, holding.sealed = sealed.version, sealed.wrapped, sealed.sealed


def name_secret(holding: Holding) -> str:
    """Return the name that a holding's data key is sealed under."""
    return f"holding/{holding.destination}/{holding.audience}/{holding.purpose}/{holding.controller}"


@lru_cache(maxsize=_KEYS_CACHED)
def _open_key(sealed: SealedSecret, name: str) -> bytes:
    return base64.b64decode(keys.open_secret(sealed, name=name))
