"""A visitor of the shop's page: what they choose in its banner comes in as `consent.js` tells of it."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from config.demo import shop_page, shop_site
from config.demo.calls import TIMEOUT
from config.demo.evidence import StoryFailed
from config.demo.pages import Browser
from config.demo.telling import Teller

_ELSEWHERE = "http://elsewhere.example"
_SAID = {"categories": {"marketing": False, "analytics": True}, "banner": "shop"}


def choose(*, url: str, shop_url: str, at: datetime, teller: Teller) -> dict[str, Any]:
    """Set the shop's site up, and have a visitor say yes to measuring and no to advertising. Return figures.

    :raises StoryFailed: if what was chosen does not hold, or a page elsewhere may choose, too.
    """
    shop_site.open_site(shop_url, at=at)
    _look_for_script(shop_url)
    visitor = _Visitor(url, shop_url)
    told = visitor.tell("choices", _SAID)
    held = visitor.tell("state", {})["holds"]
    if not held.get(shop_site.MEASURING) or held.get(shop_site.ADS):
        raise StoryFailed("what was chosen on the shop's page does not hold")
    if not _Visitor(url, _ELSEWHERE).is_refused():
        raise StoryFailed("a page elsewhere may record for the shop")
    teller.say(f"The shop's page, {shop_url}, includes consent.js. A visitor chooses in its banner:")
    teller.say(f"  measuring yes, advertising no; receipt {told['receipt']}.")
    teller.say("  The same from a page elsewhere is refused.")
    return {"records": len(told["receipts"]), "holds": held}


def _look_for_script(shop_url: str) -> None:
    """Return if the shop's page includes the script, and the script comes.

    :raises StoryFailed: if not.
    """
    browser = Browser(shop_url)
    script = browser.open("/").find(
        rf'<script src="([^"]+)" data-site="{shop_page.KEY}"', "the script that it includes"
    )
    if "accordant" not in browser.open(script).text:
        raise StoryFailed("the script that the shop's page includes is not consent.js")


@dataclass(frozen=True, slots=True)
class _Visitor:
    """A browser on a page of this origin, with a device's id of its own."""

    url: str
    origin: str
    device: str = field(default_factory=lambda: f"acd_{secrets.token_hex(16)}")

    def tell(self, what: str, said: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to what is said, or asked.

        :raises StoryFailed: if there is none.
        """
        try:
            return self._post(what, said)
        except OSError as error:
            raise StoryFailed(f"the shop's page was not answered: {type(error).__name__}") from None

    def is_refused(self) -> bool:
        """Return whether a page of this origin may not choose."""
        try:
            self._post("choices", _SAID)
        except HTTPError as error:
            error.close()
            return error.code == HTTPStatus.FORBIDDEN
        return False

    def _post(self, what: str, said: dict[str, Any]) -> dict[str, Any]:
        request = Request(  # noqa: S310 - the address is the demo's own server
            f"{self.url}/embed/v1/{what}",
            data=json.dumps({"site": shop_page.KEY, "device": self.device, **said}).encode(),
            headers={
                "Content-Type": "application/json",
                "Origin": self.origin,
                "Idempotency-Key": secrets.token_hex(16),
            },
        )
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
            return answer
