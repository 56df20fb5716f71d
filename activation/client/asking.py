"""Asking the service over HTTP. Whatever fails is a deny."""

import logging
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from types import TracebackType
from typing import Self, Unpack

import httpx2

from activation.client.addresses import open_service, read_at_most
from activation.client.answers import MALFORMED, Answer, deny
from activation.client.errors import QuestionRefused, ServiceUnavailable
from activation.client.questions import Named, Terms, body_of
from activation.client.reading import read_answers

logger = logging.getLogger(__name__)

CHECKS = "/api/v1/checks"
MOST_SUBJECTS = 10_000
_MOST_BYTES = 16 * 1024 * 1024


class HttpClient:
    """Asks each question of the service, and waits `timeout` seconds at most, whatever the network does."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 1.0,
        honours: Collection[str] = (),
        concurrency: int = 16,
        allow_plain_http: bool = False,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Take where the service is, and a key with the scope `check`.

        `honours`: the kinds of obligations (`drop`, `mask`, `set`) that the caller carries out.
        `concurrency`: how many questions may be under way; one more is denied.

        :raises PlainHttpRefused: if the address is not https, and not of this machine.
        """
        self._http = open_service(
            url, key, timeout=timeout, allow_plain_http=allow_plain_http, transport=transport
        )
        self._timeout, self.honours = timeout, frozenset(honours)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="accordant-ask")
        self._room = BoundedSemaphore(concurrency)

    def __enter__(self) -> Self:
        """Return the client, to be closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Ask nothing more; what is under way is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    def check(
        self, subject: Named, purpose: str, destination: str, controller: str = "", **terms: Unpack[Terms]
    ) -> Answer:
        """Return whether this person's data may be used for this purpose at this destination."""
        return self.check_many([subject], purpose, destination, controller, **terms)[0]

    def check_many(
        self,
        subjects: Sequence[Named],
        purpose: str,
        destination: str,
        controller: str = "",
        **terms: Unpack[Terms],
    ) -> list[Answer]:
        """Return one answer for each of `subjects`, in their order."""
        try:
            return self.ask(subjects, purpose, destination, controller, terms)
        except QuestionRefused as refusal:
            logger.warning("the service refused a question: %s", refusal.code)
            return [deny(refusal.code)] * len(subjects)
        except ServiceUnavailable as error:
            logger.warning("a question is denied: %s", error)
            return [deny()] * len(subjects)
        except Exception as error:  # noqa: BLE001 - what cannot be asked is denied, whatever is wrong with it
            logger.warning("a question cannot be asked: %s", type(error).__name__)
            return [deny(MALFORMED)] * len(subjects)

    def ask(
        self, subjects: Sequence[Named], purpose: str, destination: str, controller: str, terms: Terms
    ) -> list[Answer]:
        """Return the service's own answers.

        :raises ServiceUnavailable: if there is none in time; :raises QuestionRefused: if it took the question
            for none; :raises TypeError: or :raises ValueError: if it cannot even be written.
        """
        answers: list[Answer] = []
        for start in range(0, len(subjects), MOST_SUBJECTS):
            part = subjects[start : start + MOST_SUBJECTS]
            body = body_of(part, purpose, destination, controller, terms)
            status, content = self._post(body)
            answers += read_answers(status, content, count=len(part), honours=self.honours)
        return answers

    def _post(self, body: dict[str, object]) -> tuple[int, bytes]:
        """Return status and body of the answer, in time or not at all.

        A time-out of a connection's own begins anew with each piece that arrives: so another thread does it.
        """
        if not self._room.acquire(blocking=False):
            raise ServiceUnavailable("as many questions as may be are under way")
        try:
            call = self._pool.submit(self._send, body)
        except RuntimeError as error:
            self._room.release()
            raise ServiceUnavailable("the client is closed") from error
        call.add_done_callback(lambda _: self._room.release())
        try:
            return call.result(self._timeout)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:  # TimeoutError is an OSError
            raise ServiceUnavailable(f"the service did not answer: {type(error).__name__}") from error

    def _send(self, body: dict[str, object]) -> tuple[int, bytes]:
        with self._http.stream("POST", CHECKS, json=body) as response:
            return response.status_code, read_at_most(response, _MOST_BYTES)
