"""A folder or a bucket that the operator declared: listed, read, and written on a condition."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import LocalStore, S3Store

from consent.requests.connectors.interface import SystemFailed, SystemRefused

if TYPE_CHECKING:
    from obstore.store import S3Credential

_PIECE = 1 << 20


class ChangedMeanwhile(Exception):
    """Somebody else wrote the object since it was read."""


class _Gone(SystemRefused):
    """There is no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One object as it stood."""

    path: str
    size: int
    e_tag: str


class Place:
    """Where objects lie. Nothing outside of it is read or written: neither by `..` nor by a link."""

    def __init__(self, store: Any, *, root: Path | None) -> None:
        self._store, self._root = store, root

    def list_objects(self, prefix: str, suffix: str, *, most: int) -> Iterator[Found]:
        """Yield the objects below `prefix`, in the order of their paths. No more than `most` are in memory.

        :raises SystemRefused: if there are more than `most`.
        :raises SystemRefused, SystemFailed: if they cannot be listed.
        """
        found: list[Found] = []
        with telling():
            for page in obstore.list(self._store, prefix):
                found += [_found(meta) for meta in page if meta["path"].endswith(suffix)]
                if len(found) > most:
                    raise SystemRefused("there are more objects than are looked through: raise most_objects")
        yield from sorted(found, key=lambda one: one.path)

    def find(self, path: str) -> Found | None:
        """Return the object at `path`, None if there is none.

        :raises SystemRefused, SystemFailed: if that cannot be told.
        """
        with telling():
            try:
                return _found(obstore.head(self._store, path))
            except FileNotFoundError:
                return None

    def read(self, found: Found) -> Iterator[bytes]:
        """Yield the object's bytes.

        :raises SystemRefused, SystemFailed: if they cannot be had.
        """
        self._stay_inside(found.path)
        try:
            with telling():
                for piece in obstore.get(self._store, found.path).stream(min_chunk_size=_PIECE):
                    yield bytes(piece)
        except _Gone:
            raise SystemFailed("an object went away while it was to be read") from None

    def replace(self, found: Found, content: IO[bytes]) -> None:
        """Let the object be `content`, if nobody wrote it since it was read.

        A folder has no such writes: there it is looked at just before, and writers should rest.

        :raises ChangedMeanwhile: if somebody did.
        :raises SystemRefused, SystemFailed: if it cannot be written.
        """
        self._stay_inside(found.path)
        with telling():
            if self._root is not None:
                self._insist(found)
                obstore.put(self._store, found.path, content)
                return
            try:
                obstore.put(
                    self._store, found.path, content, mode={"e_tag": found.e_tag}, use_multipart=False
                )
            except PreconditionError:
                raise ChangedMeanwhile from None

    def delete(self, found: Found) -> None:
        """Remove the object.

        :raises ChangedMeanwhile: if somebody wrote it since it was read.
        :raises SystemRefused, SystemFailed: if it cannot be removed.
        """
        self._stay_inside(found.path)
        with telling():
            self._insist(found)
            obstore.delete(self._store, found.path)

    def _insist(self, found: Found) -> None:
        if self.find(found.path) != found:
            raise ChangedMeanwhile

    def _stay_inside(self, path: str) -> None:
        if self._root is not None and not (self._root / path).resolve().is_relative_to(self._root.resolve()):
            raise SystemRefused("a link in the folder leads out of it: nothing behind it is read or written")


def open_place(address: str, secret: str) -> Place:
    """Return the place of `file:///folder` or `s3://bucket/prefix?region=…&endpoint=…`.

    `secret` is the access key's id and its secret, with a colon between.

    :raises SystemRefused: if the address or the secret cannot be used, or there is no such folder.
    """
    parts = urlsplit(address)
    if parts.scheme == "file" and not parts.netloc and not parts.query:
        root = Path(unquote(parts.path))
        if not root.is_dir():
            raise SystemRefused("there is no such folder: ask whoever operates this service")
        return Place(LocalStore(prefix=root, automatic_cleanup=False), root=root)
    if parts.scheme == "s3" and parts.netloc:
        return Place(
            _open_bucket(parts.netloc, parts.path.strip("/"), parse_qs(parts.query), secret), root=None
        )
    raise SystemRefused(
        "files are at file:///folder or s3://bucket/prefix: ask whoever operates this service"
    )


@contextmanager
def telling() -> Iterator[None]:
    """Turn what the store says into what can be done: its own words may name people.

    :raises SystemRefused: if it would say the same again; :raises SystemFailed: if it may not.
    """
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError, PermissionError):
        raise SystemRefused("the store says no: look at the access key, and at what it may do") from None
    except ValueError:
        raise SystemRefused("the store has no such path") from None
    except FileNotFoundError:
        raise _Gone("the store has no such bucket or folder") from None
    except (BaseError, OSError):
        raise SystemFailed("the store cannot be reached, or does not take it now") from None


def _open_bucket(bucket: str, prefix: str, told: dict[str, list[str]], secret: str) -> S3Store:
    key_id, colon, key = secret.partition(":")
    if not (key_id and colon and key):
        raise SystemRefused("the secret is the access key's id, a colon, and its secret: enter it again")
    endpoint = told.get("endpoint", [""])[0]

    def show() -> "S3Credential":  # not from the environment: this machine's own credentials are for it
        return {"access_key_id": key_id, "secret_access_key": key, "token": None, "expires_at": None}

    config: Any = {"region": told.get("region", ["us-east-1"])[0]}
    if endpoint:
        config |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    options: Any = {"allow_http": endpoint.startswith("http://")}
    return S3Store(
        bucket, prefix=prefix or None, config=config, client_options=options, credential_provider=show
    )


def _found(meta: Any) -> Found:
    return Found(path=meta["path"], size=meta["size"], e_tag=meta["e_tag"] or "")
