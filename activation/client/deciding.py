"""Deciding in process, while the snapshot is fresh; else by the service; else no."""

import fcntl
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Self, Unpack, cast

import httpx2

from activation.client.addresses import open_service
from activation.client.answers import MALFORMED, Answer, Freshness, deny
from activation.client.asking import HttpClient
from activation.client.channel import Channel
from activation.client.clock import Clock, read_clock
from activation.client.errors import FolderTaken, QuestionRefused, ServiceUnavailable
from activation.client.following import Follower
from activation.client.kept_store import KeptStore
from activation.client.local_decisions import LocalDecisions
from activation.client.loop import FollowingThread
from activation.client.people import PeopleDecisions
from activation.client.questions import Named, Subject, Terms
from activation.snapshots.freshness import SECOND
from consent.kernel.signing import VerifyKey
from consent.subjects.types import IdentifierKind

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workings:
    """What seldom needs to be another."""

    poll_seconds: float = 1
    """Between two looks at a feed that had no more news."""
    page_timeout: float = 30
    """Seconds that the service may take for each piece of a page."""
    at_a_time: int = 1_000
    """People, or entries of the feed, in one page."""
    transport: httpx2.BaseTransport | None = None
    """How requests are sent: through a proxy, with certificates of one's own, …"""
    clock: Clock = read_clock

    def open(self, url: str, key: str, *, allow_plain_http: bool) -> httpx2.Client:
        """Return the way by which pages are fetched.

        :raises PlainHttpRefused: if the address is not https, and not of this machine.
        """
        return open_service(
            url,
            key,
            timeout=self.page_timeout,
            allow_plain_http=allow_plain_http,
            transport=self.transport,
        )


_USUAL = Workings()


class AccordantClient:
    """Decides from a snapshot that it keeps by the change feed.

    For any number of threads of one process: a process that forks starts it afterwards.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        verify_key: str | VerifyKey,
        folder: str | Path,
        kinds: Collection[str] = (),
        honours: Collection[str] = (),
        bound_seconds: float = 30,
        timeout: float = 1,
        allow_plain_http: bool = False,
        workings: Workings = _USUAL,
    ) -> None:
        """Take where the service is, a key, its published verifier key, and a folder of this client's own.

        The key needs the scopes `check` and `snapshots:read`, and `identifiers` if `kinds` names any: the
        kinds of identifiers that people are found by in process. `honours`: the kinds of obligations (`drop`,
        `mask`, `set`) that the caller carries out. `bound_seconds`: how old the snapshot may be. `timeout`:
        how long a question may take that goes to the service.

        :raises PlainHttpRefused: if the address is not https, and not of this machine.
        :raises MalformedKey: if `verify_key` is none; :raises ValueError: if a kind is none.
        """
        pinned = verify_key if isinstance(verify_key, VerifyKey) else VerifyKey.parse(verify_key)
        self.service = HttpClient(
            url,
            key,
            timeout=timeout,
            honours=honours,
            allow_plain_http=allow_plain_http,
            transport=workings.transport,
        )
        http = workings.open(url, key, allow_plain_http=allow_plain_http)
        wanted = [IdentifierKind(kind) for kind in kinds]
        channel = Channel(http, verify_key=pinned, kinds=wanted, at_a_time=workings.at_a_time)
        store, lock, self._home, self._channel = KeptStore(workings.clock), Lock(), Path(folder), channel
        self._local = LocalDecisions(
            store=store,
            lock=lock,
            clock=workings.clock,
            bound=int(bound_seconds * SECOND),
            honours=self.service.honours,
        )
        self.follower = Follower(
            home=self._home, channel=channel, verify_key=pinned, store=store, lock=lock, clock=workings.clock
        )
        self._thread = FollowingThread(self.follower.poll, every=workings.poll_seconds, rest=self._local.rest)
        self._clock, self._pause, self._unreachable_until = workings.clock, int(timeout * SECOND), 0
        self._file: IO[str] | None = None

    def start(self) -> Self:
        """Follow the feed in a thread of its own. Until the snapshot is there, the service is asked.

        :raises FolderTaken: if another client keeps its snapshot in the folder.
        """
        self.take_folder()
        self._thread.start()
        return self

    def take_folder(self) -> None:
        """Let no other client keep its snapshot in the folder; :raises FolderTaken: if one does."""
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = (self._home / "LOCK").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise FolderTaken(
                f"another client keeps {self._home}: give each process its own folder"
            ) from error

    def close(self) -> None:
        """Stop following, and give everything back. The snapshot stays in the folder."""
        self._thread.stop()
        self._channel.close()
        if self._thread.is_alive():
            self._thread.join()
        self.follower.close()
        self.service.close()
        if self._file is not None:
            self._file.close()

    @cached_property
    def people(self) -> PeopleDecisions:
        """What decides many people by one moment, from the snapshot alone."""
        return PeopleDecisions(self._local, kinds=self._channel.kinds)

    @property
    def freshness(self) -> Freshness:
        """What the client answers from now."""
        if self._local.is_fresh():
            return Freshness.FRESH
        return Freshness.UNREACHABLE if self._is_pausing() else Freshness.STALE

    def check(
        self, subject: Subject, purpose: str, destination: str, controller: str = "", **terms: Unpack[Terms]
    ) -> Answer:
        """Return whether this person's data may be used for this purpose at this destination; never raise."""
        try:
            answer = self._local.decide(subject, purpose, destination, controller, terms)
            if answer is not None:
                return answer
            [answer] = self._ask([subject], purpose, destination, controller, terms)
        except Exception as error:  # noqa: BLE001 - what cannot be decided is denied, whatever is wrong with it
            logger.warning("a question cannot be decided: %s", type(error).__name__)
            return deny(MALFORMED)
        return answer

    def check_many(
        self,
        subjects: Sequence[Subject],
        purpose: str,
        destination: str,
        controller: str = "",
        **terms: Unpack[Terms],
    ) -> list[Answer]:
        """Return one answer for each of `subjects`, in their order. Never raises."""
        try:
            decide = self._local.decide
            found = [decide(one, purpose, destination, controller, terms) for one in subjects]
            left = [one for one, answer in zip(subjects, found, strict=True) if answer is None]
            asked = iter(self._ask(left, purpose, destination, controller, terms) if left else ())
            return [next(asked) if answer is None else answer for answer in found]
        except Exception as error:  # noqa: BLE001 - what cannot be decided is denied, whatever is wrong with it
            logger.warning("questions cannot be decided: %s", type(error).__name__)
            return [deny(MALFORMED) for _ in subjects]

    def _ask(
        self, subjects: Sequence[Subject], purpose: str, destination: str, controller: str, terms: Terms
    ) -> list[Answer]:
        """Return the service's answers; denials if it cannot be asked, or only failed just now.

        It finds nobody by a subject reference: who is asked about by one is denied.
        """
        named = [cast("Named", tuple(one)) for one in subjects if not isinstance(one, str)]
        if not named or self._is_pausing():
            return [deny() for _ in subjects]
        try:
            answers = iter(self.service.ask(named, purpose, destination, controller, terms))
        except QuestionRefused as refusal:
            logger.warning("the service refused a question: %s", refusal.code)
            return [deny(refusal.code) for _ in subjects]
        except ServiceUnavailable as error:
            logger.warning("a question is denied: %s", error)
            self._unreachable_until = self._clock() + self._pause
            return [deny() for _ in subjects]
        return [deny() if isinstance(one, str) else next(answers) for one in subjects]

    def _is_pausing(self) -> bool:
        """Whether the service failed just now: who asks is not kept waiting again for as long."""
        return self._clock() < self._unreachable_until

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
