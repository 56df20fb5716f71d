"""Every page that we built, walked through in the demo at two widths; pictures are kept if asked for."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from config.launch.arguments import ROOT
from tests.acceptance.conftest import Demo
from tests.acceptance.served import started
from tests.acceptance.tour import PARTS, Part, look
from tests.acceptance.tour_page import write_page

pytestmark = pytest.mark.xdist_group("demo")
MOST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser."""
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    """Return a page on which the officer has signed in. Whatever the console complains of fails the test."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.location.get('url', '')}: {message.text}")

    opened = browser.new_context(locale="en-GB").new_page()
    opened.on("console", listen)
    opened.goto(f"{demo.url}/admin/")
    opened.fill("input[name=username]", demo.login[0])
    opened.fill("input[name=password]", demo.login[1])
    opened.click("button[type=submit]")
    opened.wait_for_url("**/admin/")
    yield opened
    opened.context.close()
    assert complaints == []


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.title)
def test_every_page_opens_and_fits_at_both_widths(demo: Demo, page: Page, part: Part) -> None:
    faults = [fault for stop in part.stops for fault in look(page, demo, stop)]

    assert faults == []


def test_the_tour_shows_each_page_once_and_its_pictures_are_small() -> None:
    if os.environ.get("ACCORDANT_PICTURES"):
        (ROOT / "docs/tour.md").write_text(write_page(), encoding="utf-8")
    names = [stop.name for part in PARTS for stop in part.stops]
    folder = ROOT / "docs/images/tour"

    assert len(set(names)) == len(names)
    assert (ROOT / "docs/tour.md").read_text(encoding="utf-8") == write_page()
    assert sum(file.stat().st_size for file in folder.iterdir()) < MOST_BYTES
    assert {file.name.rpartition("-")[0] for file in folder.iterdir()} == set(names)
