"""One recipient's HTTP service, asked at its checked addresses only."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Self

import httpcore2

from consent.network.errors import DeliveryFailed
from consent.network.hosts import WebAddress, read_url
from consent.network.pinned import Deadline, PinnedBackend
from consent.network.resolving import Resolver, check_web, resolve_by_system


class RecipientSilent(DeliveryFailed):
    """No whole answer came: the recipient is gone, slow, or answers what nobody can read."""

    code = "recipient_silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one question may take, and how long its answer may be."""

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    write_seconds: float = 30.0
    total_seconds: float = 120.0
    answer_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the recipient said."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of one that came twice, the last."""
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamedAnswer:
    """What the recipient says, while it says it."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class GuardedClient:
    """Asks one host, at the addresses that were checked when it was opened. One thread uses it at a time.

    It follows no redirection, keeps no cookies, goes through no proxy, and unpacks nothing.
    """

    def __init__(
        self, address: WebAddress, pool: httpcore2.ConnectionPool, deadline: Deadline, limits: Limits
    ) -> None:
        self.address = address
        self._pool = pool
        self._deadline = deadline
        self._limits = limits

    def ask(
        self,
        method: str,
        target: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Answer:
        """Return the answer to one question; `target` is a path and query, that of the address if None.

        :raises RecipientSilent: if no whole answer came within the limits.
        """
        try:
            with self._asking(method, target, headers, content) as response:
                return self._read(response)
        except OSError:
            raise RecipientSilent("the recipient cannot be reached, or broke off") from None

    @contextmanager
    def stream(
        self,
        method: str,
        target: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Iterator["StreamedAnswer"]:
        """Give the answer to one question while it comes. Its length has no limit, its time has.

        :raises RecipientSilent: if it breaks off, is packed, or is not whole within the limits.
        """
        with self._asking(method, target, headers, content) as response:
            told = _read_headers(response)
            yield StreamedAnswer(status=response.status, headers=told, pieces=response.iter_stream())

    @contextmanager
    def _asking(
        self, method: str, target: str | None, headers: Mapping[str, str] | None, content: bytes
    ) -> Iterator[httpcore2.Response]:
        url = httpcore2.URL(
            scheme=self.address.scheme,
            host=_in_url(self.address.host),
            port=self.address.port,
            target=target or self.address.target,
        )
        self._deadline.start(self._limits.total_seconds)
        try:
            with self._pool.stream(
                method,
                url,
                headers=[("Accept-Encoding", "identity"), *(headers or {}).items()],
                content=content,
                extensions={"timeout": self._timeouts(), "sni_hostname": self.address.host},
            ) as response:
                yield response
        except httpcore2.TimeoutException:
            raise RecipientSilent("the recipient did not answer in time") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            raise RecipientSilent("the recipient cannot be reached, or broke off") from None

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, response: httpcore2.Response) -> Answer:
        headers = _read_headers(response)
        content = bytearray()
        for piece in response.iter_stream():
            content += piece
            if len(content) > self._limits.answer_bytes:
                raise RecipientSilent("the recipient answered more than any answer holds")
        return Answer(status=response.status, headers=headers, content=bytes(content))

    def _timeouts(self) -> dict[str, float]:
        return {
            "connect": self._limits.connect_seconds,
            "read": self._limits.read_seconds,
            "write": self._limits.write_seconds,
            "pool": self._limits.connect_seconds,
        }


def open_client(
    url: str,
    *,
    allow_local: bool,
    limits: Limits | None = None,
    resolve: Resolver = resolve_by_system,
    trust: ssl.SSLContext | None = None,
    deadline: Deadline | None = None,
    network: httpcore2.NetworkBackend | None = None,
) -> GuardedClient:
    """Return a client for the host of `url`, its name looked up and its addresses checked now.

    :raises AddressRefused: if the URL is not written plainly, or leads where no recipient may be.
    :raises NameNotResolved: if its host has no address now.
    """
    address = read_url(url, allow_local=allow_local)
    addresses = check_web(address, allow_local=allow_local, resolve=resolve)
    deadline = deadline or Deadline()
    pool = httpcore2.ConnectionPool(
        ssl_context=trust or _read_trusted(),
        max_connections=1,
        retries=0,
        network_backend=PinnedBackend(address.host, address.port, addresses, deadline, network),
    )
    return GuardedClient(address, pool, deadline, limits or Limits())


@lru_cache(maxsize=1)
def _read_trusted() -> ssl.SSLContext:
    """Return whom the system trusts. Read once in each process: it takes longer than most questions."""
    return ssl.create_default_context()


def _read_headers(response: httpcore2.Response) -> dict[str, str]:
    headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in response.headers}
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise RecipientSilent("the recipient packed its answer, unasked")
    return headers


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
