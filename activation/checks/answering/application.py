"""The check server's application: which way a request goes, and who sends it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from activation.checks.answering import denials
from activation.checks.answering.awaiting import WriteAwaited, WriteWaiter
from activation.checks.answering.callers import KnownCaller, echo_of, hash_of_key, unpack_key
from activation.checks.answering.denials import CHECKS, EVALUATION, EVALUATIONS
from activation.checks.answering.figures import Figures
from activation.checks.answering.quick_lane import QuickLane
from activation.checks.answering.reference import Reference, ReferenceBusy, ReferenceFailed
from activation.checks.answering.verifying import KEYS_BOUND, KeysUnavailable, KeyUnsure, KeyVerifier
from activation.checks.server.http import Head, problem_response, response
from activation.checks.types import Scope
from activation.snapshots.freshness import SECOND
from activation.snapshots.local import UNREADABLE_STORE, LocalStore
from consent.kernel.errors import AccordantError

logger = logging.getLogger(__name__)

METADATA = b"/.well-known/authzen-configuration"
READY = b"/readyz"
POSTED = frozenset({EVALUATION, EVALUATIONS, CHECKS})
JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})
_UNAUTHORIZED = problem_response(
    401,
    "authentication_failed",
    "The key is missing, malformed, unknown, expired or revoked.",
    headers=[(b"WWW-Authenticate", b'Bearer realm="accordant"')],
)
_FORBIDDEN = problem_response(403, "permission_denied", "The key lacks the scope that this address requires.")
_UNAVAILABLE = problem_response(
    503, "state_unavailable", "Neither the store nor the database can be asked. Nothing was decided: deny."
)
_NOT_FOUND = problem_response(
    404, "not_found", "There is nothing at this address: the web process answers the others."
)


@dataclass(slots=True)
class Known:
    """What a request's head tells: worked out once, and looked at again when keys change."""

    path: bytes
    is_usual: bool
    """Whether it posts JSON to an address that the store can answer."""
    key_hash: bytes | None
    echo: bytes
    keys_version: int = -1
    caller: KnownCaller | None = None
    verified_at: int = -(1 << 62)
    """When PostgreSQL was last asked about the key: monotonic, in nanoseconds."""


class CheckApplication:
    """Answers from the store where it is fresh, else from PostgreSQL, and denies where neither can answer."""

    def __init__(
        self,
        *,
        store: LocalStore,
        lane: QuickLane,
        reference: Reference,
        verifier: KeyVerifier,
        bound: int,
        micros: Callable[[], int],
        monotonic: Callable[[], int] = time.monotonic_ns,
        housekeeping: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take the parts; `bound` is how many nanoseconds the store may lack what happened.

        `micros` tells the time in microseconds since 1970, `monotonic` counts nanoseconds.
        """
        self._store, self._lane, self._reference, self._bound = store, lane, reference, bound
        self._micros, self._monotonic, self._housekeeping = micros, monotonic, housekeeping
        self._waiter, self._verifier = WriteWaiter(), verifier
        self.collectors = [Figures(store=store, reference=reference, log=lane.log, monotonic=monotonic)]
        """What `/metrics` tells besides the HTTP layer's own numbers."""
        self._tasks: list[asyncio.Task[None]] = []
        self._used_at = 0

    async def start(self) -> None:
        """Look at the store, and begin to let go of it while nobody asks."""
        self._store.renew(self._monotonic())
        self._lane.start()
        jobs = [self._rest(), *([self._housekeeping()] if self._housekeeping else [])]
        self._tasks = [asyncio.ensure_future(job) for job in jobs]

    async def stop(self) -> None:
        """Let go of everything."""
        for task in self._tasks:
            task.cancel()
        self._reference.close()
        self._verifier.close()
        self._lane.stop()
        self._store.close()

    def answer(self, head: Head, body: bytes) -> bytes | Awaitable[bytes]:
        """Return a whole response, at once where the store can answer."""
        known = head.memo
        if known is None:
            known = head.memo = _know(head)
        if not known.is_usual:
            return self._answer_unusual(known, head, body)
        try:
            answer = self._answer_from_store(known, body)
        except WriteAwaited:
            return self._await_write(known, head, body)
        except KeyUnsure:
            return self._verify_key(known, head, body)
        return answer or self._ask_reference(known, head, body)

    def _answer_from_store(self, known: Known, body: bytes) -> bytes | None:
        """Return the response, where the store is fresh enough to give it; None if the reference is to.

        :raises WriteAwaited: if it lacks nothing but the write that the caller names.
        :raises KeyUnsure: if its word on the caller's key is too old.
        """
        now = self._used_at = self._monotonic()
        poll = self._store.look(now)
        if poll is None or now - self._store.held_since > self._bound:
            return None
        if now - self._store.keys_at <= KEYS_BOUND:
            if known.keys_version != poll.keys_version and not self._find_caller(known, poll.keys_version):
                return None
        elif now - known.verified_at > KEYS_BOUND:
            raise KeyUnsure
        caller, at = known.caller, self._micros()
        if caller is None or caller.expires_at <= at:
            return _with_echo(_UNAUTHORIZED, known)
        if Scope.CHECK not in caller.caller.scopes:
            return _with_echo(_FORBIDDEN, known)
        if caller.caller.is_test:
            return None
        return self._lane.answer(known.path, body, caller.caller, known.echo, at=at, now=now)

    async def _verify_key(self, known: Known, head: Head, body: bytes) -> bytes:
        """Return the response once PostgreSQL was asked about the key; a denial if it cannot be."""
        if known.key_hash is None:
            return _with_echo(_UNAUTHORIZED, known)
        try:
            known.verified_at, known.caller = await self._verifier.verify(known.key_hash)
        except KeysUnavailable:
            return self._deny(known, head, body)
        known.keys_version = -1  # the store's own word counts again as soon as it is new enough
        try:
            answer = self._answer_from_store(known, body)
        except (WriteAwaited, KeyUnsure):
            answer = None
        return answer or await self._ask_reference(known, head, body)

    async def _await_write(self, known: Known, head: Head, body: bytes) -> bytes:
        try:
            answer = await self._waiter.wait(lambda: self._answer_from_store(known, body))
        except KeyUnsure:
            answer = None
        return answer or await self._ask_reference(known, head, body)

    def _find_caller(self, known: Known, keys_version: int) -> bool:
        """Look for the caller behind the head; return whether the store could be read."""
        try:
            known.caller = self._look_up(known)
        except UNREADABLE_STORE:
            logger.exception("the API keys of the decision store cannot be read; the reference is asked")
            self._store.close()
            return False
        known.keys_version = keys_version
        return True

    def _look_up(self, known: Known) -> KnownCaller | None:
        """Return the caller as the store knows it; None if it does not."""
        packed = None if known.key_hash is None else self._store.key(known.key_hash)
        return None if packed is None else unpack_key(packed)

    def _answer_unusual(self, known: Known, head: Head, body: bytes) -> bytes | Awaitable[bytes]:
        if known.path == READY:
            return self._show_readiness()
        if known.path in POSTED or known.path == METADATA:
            return self._ask_reference(known, head, body)
        return _with_echo(_NOT_FOUND, known)

    async def _ask_reference(self, known: Known, head: Head, body: bytes) -> bytes:
        """Return the views' answer; where they cannot answer, a denial to a caller that the store knows."""
        try:
            return await self._reference.answer(head, body)
        except (ReferenceBusy, ReferenceFailed):
            return self._deny(known, head, body)

    def _deny(self, known: Known, head: Head, body: bytes) -> bytes:
        if known.path not in POSTED or head.method != b"POST":
            return _with_echo(_UNAVAILABLE, known)
        caller = self._look_up_in_a_view(known)
        if caller is None or caller.expires_at <= self._micros() or Scope.CHECK not in caller.caller.scopes:
            return _with_echo(_UNAVAILABLE, known)
        try:
            denied = denials.deny(known.path, body, caller.caller)
        except AccordantError as error:
            return _with_echo(problem_response(error.status, error.code, str(error)), known)
        return _with_echo(response(200, denied), known)

    def _look_up_in_a_view(self, known: Known) -> KnownCaller | None:
        """Return the caller, however old the store is and whether or not it was looked at before."""
        try:
            return None if self._store.look(self._monotonic()) is None else self._look_up(known)
        except UNREADABLE_STORE:
            self._store.close()
            return None

    def _show_readiness(self) -> bytes:
        """Return 200 if the store is there and fresh; the reference may answer all the same if it is not."""
        now = self._monotonic()
        self._store.look(now)
        age = self._store.age(now)
        word = b"missing" if age is None else b"fresh" if age <= self._bound else b"stale"
        status, told = (200, b"ok") if word == b"fresh" else (503, b"failed")
        return response(status, b'{"status":"%b","parts":{"store":"%b"}}' % (told, word))

    async def _rest(self) -> None:
        while True:
            await asyncio.sleep(1)
            if self._monotonic() - self._used_at > SECOND:
                self._store.rest()


def _know(head: Head) -> Known:
    is_json = head.headers.get(b"content-type", b"").lower() in JSON
    return Known(
        path=head.path,
        is_usual=head.method == b"POST" and head.path in POSTED and is_json and not head.query,
        key_hash=hash_of_key(head),
        echo=echo_of(head),
    )


def _with_echo(answer: bytes, known: Known) -> bytes:
    """Return the response with the request's own id on it."""
    return answer.replace(b"\r\n", b"\r\n" + known.echo, 1) if known.echo else answer
