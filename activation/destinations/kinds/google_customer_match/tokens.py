"""Access tokens, got with a refresh token (RFC 6749 section 6)."""

import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec

from consent.network.errors import DeliveryFailed
from consent.network.patience import Asker, Question

_EARLY_SECONDS = 60.0


class _Token(msgspec.Struct):
    access_token: str
    expires_in: float = 300.0


class AccessTokens:
    """Gives a token that is good for a while yet; gets one when there is none."""

    def __init__(
        self, asker: Asker, secrets: Mapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._asker = asker
        self._secrets = secrets
        self._clock = clock
        self._token = ""
        self._ends = 0.0

    def get(self) -> str:
        """Return a token.

        :raises DeliveryRefused: if the credentials are not taken.
        :raises DeliveryFailed: if none can be got now.
        """
        if not self._token or self._clock() >= self._ends:
            got = self._fetch()
            self._token, self._ends = got.access_token, self._clock() + got.expires_in - _EARLY_SECONDS
        return self._token

    def forget(self) -> None:
        """Get a new one next time: this one was not taken."""
        self._token = ""

    def _fetch(self) -> _Token:
        names = ("client_id", "client_secret", "refresh_token")
        form = {"grant_type": "refresh_token", **{name: self._secrets[name] for name in names}}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        content = urlencode(form).encode()
        answer = self._asker.ask(lambda: Question(method="POST", headers=headers, content=content))
        try:
            token = msgspec.json.decode(answer.content, type=_Token)
        except msgspec.DecodeError:
            raise DeliveryFailed("Google's token service answered what cannot be read") from None
        if not token.access_token.isascii() or not token.access_token.isprintable():
            raise DeliveryFailed("Google's token service answered what is no token")
        return token
