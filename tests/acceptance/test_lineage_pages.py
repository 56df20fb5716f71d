"""An auditor follows data in a real browser: the drawing moves, leads on, and the console stays silent."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from activation.enforcement.models import EnforcementRun
from tests import graph_world
from tests.acceptance.served import opened_by, served
from tests.enforcement_world import list_events, make_world, run, write_csv
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.lineage_pages_world import (
    ADDRESS,
    HOSTILE,
    PAGE,
    key_of,
    tell_hostile_names,
    tell_retailer,
)

# Fixtures that read the database stand before `page`: its driver has a loop in this thread.
PHONE = {"width": 400, "height": 800}


@pytest.fixture
def address(
    committed_database: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[str]:
    """Serve the admin on a clone of the database, with a retailer's lineage. One run of it is real."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    monkeypatch.setattr(graph_world, "NOON", timezone.now() - timedelta(days=12, hours=1))
    User.objects.create_superuser("ada")
    make_world()
    write_csv(tmp_path)
    run_id = run(tmp_path).run_id
    decision = list_events(run_id)[-1]["run"]["facets"]["accordant_decision"]
    tell_retailer(at=timezone.now(), run_id=run_id, decision=decision)
    with served() as address:
        yield address


@pytest.fixture
def hostile(address: str) -> dict[str, str]:
    """Tell of names that mean harm, and return keys by name."""
    tell_hostile_names()
    return {HOSTILE: key_of(HOSTILE), ADDRESS: key_of(ADDRESS)}


@pytest.fixture
def keys(address: str) -> dict[str, str]:
    """Return keys of nodes by a part of their names."""
    names = {
        "base": "marts/customer_base",
        "gate": "enforce_audience.advertising.audience.meridian_ads",
        "customers": "shop.public.customers",
    }
    run_id = str(EnforcementRun.objects.get().pk)
    return {"run": run_id, **{short: key_of(name) for short, name in names.items()}}


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """Return a page of Ada's browser. Whatever the console complains of, or a dialog, fails the test."""
    with opened_by("ada", address, has_touch=True) as page:
        yield page


def keep(page: Page, name: str) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def moved(page: Page) -> str:
    """Return how the drawing is moved and scaled."""
    return page.locator("#lineage-layer").get_attribute("transform") or ""


def drawn(page: Page) -> list[str]:
    """Return the keys of the nodes that the page was given to draw."""
    keys: list[str] = page.evaluate(
        "JSON.parse(document.getElementById('lineage-drawing').textContent).nodes.map((node) => node.key)"
    )
    assert len(keys) >= 13
    return keys


def scale(page: Page) -> float:
    found = re.search(r"scale\(([^)]+)\)", moved(page))
    assert found is not None
    return float(found[1])


def test_the_drawing_is_moved_and_scaled_by_mouse_wheel_keys_and_buttons(page: Page) -> None:
    page.goto(PAGE)
    expect(page.locator("#lineage-picture a.lineage-node")).to_have_count(len(drawn(page)))
    keep(page, "lineage-picture")
    begun = moved(page)

    box = page.locator("#lineage-picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    page.mouse.up()
    dragged = moved(page)
    assert dragged != begun
    before = scale(page)
    page.mouse.wheel(0, -400)
    expect(page.locator("#lineage-layer")).not_to_have_attribute("transform", dragged)
    assert scale(page) > before
    before = scale(page)
    page.get_by_role("button", name="Zoom out").click()
    assert scale(page) < before
    page.locator("#lineage-picture").focus()
    still = moved(page)
    page.keyboard.press("ArrowRight")
    assert moved(page) != still
    before = scale(page)
    page.keyboard.press("+")
    assert scale(page) > before
    page.keyboard.press("0")
    assert moved(page) == begun


def test_two_fingers_scale_the_drawing(page: Page) -> None:
    page.goto(PAGE)
    before = scale(page)
    box = page.locator("#lineage-picture").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 30
    session = page.context.new_cdp_session(page)

    for kind, distance in (("touchStart", 30), ("touchMove", 60), ("touchMove", 120)):
        points = [{"x": x - distance, "y": y, "id": 0}, {"x": x + distance, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    assert scale(page) > before


def test_a_click_leads_from_a_gate_to_its_run_with_decision_and_manifest(
    keys: dict[str, str], page: Page
) -> None:
    page.goto(PAGE)
    page.locator(f'[data-key="{keys["gate"]}"]').click()

    panel = page.locator("#lineage-panel")
    expect(panel.get_by_role("heading", name="meridian_ads")).to_be_visible()
    expect(panel.get_by_text("advertising.audience", exact=True)).to_be_visible()
    panel.locator(f'a[href*="{keys["run"]}"]').click()
    expect(page.locator("#lineage-decision")).to_contain_text("The person withdrew their consent.")
    expect(page.locator("#lineage-decision").get_by_role("link", name="shop version 1")).to_be_visible()
    expect(page.locator("#lineage-manifest")).to_contain_text("sha256:")
    keep(page, "lineage-run")
    page.get_by_role("link", name="Open the enforcement run").click()
    expect(page.get_by_text(keys["run"]).first).to_be_visible()


def test_keys_alone_lead_to_a_node_and_back(keys: dict[str, str], page: Page) -> None:
    page.goto(PAGE)
    node = page.locator(f'[data-key="{keys["customers"]}"]')
    assert "personal data" in (node.get_attribute("aria-label") or "")

    page.locator("#lineage-picture").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.key") is not None
    node.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#lineage-panel")
    expect(panel.get_by_text("team:crm")).to_be_visible()
    expect(panel.get_by_role("heading", name="shop.public.customers")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(node).to_be_focused()


def test_a_filter_narrows_and_a_focus_goes_one_way(keys: dict[str, str], page: Page) -> None:
    page.goto(PAGE)
    page.fill("input[name=purpose]", "email.newsletter")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("a.lineage-node", has_text="brightmail")).to_have_count(2)
    expect(page.locator("a.lineage-node", has_text="meridian_ads")).to_have_count(0)

    page.get_by_role("link", name="Show all").click()
    page.locator(f'[data-key="{keys["base"]}"]').click()
    page.locator("#lineage-panel").get_by_role("link", name="Where it goes").click()
    expect(page.locator("a.lineage-node", has_text="lookalikes/2026-11")).to_be_visible()
    expect(page.locator("a.lineage-node", has_text="shop.public.customers")).to_have_count(0)


def test_an_ungated_path_is_listed_and_noted_as_known(page: Page) -> None:
    page.goto(f"{PAGE}paths/")
    expect(page.locator(".lineage-ungated").first).to_contain_text("lookalikes/2026-11")
    keep(page, "lineage-radar")
    listed = page.locator(".lineage-ungated").count()

    path = page.locator(".lineage-ungated").first
    path.locator("summary").click()
    path.locator("textarea[name=reason]").fill("the contract ends in January")
    path.locator("input[name=until]").fill(f"{timezone.now() + timedelta(days=30):%Y-%m-%d}")
    path.get_by_role("button", name="Note as known").click()

    expect(page.get_by_text("the contract ends in January")).to_be_visible()
    expect(page.locator(".lineage-ungated")).to_have_count(listed)
    expect(page.locator(".lineage-tabs [aria-current]")).not_to_contain_text(str(listed))


def test_hostile_names_are_drawn_as_text(hostile: dict[str, str], page: Page) -> None:
    page.goto(PAGE)
    node = page.locator(f'[data-key="{hostile[HOSTILE]}"]')
    expect(node.locator("text.lineage-name")).to_have_text(re.compile("^<script>"))
    expect(page.locator("#lineage-picture script, #lineage-picture image, main img[src=x]")).to_have_count(0)
    widths = page.evaluate(
        "[...document.querySelectorAll('.lineage-name')].map((name) => name.getComputedTextLength())"
    )
    assert max(widths) <= 212
    addresses = page.evaluate(
        "[...document.querySelectorAll('a')].map((link) => link.href.baseVal ?? link.href)"
    )
    assert not [one for one in addresses if "javascript:" in one]

    page.locator("#lineage-picture").focus()
    page.keyboard.press("0")
    node.click()
    expect(page.locator("#lineage-panel h2")).to_contain_text("<script>")
    page.goto(f"{PAGE}nodes/{hostile[ADDRESS]}/")
    expect(page.locator("#lineage-facts h2")).to_contain_text("javascript:alert(1)")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(
    keys: dict[str, str], hostile: dict[str, str], page: Page, colours: str
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict
    page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]  # light or dark
    for place in (
        "",
        "runs/",
        f"runs/{keys['run']}/",
        "paths/",
        "datasets/",
        "boundaries/",
        f"nodes/{hostile[HOSTILE]}/",
    ):
        page.goto(PAGE + place)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], place
        keep(page, f"lineage-phone-{colours}-{place.strip('/').replace('/', '-') or 'picture'}")
