"""`consent.js` in a real browser, on a page with a strict policy: what it does first, and in failure."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from config.launch.embed_script import SOURCE, build
from consent.portal.embed.script import SCRIPT
from consent.portal.embed.types import CONSENT_TYPES
from tests.acceptance.served import started
from tests.embed_pages import ADS, EMBED, GPC, KEY, MEASURING, SERVICE, SHOP, TAG, Web, new_visitor, visiting

DENIED = {**dict.fromkeys(CONSENT_TYPES, "denied"), "wait_for_update": 500}
ALLOWED = f"[accordant.allows('{ADS}'), accordant.allows('{MEASURING}')]"
SAY_YES = f"accordant.record({{'{ADS}': true, '{MEASURING}': true}}, {{notice: 'privacy', version: 3}})"
SAY_NO = f"accordant.record({{'{ADS}': false}})"
NO_STORAGE = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('forbidden') }})"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def web() -> Web:
    return Web()


def updates(page: Page) -> list[Any]:
    """Return what Google's tags were told after the defaults."""
    told = page.evaluate("Array.from(window.dataLayer, (entry) => Array.from(entry))")
    return [entry[2] for entry in told if entry[:2] == ["consent", "update"]]


def retry(page: Page) -> None:
    """Have the page send what waits, and wait until it did."""
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.evaluate(f"accordant.record({{'{MEASURING}': false}})")


def waiting(page: Page) -> int:
    """Return how many statements wait."""
    return int(page.evaluate("Object.keys(localStorage).filter((name) => name.includes('.waiting.')).length"))


def test_the_script_is_small_built_from_its_sources_and_speaks_to_old_browsers() -> None:
    content = SCRIPT.read_text()
    code = re.sub(r"/\*!.*?\*/|'[^'\n]*'", "", content)

    assert content == build()
    assert len(gzip.compress(content.encode(), 9)) <= 5_000
    for form in (
        r"\?\.[a-zA-Z(\[]",
        r"\?\?",
        r"catch\s*\{",
        r"\.\.\.",
        r"\beval\b",
        r"\bFunction\(",
        r"innerHTML",
    ):
        assert not re.search(form, code), form
    assert all(len(file.read_text().splitlines()) <= 150 for file in SOURCE.glob("*.js"))


def test_all_is_denied_before_the_tag_that_follows_in_the_page(browser: Browser, web: Web) -> None:
    with visiting(browser, web) as page:
        web.show(page)

        assert page.evaluate("heard") == [["consent", "default", DENIED]]
        assert updates(page) == []


def test_the_test_of_the_order_notices_a_script_that_tells_nothing_or_late(browser: Browser) -> None:
    late = EMBED.replace("<script ", "<script defer ")
    for web, head in (
        (Web(script=SCRIPT.read_text().replace("tellDefaults();", "")), EMBED + TAG),
        (Web(), late + TAG),
    ):
        with visiting(browser, web) as page:
            web.show(page, head)
            assert page.evaluate("heard") == []


def test_the_page_gets_three_names_and_no_others(browser: Browser, web: Web) -> None:
    web.files |= {
        "/before.js": "window.names = Object.keys(window);",
        "/after.js": "window.added = Object.keys(window).filter((one) => !names.includes(one));",
    }
    with visiting(browser, web) as page:
        web.show(page, f'<script src="/before.js"></script>{EMBED}<script src="/after.js"></script>')

        assert sorted(page.evaluate("added")) == ["accordant", "dataLayer", "gtag", "names"]


def test_a_yes_counts_once_it_is_on_record(browser: Browser, web: Web) -> None:
    with visiting(browser, web) as page:
        web.show(page)
        assert page.evaluate(ALLOWED) == [False, False]
        page.evaluate("accordant.onchange((choices) => { window.changed = choices }); 1")

        told = page.evaluate(SAY_YES)

        assert told == {"recorded": True, "receipt": "rec_1", "choices": {ADS: True, MEASURING: True}}
        assert page.evaluate("changed") == {ADS: True, MEASURING: True}
        assert updates(page) == [
            {"ad_storage": "granted", "ad_user_data": "granted", "analytics_storage": "granted"}
        ]
        [call] = web.calls
        assert (call.body["notice"], call.body["notice_version"], call.body["language"]) == (
            "privacy",
            3,
            "en",
        )
        assert re.fullmatch(r"[0-9a-f]{32}", call.headers["idempotency-key"])
        assert "cookie" not in call.headers
        assert call.headers["origin"] == SHOP
        assert page.evaluate(f"accordant.withdraw().then(() => {ALLOWED})") == [False, False]


def test_who_comes_again_is_known_before_the_tag_and_nothing_is_asked_twice(
    browser: Browser, web: Web
) -> None:
    with visiting(browser, web) as page:
        web.show(page)
        page.evaluate(SAY_YES)
        web.mood = "silent"
        web.open(page)

        assert [entry[1] for entry in page.evaluate("heard")] == ["default", "update"]
        assert page.evaluate(ALLOWED) == [True, True]
        web.mood = "ok"
        web.show(page)
        assert [call.path for call in web.calls] == ["choices"]


def test_what_is_known_grows_old(browser: Browser, web: Web) -> None:
    age = (
        "(hours) => { const name = Object.keys(localStorage).find((one) => one.endsWith('.known'));"
        " const known = JSON.parse(localStorage[name]); known.at -= hours * 3600000;"
        " localStorage[name] = JSON.stringify(known) }"
    )
    with visiting(browser, web) as page:
        web.show(page)
        page.evaluate(SAY_YES)
        device = web.calls[0].body["device"]
        web.ledger[device][ADS] = False
        page.evaluate(age, 1)
        web.show(page)
        assert page.evaluate(ALLOWED) == [False, True]  # the ledger was asked
        page.evaluate(age, 25)
        web.mood = "silent"
        web.open(page)
        assert page.evaluate(ALLOWED) == [False, False]
        page.evaluate(age, -100)
        web.open(page)
        assert page.evaluate(ALLOWED) == [False, False]  # a clock that jumped


@pytest.mark.parametrize("mood", ["down", 500, 503, 429, 403, 404])
def test_a_no_said_while_the_service_fails_counts_at_once_and_is_never_lost(
    browser: Browser, web: Web, mood: str | int
) -> None:
    with visiting(browser, web, quiet=False) as page:
        web.show(page)
        page.evaluate(SAY_YES)
        web.mood = mood

        told = page.evaluate(SAY_NO)

        assert told["recorded"] is False
        assert page.evaluate(ALLOWED) == [False, True]
        assert updates(page)[-1]["ad_storage"] == "denied"
        web.show(page)  # loaded anew, the service still failing
        assert page.evaluate(ALLOWED) == [False, True]
        assert waiting(page) == 1
        web.mood = "ok"
        web.show(page)
        assert waiting(page) == 0
        sent = [call for call in web.calls if call.body.get("choices") == {ADS: False}]
        assert len({call.headers["idempotency-key"] for call in sent}) == 1
        assert page.evaluate(ALLOWED) == [False, True]


def test_a_yes_said_while_the_service_fails_waits_and_allows_nothing(browser: Browser, web: Web) -> None:
    with visiting(browser, web, quiet=False) as page:
        web.show(page)
        web.mood = 500
        assert page.evaluate(SAY_YES)["recorded"] is False
        assert page.evaluate(ALLOWED) == [False, False]
        page.evaluate(SAY_NO)
        web.mood = "ok"
        retry(page)

        assert page.evaluate(ALLOWED) == [False, False]
        assert [one["choices"] for one in web.said()][-3:] == [
            {ADS: True, MEASURING: True},
            {ADS: False},
            {MEASURING: False},
        ]


def test_a_service_that_never_answers_lets_nothing_through_and_holds_nothing_up(
    browser: Browser, web: Web
) -> None:
    web.mood = "silent"
    with visiting(browser, web, quiet=False) as page:
        page.clock.install()
        web.open(page)
        page.evaluate(f"window.done = []; {SAY_NO}.then((told) => done.push(told.recorded))")
        assert page.evaluate(ALLOWED) == [False, False]
        page.clock.run_for(60_000)
        page.wait_for_function("done.length")

        assert page.evaluate("done") == [False]
        assert waiting(page) == 1


def test_what_the_ledger_refuses_loses_its_yes_and_keeps_its_no(browser: Browser, web: Web) -> None:
    with visiting(browser, web, quiet=False) as page:
        web.show(page)
        web.mood = 400
        page.evaluate(f"accordant.record({{'{ADS}': false, '{MEASURING}': true}})")
        assert waiting(page) == 1
        page.evaluate(f"accordant.record({{'{MEASURING}': true}})")
        assert waiting(page) == 1
        web.mood = "ok"
        web.show(page)

        assert web.said()[-1] == {"choices": {ADS: False}}
        assert page.evaluate(ALLOWED) == [False, False]


def test_a_device_that_was_forgotten_gets_another_id(browser: Browser, web: Web) -> None:
    with visiting(browser, web, quiet=False) as page:
        web.show(page)
        page.evaluate(SAY_YES)
        web.mood = 410
        page.evaluate(SAY_NO)
        web.mood = "ok"
        retry(page)

        devices = [call.body["device"] for call in web.calls if call.path == "choices"]
        assert devices[0] != devices[-1]
        assert all(re.fullmatch(r"acd_[0-9a-f]{32}", device) for device in devices)


def test_the_browsers_signal_is_told_and_a_yes_against_it_counts_only_in_knowledge(
    browser: Browser, web: Web
) -> None:
    with visiting(browser, web, GPC) as page:
        web.show(page)
        assert web.said() == [{"gpc": True}]
        page.evaluate(SAY_YES)
        assert page.evaluate(ALLOWED) == [False, True]
        assert updates(page)[-1] == {
            "ad_storage": "denied",
            "ad_user_data": "denied",
            "analytics_storage": "granted",
        }

        page.evaluate(f"accordant.record({{'{ADS}': true}}, {{afterConflict: true}})")

        assert page.evaluate(ALLOWED) == [True, True]
        assert web.said()[-1] == {"choices": {ADS: True}, "gpc": True, "after_conflict_notice": True}
        web.show(page)
        assert page.evaluate(ALLOWED) == [True, True]
        assert web.said().count({"gpc": True}) == 1


HOSTILE: list[Any] = [
    "",
    "<html>",
    "null",
    "[]",
    "1",
    {"holds": None},
    {"holds": [ADS]},
    {"holds": {ADS: "true", MEASURING: 1}},
    {"holds": {ADS: True, MEASURING: True}, "until": "soon"},
    {"holds": {ADS: True, MEASURING: True}, "until": "2020-01-01T00:00:00Z"},
    '{"holds": {"__proto__": {"x": true}}, "after_conflict": {"indexOf": 1}}',
]


@pytest.mark.parametrize("answer", HOSTILE)
def test_no_answer_makes_a_yes_of_what_is_none(browser: Browser, web: Web, answer: Any) -> None:
    web.answer = answer
    with visiting(browser, web) as page:
        web.show(page)
        page.evaluate(SAY_YES)

        assert page.evaluate(ALLOWED) == [False, False]
        assert all("granted" not in update.values() for update in updates(page))


@pytest.mark.parametrize(
    "config",
    [
        "",
        "null",
        {"purposes": None},
        {
            "purposes": [ADS],
            "signals": [1],
            "categories": "x",
            "signalled": 5,
            "preferences": "javascript:alert(1)",
        },
        {
            "purposes": [1, None, {}],
            "signals": {"ad_storage": {}, "evil": ADS},
            "categories": {"marketing": 1},
        },
    ],
)
def test_no_configuration_makes_the_script_fail(browser: Browser, web: Web, config: Any) -> None:
    web.config = config
    with visiting(browser, web) as page:
        web.show(page)
        page.evaluate("accordant.withdraw()")

        assert page.evaluate("accordant.link()").startswith(f"{SERVICE}/privacy/choices/")
        assert page.evaluate(ALLOWED) == [False, False]


@pytest.mark.parametrize(
    "stored", ["", "null", "[]", "{", '{"holds":true,"at":"x"}', '{"holds":{"a":1},"told":{}}']
)
def test_whatever_lies_in_the_pages_storage_the_script_begins(
    browser: Browser, web: Web, stored: str
) -> None:
    spoil = (
        f"for (const name of ['known', 'device', 'heard', 'waiting.x'])"
        f" localStorage['accordant.{KEY}.' + name] = {json.dumps(stored)}"
    )
    with visiting(browser, web, spoil) as page:
        web.show(page)

        assert page.evaluate(ALLOWED) == [False, False]


def test_without_storage_it_works_for_as_long_as_the_page_lasts(browser: Browser, web: Web) -> None:
    with visiting(browser, web, NO_STORAGE) as page:
        web.show(page)
        page.evaluate(SAY_YES)

        assert page.evaluate(ALLOWED) == [True, True]
        assert len({call.body["device"] for call in web.calls}) == 1


NONSENSE = [
    "accordant.allows()",
    "accordant.allows({toString() { throw new Error() }})",
    "accordant.allows('constructor')",
    "accordant.allows('__proto__')",
    "accordant.allows(Symbol())",
    "accordant.record().then((told) => told.recorded)",
    "accordant.record(null, null).then((told) => told.recorded)",
    f"accordant.record({{'{ADS}': 'yes'}}).then((told) => told.recorded)",
    "accordant.record({get a() { throw new Error() }}).then((told) => told.recorded)",
]


def test_nothing_that_a_page_does_with_it_throws(browser: Browser, web: Web) -> None:
    with visiting(browser, web) as page:
        web.show(page)
        for expression in NONSENSE:
            assert page.evaluate(expression) is False, expression
        assert page.evaluate("typeof accordant.onchange(5)") == "function"
        page.evaluate("accordant.onchange(() => { throw new Error('the page') }); 1")
        page.evaluate("accordant.watch(7)")
        page.evaluate(f"{SAY_YES}")

        assert page.evaluate(ALLOWED) == [True, True]


def test_without_a_key_or_twice_in_a_page_it_does_no_harm(browser: Browser, web: Web) -> None:
    keyless = EMBED.replace(f' data-site="{KEY}"', "")
    with visiting(browser, web) as page:
        web.show(page, keyless + TAG)
        assert page.evaluate(f"{SAY_YES}.then((told) => told.recorded)") is False
        assert page.evaluate("heard")[0][1] == "default"
        assert web.calls == []
        web.show(page, EMBED + EMBED + TAG)
        assert len(page.evaluate("heard")) == 1


def test_two_tabs_agree(browser: Browser, web: Web) -> None:
    context = new_visitor(browser, web)
    one, other = context.new_page(), context.new_page()
    web.show(one)
    web.show(other)
    other.evaluate("window.told = new Promise((resolve) => accordant.onchange(resolve)); 1")

    one.evaluate(SAY_YES)

    assert other.evaluate("told") == {ADS: True, MEASURING: True}
    assert other.evaluate(ALLOWED) == [True, True]
    context.close()


def test_no_address_holds_the_device_or_the_page(browser: Browser, web: Web) -> None:
    with visiting(browser, web) as page:
        web.show(page)
        page.evaluate(SAY_YES)

        device = web.calls[0].body["device"]
        assert all(device not in address and "shop" not in address for address in web.requested)
        assert all("referer" not in call.headers for call in web.calls)
        assert page.evaluate("accordant.link()") == f"{SERVICE}/privacy/choices/"


def test_a_script_that_takes_any_answer_for_a_yes_is_noticed(browser: Browser) -> None:
    web = Web(script=SCRIPT.read_text().replace("known.holds[purpose]!==true)", "!known.holds[purpose])"))
    web.answer = {"holds": {ADS: "true", MEASURING: 1}}
    with visiting(browser, web) as page:
        web.show(page)
        page.evaluate(SAY_YES)
        assert page.evaluate(ALLOWED) == [True, True]


def test_a_script_that_heeds_a_no_only_once_it_is_recorded_is_noticed(browser: Browser) -> None:
    web = Web(
        script=SCRIPT.read_text().replace("heed(body);saveKnown", "saveKnown").replace("heed(item.body)", "")
    )
    with visiting(browser, web, quiet=False) as page:
        web.show(page)
        page.evaluate(SAY_YES)
        web.mood = "down"
        page.evaluate(SAY_NO)
        assert page.evaluate(ALLOWED) == [True, True]
