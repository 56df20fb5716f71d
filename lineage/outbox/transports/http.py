"""A backend that takes events by HTTP: asked once for each event, within a time, and believed by its status.

The client's own transport does the rest: it writes the event, packs it, and adds the key. What it leaves open
is closed here: it repeats by itself, follows redirections (with the key), reads answers of any length, obeys
proxies and `.netrc` of the environment, and its errors name addresses and what the backend said.
"""

from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

from openlineage.client.client import Event
from openlineage.client.transport.http import (
    ApiKeyTokenProvider,
    HttpCompression,
    HttpConfig,
    HttpTransport,
    TokenProvider,
)
from requests import PreparedRequest, Response, Session
from requests.exceptions import ConnectTimeout, HTTPError, RequestException, SSLError, Timeout
from urllib3.exceptions import HTTPError as LibraryError
from urllib3.exceptions import NewConnectionError

from lineage.outbox.transports.deadline import Deadline, DeadlineAdapter
from lineage.outbox.transports.statuses import judge
from lineage.outbox.transports.verdicts import EmissionFailed
from lineage.outbox.types import HttpSettings

_MOST_ANSWER = 65_536  # bytes; more is not read


class OneEventHttpTransport(HttpTransport):
    """Sends one event at a time to one backend, and says what became of it."""

    def __init__(self, settings: HttpSettings) -> None:
        self._deadline = Deadline()
        self._seconds = settings.timeout.total_seconds()
        self._own_session = _PlainSession()
        super().__init__(_configure(settings, self._own_session, self._deadline))

    def emit(self, event: Event) -> Response:
        """Send `event`, and return the answer by which the backend says that it took it.

        :raises EmissionRefused: if it never will.
        :raises EmissionFailed: if it did not now, or nothing is known.
        """
        self._deadline.start(self._seconds)
        try:
            response = super().emit(event)
        except HTTPError as error:
            response = cast("Response", error.response)
        except (RequestException, LibraryError, OSError) as error:
            raise _describe(error) from None
        judge(response.status_code, response.headers)
        if not self._own_session.is_whole:
            raise EmissionFailed("its answer broke off", is_of_event=True)
        return response


def _configure(settings: HttpSettings, session: Session, deadline: Deadline) -> HttpConfig:
    return HttpConfig(
        url=settings.url,
        endpoint=settings.endpoint,
        timeout=settings.timeout.total_seconds(),
        auth=ApiKeyTokenProvider({"api_key": settings.api_key}) if settings.api_key else TokenProvider({}),
        compression=HttpCompression.GZIP if settings.is_packed else None,
        session=session,
        adapter=DeadlineAdapter(deadline),
    )


class _PlainSession(Session):
    """Does what it is told, and nothing that the environment or the backend says."""

    def __init__(self) -> None:
        super().__init__()
        self.is_whole = False
        """Whether the last answer came to its end, or grew longer than any that matters."""
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Return the answer, of which no more was read than its status and head, and a little besides."""
        response = super().send(request, **{**options, "stream": True, "allow_redirects": False})
        self.is_whole = _read_rest(response)
        return response

    def get_redirect_target(self, resp: Response) -> str | None:  # noqa: ARG002 - the library's signature
        """Return None: the library would read the whole answer, to be ready to follow it."""
        return None


def _read_rest(response: Response) -> bool:
    """Read a short answer to its end, so that the connection can be used again. Return whether it had one.

    Of a long one no more is read: its connection ends with it.
    """
    left = _MOST_ANSWER
    try:
        while left > 0 and (piece := response.raw.read(left, decode_content=False)):
            left -= len(piece)
    except (LibraryError, OSError):
        return False
    return True


def _describe(error: Exception) -> EmissionFailed:
    """Return what became of it in our words: the library's name the address, or a header."""
    if _never_arrived(error):
        what = "its certificate is not trusted" if isinstance(error, SSLError) else "it cannot be reached"
        return EmissionFailed(f"{type(error).__name__}: {what}")
    what = "it did not answer in time" if isinstance(error, Timeout | TimeoutError) else "it broke off"
    return EmissionFailed(f"{type(error).__name__}: {what}", is_of_event=True)


def _never_arrived(error: Exception) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, SSLError | ConnectTimeout) or isinstance(reason, NewConnectionError)
