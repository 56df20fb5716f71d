"""A web site and our service as a real browser meets them, played by the test: no server, no database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route

from consent.portal.embed.script import SCRIPT

SHOP, SERVICE = "https://www.shop.example", "https://consent.example"
KEY, ADS, MEASURING = "k" * 22, "advertising.audience", "analytics.measurement"
BANNERS = Path(__file__).with_name("acceptance") / "banners"
CSP = f"default-src 'none'; script-src 'self' {SERVICE}; connect-src {SERVICE}"
TAG = """<script src="/tag.js"></script>"""
EMBED = f"""<script src="{SERVICE}/embed/consent.js" data-site="{KEY}"></script>"""
GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"
CONFIG: dict[str, Any] = {
    "controller": "shop",
    "notice": "privacy",
    "notice_version": 3,
    "categories": {"marketing": [ADS], "analytics": [MEASURING]},
    "purposes": [ADS, MEASURING],
    "signals": {"ad_storage": ADS, "ad_user_data": ADS, "analytics_storage": MEASURING},
    "signalled": [ADS],
    "preferences": f"{SERVICE}/privacy/choices/",
}
LOUD = {"error", "warning"}
HEARD = """window.heard = Array.from(window.dataLayer || [], (entry) => Array.from(entry));"""


@dataclass
class Call:
    """What a page sent."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Web:
    """The site's files, and a service that behaves as it is told: `ok`, `down`, `silent`, or a status."""

    files: dict[str, str] = field(default_factory=dict)
    mood: str | int = "ok"
    config: Any = field(default_factory=lambda: dict(CONFIG))
    answer: Any = None
    """What choices and states are answered with; None: by a small ledger."""
    script: str = ""
    calls: list[Call] = field(default_factory=list)
    ledger: dict[str, dict[str, bool]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    requested: list[str] = field(default_factory=list)

    def show(self, page: Page, head: str = EMBED + TAG, *, csp: str = CSP) -> None:
        """Open the site's page with this in its head, and wait until the script is ready."""
        self.open(page, head, csp=csp)
        page.evaluate("accordant.ready.then(() => 1)")

    def open(self, page: Page, head: str = EMBED + TAG, *, csp: str = CSP) -> None:
        """Open the site's page with this in its head."""
        self.files["/"] = (
            f"<!doctype html><html lang=en><head>{head}</head><body><p>Records</p></body></html>"
        )
        self.files.setdefault("/tag.js", HEARD)
        self.csp = csp
        page.goto(f"{SHOP}/")

    def serve_shop(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path not in self.files:
            route.fulfill(status=204)
            return
        kind = "text/html" if path == "/" else "text/javascript"
        headers = {"Content-Security-Policy": self.csp, "Content-Type": f"{kind}; charset=utf-8"}
        route.fulfill(body=self.files[path], headers=headers)

    def serve_service(self, route: Route) -> None:
        self.requested.append(route.request.url)
        path = urlsplit(route.request.url).path.removeprefix("/embed/")
        if path == "consent.js":
            script = self.script or SCRIPT.read_text()
            # What a browser may send after a page's end cannot be caught here: served for real, it is tested.
            script = script.replace("options.keepalive=true;", "")
            route.fulfill(body=script, content_type="text/javascript")
        elif self.mood == "down":
            route.abort()
        elif self.mood != "silent":
            self._answer(route, path.removeprefix("v1/"))

    def _answer(self, route: Route, path: str) -> None:
        if path.startswith("sites/"):
            body = self.config if self.mood == "ok" else {"code": "broken"}
        else:
            sent = json.loads(route.request.post_data or "null")
            self.calls.append(Call(path, sent, route.request.all_headers()))
            body = self._hold(path, sent) if self.mood == "ok" else {"code": "broken"}
        text = body if isinstance(body, str) else json.dumps(body)
        status = self.mood if isinstance(self.mood, int) else 200 if path != "choices" else 201
        route.fulfill(
            status=status,
            body=text,
            headers={"Access-Control-Allow-Origin": SHOP, "Content-Type": "application/json"},
        )

    def _hold(self, path: str, sent: dict[str, Any]) -> Any:
        if self.answer is not None:
            return self.answer
        held = self.ledger.setdefault(sent["device"], {})
        for name, is_yes in sent.get("categories", {}).items():
            held |= dict.fromkeys(CONFIG["categories"].get(name, ()), is_yes)
        for purpose, is_yes in sent.get("choices", {}).items():
            held |= dict.fromkeys(CONFIG["purposes"], False) if purpose == "*" else {purpose: is_yes}
        if sent.get("after_conflict_notice"):
            self.told |= {purpose for purpose, is_yes in held.items() if is_yes}
        receipt = {"receipt": "rec_1"} if path == "choices" else {}
        return {"holds": held, "after_conflict": sorted(self.told), "until": None, **receipt}

    def said(self) -> list[dict[str, Any]]:
        """Return what was said, without what goes with each statement."""
        parts = ("choices", "categories", "gpc", "after_conflict_notice")
        return [
            {name: call.body[name] for name in parts if name in call.body}
            for call in self.calls
            if call.path == "choices"
        ]


@contextmanager
def visiting(browser: Browser, web: Web, *scripts: str, quiet: bool = True) -> Iterator[Page]:
    """Give a page of a visitor's. What its console complains of fails the test, unless it is not `quiet`."""
    context = new_visitor(browser, web, *scripts)
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if quiet:
        page.on(
            "console", lambda one: complaints.append(one.text) if one.type in {"error", "warning"} else None
        )
    yield page
    context.close()
    assert complaints == []


def new_visitor(browser: Browser, web: Web, *scripts: str) -> BrowserContext:
    """Return a new browser of a visitor's, in which `scripts` run before all else."""
    context = browser.new_context(locale="en-GB")
    context.route(f"{SHOP}/**", web.serve_shop)
    context.route(f"{SERVICE}/**", web.serve_service)
    for script in scripts:
        context.add_init_script(script)
    return context
