"""The tour of every page: which pages there are, how each is come to, and how it is pictured.

`test_tour.py` walks it in the demo. With `ACCORDANT_PICTURES` set to a folder, it keeps pictures there, and
writes `docs/tour.md`, which shows them.
"""

import base64
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from config.sidebar.pages import GROUPS
from config.sidebar.types import Page as Entry
from tests.acceptance.conftest import Demo

WIDTHS = {1280: 800, 390: 844}
"""Each width, and how high the window is."""
_QUALITY = 30
Opening = Callable[[Page, Demo], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One page of the tour."""

    name: str
    """Of its pictures."""
    title: str
    open: Opening
    is_dark: bool = False
    tallest: int = 1500
    """What is below is not pictured: the pictures stay small."""


@dataclass(frozen=True, slots=True)
class Part:
    """Pages that belong together."""

    title: str
    lead: str
    stops: Sequence[Stop]


def at(address: str, *, first: str = "") -> Opening:
    """Return how to come to an address; `first`: from there, by the first link that matches."""

    def open_it(page: Page, demo: Demo) -> None:
        page.goto(demo.url + address)
        if first:
            page.goto(demo.url + str(page.locator(first).first.get_attribute("href")).partition("?")[0])

    return open_it


def picture(page: Page, file: Path, *, tallest: int) -> None:
    """Keep a picture of the page, as small as it can be read."""
    size = page.viewport_size
    assert size is not None
    height = max(page.evaluate("document.documentElement.scrollHeight"), size["height"])
    page.set_viewport_size({"width": size["width"], "height": min(height, tallest)})
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.captureScreenshot", {"format": "webp", "quality": _QUALITY})
    file.write_bytes(base64.b64decode(found["data"]))
    devtools.detach()


def look(page: Page, demo: Demo, stop: Stop) -> list[str]:
    """Come to the page at each width, and return what is wrong with it there."""
    faults = []
    page.emulate_media(color_scheme="dark" if stop.is_dark else "light")
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        stop.open(page, demo)
        page.wait_for_load_state("networkidle")
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if too_wide > 0:
            faults.append(f"{stop.name} at {width}: {too_wide} too wide")
        if folder := os.environ.get("ACCORDANT_PICTURES"):
            picture(page, Path(folder) / f"{stop.name}-{width}.webp", tallest=stop.tallest)
    return faults


def _find_person(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/admin/activation_desk/personvisit/find/")
    page.select_option("select[name=kind]", "customer_id")
    page.fill("input[name=value]", demo.summary["checks"][0]["customer_id"])
    page.select_option("select[name=access]", "complaint")
    page.fill("input[name=reason]", "case 2026-117")
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url(re.compile(r"/personvisit/[0-9a-f-]{36}/change/$"))


def _find_visitor(page: Page, demo: Demo) -> None:
    """Come to somebody whose browser spoke against their yes, and show what the page says of signals."""
    page.goto(f"{demo.url}/admin/activation_desk/personvisit/find/")
    page.select_option("select[name=kind]", "email")
    page.fill("input[name=value]", demo.summary["signals"]["gpc"]["visitor"])
    page.fill("input[name=reason]", "case 2026-118")
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url(re.compile(r"/personvisit/[0-9a-f-]{36}/change/$"))
    others = "#act, #why, #data, #requests, #identity"
    page.evaluate("names => document.querySelectorAll(names).forEach(one => one.remove())", others)


def _ask_why(page: Page, demo: Demo) -> None:
    _find_person(page, demo)
    why = page.locator("#why_form")
    for name, value in {"purpose": "advertising.audience", "destination": "meridian_ads"}.items():
        why.locator(f"[name=why-{name}]").fill(value)
    why.locator("[name=why-controller]").fill("harbor")
    why.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer")).to_be_visible()
    page.locator("#why").evaluate("one => document.querySelector('#choices')?.remove()")


def _search(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/admin/consent_policies/purpose/")
    page.keyboard.press("Control+k")
    page.keyboard.type("withdraw")
    expect(page.get_by_role("dialog").get_by_role("link").first).to_be_visible()


def _save_view(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/admin/consent_requests/request/?state=all")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name", exact=True).fill("All of them")


def _export(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/admin/consent_policies/purpose/")
    page.get_by_role("link", name="Export this list").click()
    expect(page.get_by_text("The file will hold")).to_be_visible()


def _come_in(page: Page, demo: Demo) -> None:
    """Come into the preference centre as a customer does, by the code in a mail."""
    page.goto(f"{demo.url}/privacy/choices/")
    if not page.url.endswith("/choices/") or page.locator(".answers").count() == 0:
        page.goto(f"{demo.url}/privacy/choices/open/?controller=harbor")
        known = set((demo.home / "mails").iterdir())
        page.fill("[name=email]", _address(demo))
        page.locator("main button[type=submit]").first.click()
        page.fill("input[name=code]", _read_code(page, demo, known))
        page.locator("main button[type=submit]").first.click()
    expect(page.locator(".answers").first).to_be_visible()


def _address(demo: Demo) -> str:
    return f"c{demo.summary['checks'][0]['customer_id']}@customers.example"


def _read_code(page: Page, demo: Demo, known: set[Path]) -> str:
    """Return the code in the mail that a worker sends now."""
    for _ in range(240):
        for file in set((demo.home / "mails").iterdir()) - known:
            text = file.read_text(encoding="utf-8")
            if _address(demo) in text and (
                found := re.search(r"^\s*([0-9]{6}|[A-Z0-9]{4}-[A-Z0-9]{4})\s*$", text, re.MULTILINE)
            ):
                return found[1]
        page.wait_for_timeout(250)
    raise AssertionError("no mail with a code came")


def _after(path: str) -> Opening:
    def open_it(page: Page, demo: Demo) -> None:
        _come_in(page, demo)
        page.goto(f"{demo.url}/privacy/choices/{path}")

    return open_it


def _code(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/privacy/choices/open/?controller=harbor")
    page.fill("[name=email]", "somebody@customers.example")
    page.locator("main button[type=submit]").first.click()
    expect(page.locator("input[name=code]")).to_be_visible()


def _say_no(page: Page, demo: Demo) -> None:
    _come_in(page, demo)
    page.locator("button[name=no]").first.click()
    expect(page.locator(".told")).to_be_visible()


def _shop(page: Page, demo: Demo) -> None:
    page.goto(demo.shop)
    page.evaluate("localStorage.clear()")  # another visitor's browser
    page.reload()
    expect(page.locator("#banner")).to_be_visible()


def _shop_answered(page: Page, demo: Demo) -> None:
    _shop(page, demo)
    page.get_by_role("button", name="No to all").click()
    expect(page.locator("#receipt")).to_contain_text("On record")


def _leave(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/account/logout/")
    page.locator("main button[type=submit], form button[type=submit]").first.click()
    page.goto(f"{demo.url}/account/login/")


def _theme(page: Page, demo: Demo) -> None:
    page.goto(f"{demo.url}/admin/consent_portal/theme/add/")
    page.fill("[name=controller]", "harbor")
    page.fill("[name=title]", "Harbor Vinyl")
    expect(page.frame_locator("#theme-preview").locator(".answers").first).to_be_visible()


def _of_sidebar() -> list[Part]:
    """Return a part for each group of the sidebar, but the home page and the person's page."""
    parts = []
    for group in GROUPS:
        stops = [
            Stop(
                name=f"admin-{_slug(group.title)}-{_slug(entry.title)}",
                title=entry.title,
                open=by_name(entry),
            )
            for entry in group.pages
            if entry.label and entry.view != "find"
        ]
        parts.append(Part(f"The admin: {group.title}", "", stops))
    return parts


def by_name(entry: Entry) -> Opening:
    """Return how to come to a page of the sidebar: by its link, as an officer does."""

    def open_it(page: Page, demo: Demo) -> None:
        if "/admin/" not in page.url or page.locator(".desk-nav").count() == 0:
            page.goto(f"{demo.url}/admin/")
        link = page.locator(".desk-nav a").filter(has_text=re.compile(rf"^\s*{re.escape(entry.title)}\b"))
        page.goto(demo.url + str(link.first.get_attribute("href")))
        expect(page.locator("#content")).to_be_visible()

    return open_it


def _slug(words: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


PARTS: Sequence[Part] = (
    Part(
        "The officer's desk",
        "What an officer sees first, how they find somebody, and what lists can do.",
        (
            Stop(name="home", title="Home: what needs somebody", open=at("/admin/")),
            Stop(name="home-dark", title="The same, dark", open=at("/admin/"), is_dark=True),
            Stop(
                name="person-find",
                title="Find a person",
                open=at("/admin/activation_desk/personvisit/find/"),
            ),
            Stop(name="person", title="A person", open=_find_person),
            Stop(name="person-why", title="Why a check denies, in words", open=_ask_why),
            Stop(name="person-signals", title="A signal against a yes", open=_find_visitor),
            Stop(name="search", title="Search everything: Ctrl K", open=_search),
            Stop(name="view-save", title="A list, and a view that is saved", open=_save_view),
            Stop(name="export", title="Export a list", open=_export),
        ),
    ),
    Part(
        "The people's pages",
        "The preference centre: in five languages, with and without JavaScript, in each brand's colours.",
        (
            Stop(
                name="choices-open", title="The way in", open=at("/privacy/choices/open/?controller=harbor")
            ),
            Stop(name="choices-code", title="The code from the mail", open=_code),
            Stop(name="choices", title="Choices", open=_after("")),
            Stop(name="choices-dark", title="The same, dark", open=_after(""), is_dark=True),
            Stop(name="choices-said", title="A no is saved", open=_say_no),
            Stop(name="choices-history", title="What they said, and when", open=_after("history/")),
            Stop(name="choices-recipients", title="Who received their data", open=_after("recipients/")),
            Stop(name="choices-notice", title="The notice, whole", open=_after("notices/privacy/3/")),
            Stop(name="choices-address", title="A new address", open=_after("address/")),
            Stop(name="choices-german", title="In German", open=_after("?language=de")),
            Stop(name="portal", title="Requests: what people can ask for", open=at("/privacy/?language=en")),
            Stop(name="portal-ask", title="Ask for one's data", open=at("/privacy/ask/access/")),
            Stop(name="portal-opt-out", title="Do not sell or share", open=at("/privacy/opt-out/")),
            Stop(name="portal-link", title="A lost link", open=at("/privacy/link/")),
        ),
    ),
    Part(
        "A site with `consent.js`",
        "An invented shop with a banner of its own, and what officers see of the site.",
        (
            Stop(name="shop-asks", title="The shop asks", open=_shop),
            Stop(name="shop-answered", title="The answer is on record", open=_shop_answered),
            Stop(
                name="site",
                title="The site: the line to copy, and whether it is installed",
                open=at("/admin/consent_portal/site/", first="#result_list tbody a"),
            ),
            Stop(name="theme", title="A theme, with its preview", open=_theme, tallest=2400),
        ),
    ),
    Part(
        "One of each",
        "What lists lead to.",
        (
            Stop(
                name="request",
                title="A request: its clock, its steps, its timeline",
                open=at("/admin/consent_requests/request/", first="#result_list tbody a"),
            ),
            Stop(
                name="policy",
                title="A policy version",
                open=at("/admin/consent_policies/policyversion/", first="#result_list tbody a"),
            ),
            Stop(
                name="notice-version",
                title="A version of a notice",
                open=at("/admin/consent_policies/noticeversion/", first="#result_list tbody a"),
            ),
            Stop(
                name="run",
                title="An audience run",
                open=at("/admin/activation_enforcement/enforcementrun/", first="#result_list tbody a"),
            ),
            Stop(
                name="record",
                title="A consent record",
                open=at("/admin/consent_records/consentrecord/", first="#result_list tbody a"),
            ),
            Stop(
                name="signal",
                title="A signal, and what became of it",
                open=at("/admin/consent_records/recordedsignal/", first="#result_list tbody a"),
            ),
            Stop(
                name="leaf",
                title="An entry of the ledger",
                open=at("/admin/consent_ledger/leaf/", first="#result_list tbody a"),
            ),
            Stop(
                name="simulation",
                title="A simulation",
                open=at("/admin/activation_desk/simulationrun/", first="#result_list tbody a"),
            ),
            Stop(
                name="destination",
                title="A destination",
                open=at("/admin/activation_destinations/destination/", first="#result_list tbody a"),
            ),
            Stop(
                name="user",
                title="An account, its roles and sessions",
                open=at("/admin/auth/user/", first="#result_list tbody a"),
            ),
        ),
    ),
    *_of_sidebar(),
    Part(
        "Signing in",
        "An account's own pages, and the way in.",
        (
            Stop(name="factors", title="Factors", open=at("/account/factors/")),
            Stop(name="sessions", title="Sessions", open=at("/account/sessions/")),
            Stop(name="sign-in", title="Signing in", open=_leave),
        ),
    ),
)
