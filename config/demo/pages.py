"""A browser without a screen: the story's officer and customers see the real pages, over HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from config.demo.evidence import StoryFailed

TIMEOUT = 30.0  # seconds
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_TAG = re.compile(r"<[^>]*>")


def _make_opener() -> OpenerDirector:
    return build_opener(HTTPCookieProcessor(CookieJar()))


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was answered."""

    url: str
    text: str = field(repr=False)

    def find(self, pattern: str, what: str) -> str:
        """Return what stands where `pattern` has its first group, as it is read.

        :raises StoryFailed: if the page does not show it; `what` says what is missing.
        """
        found = re.search(pattern, self.text, re.DOTALL)
        if found is None:
            raise StoryFailed(f"the page “{self._title()}” does not show {what}")
        return read(found[1])

    def _title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.text, re.DOTALL)
        return read(found[1]) if found else ""

    def list_all(self, pattern: str) -> list[str]:
        """Return what stands wherever `pattern` has its first group, as it is read."""
        return [read(one) for one in re.findall(pattern, self.text, re.DOTALL)]


@dataclass(frozen=True, slots=True)
class Browser:
    """Keeps cookies, follows redirects and sends forms, each with its page's token."""

    url: str
    _opener: OpenerDirector = field(default_factory=_make_opener, repr=False)

    def open(self, address: str, **fields: str) -> Page:
        """Return the page at `address`, with `fields` in its query.

        :raises StoryFailed: if it is not answered, or with an error.
        """
        query = f"?{urlencode(fields)}" if fields else ""
        return self._get(Request(urljoin(self.url, address) + query))  # noqa: S310 - the demo's own server

    def send(self, page: Page, fields: Mapping[str, str], *, to: str = "") -> Page:
        """Return what follows when the form of `page` is sent with `fields`; `to`: where it leads.

        :raises StoryFailed: if it is not answered, or with an error.
        """
        token = _TOKEN.search(page.text)
        body = {**({"csrfmiddlewaretoken": token[1]} if token else {}), **fields}
        return self._get(Request(urljoin(page.url, to), data=urlencode(body).encode()))  # noqa: S310

    def _get(self, request: Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return Page(response.url, response.read().decode())
        except HTTPError as error:
            error.close()
            raise StoryFailed(f"a page was answered {error.code}") from None
        except OSError as error:
            raise StoryFailed(f"a page was not answered: {type(error).__name__}") from None


def read(markup: str) -> str:
    """Return a piece of a page as a person reads it."""
    return " ".join(unescape(_TAG.sub(" ", markup)).split())
