"""Banners that a site has already, as their packages hold them: each choice is heard, once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.acceptance.served import started
from tests.embed_pages import ADS, BANNERS, EMBED, MEASURING, Web, visiting

ALLOWED = f"[accordant.allows('{ADS}'), accordant.allows('{MEASURING}')]"
OPEN = "default-src 'self' 'unsafe-inline' 'unsafe-eval' https://consent.example"
VANILLA = """
CookieConsent.run({
  hideFromBots: false,
  categories: {
    necessary: {enabled: true, readOnly: true},
    marketing: {},
    analytics: {services: {matomo: {label: 'Matomo'}}},
  },
  language: {default: 'en', translations: {en: {
    consentModal: {title: 'Cookies', acceptAllBtn: 'Yes', acceptNecessaryBtn: 'No'},
    preferencesModal: {sections: []},
  }}},
});
"""
KLARO = """
window.klaroConfig = {
  lang: 'en',
  translations: {en: {purposes: {ads: 'Ads', stats: 'Stats'}, acceptAll: 'All', decline: 'No', ok: 'OK'}},
  services: [
    {name: 'marketing', title: 'Ads', purposes: ['ads']},
    {name: 'analytics', title: 'Stats', purposes: ['stats']},
    {name: 'session', title: 'Session', purposes: ['ads'], required: true},
  ],
};
"""

DECIDE = """(isYes) => {
  const manager = klaro.getManager(klaroConfig);
  manager.changeAll(isYes);
  manager.saveAndApplyConsents('save');
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as browser:
        yield browser


@pytest.fixture
def vanilla() -> Web:
    library = (BANNERS / "vanilla-cookieconsent-3.1.0.js").read_text()
    return Web(files={"/banner.js": library, "/run.js": VANILLA})


@pytest.fixture
def klaro() -> Web:
    library = (BANNERS / "klaro-0.7.22.js").read_text()
    return Web(files={"/config.js": KLARO, "/klaro.js": library})


def open_vanilla(page: Page, web: Web) -> None:
    scripts = '<script defer src="/banner.js"></script><script defer src="/run.js"></script>'
    web.show(page, EMBED + scripts, csp=OPEN)


def open_klaro(page: Page, web: Web) -> None:
    scripts = '<script src="/config.js"></script><script defer src="/klaro.js"></script>'
    web.show(page, EMBED + scripts, csp=OPEN)


def settled(page: Page) -> list[bool]:
    """Wait until all that was said is on record, and return what is allowed."""
    page.wait_for_function("!Object.keys(localStorage).some((name) => name.includes('.waiting.'))")
    answer: list[bool] = page.evaluate(ALLOWED)
    return answer


def test_all_that_vanilla_cookieconsent_is_told_is_recorded_once(browser: Browser, vanilla: Web) -> None:
    with visiting(browser, vanilla) as page:
        open_vanilla(page, vanilla)
        assert vanilla.said() == []

        page.locator("[data-role=all]").first.click(force=True)
        page.wait_for_function(ALLOWED + "[0]")

        [said] = vanilla.said()
        assert said["categories"] == {
            "necessary": True,
            "marketing": True,
            "analytics": True,
            "analytics:matomo": True,
        }
        assert vanilla.calls[0].body["banner"] == "vanilla-cookieconsent"
        open_vanilla(page, vanilla)
        assert settled(page) == [True, True]
        assert len(vanilla.said()) == 1  # it tells on every page what it remembers

        page.evaluate("CookieConsent.acceptCategory('analytics')")
        assert settled(page) == [False, True]
        assert vanilla.said()[-1]["categories"]["marketing"] is False


def test_a_no_to_vanilla_cookieconsent_is_recorded_though_the_service_fails(
    browser: Browser, vanilla: Web
) -> None:
    with visiting(browser, vanilla, quiet=False) as page:
        open_vanilla(page, vanilla)
        vanilla.mood = "down"
        page.locator("[data-role=necessary]").first.click(force=True)
        open_vanilla(page, vanilla)
        assert page.evaluate(ALLOWED) == [False, False]
        vanilla.mood = "ok"
        open_vanilla(page, vanilla)

        assert settled(page) == [False, False]
        [said] = vanilla.said()
        assert {said["categories"]["marketing"], said["categories"]["analytics"]} == {False}


def test_what_vanilla_cookieconsent_was_told_long_ago_is_recorded_as_of_then(
    browser: Browser, vanilla: Web
) -> None:
    with visiting(browser, vanilla) as page:
        open_vanilla(page, vanilla)
        page.evaluate("CookieConsent.acceptCategory('all')")
        settled(page)
        page.evaluate(
            "window.dispatchEvent(new CustomEvent('cc:onConsent', {detail: {cookie: {lastConsentTimestamp:"
            " new Date(Date.now() - 86400000).toISOString()}}}))"
        )
        settled(page)

        body = vanilla.calls[-1].body
        assert 86_000 < body["seconds_ago"] < 87_000
        assert "notice_version" not in body  # of the one that was in force then


def test_all_that_klaro_is_told_is_recorded(browser: Browser, klaro: Web) -> None:
    with visiting(browser, klaro) as page:
        open_klaro(page, klaro)
        assert klaro.said() == []

        page.evaluate(DECIDE, True)
        assert settled(page) == [True, True]
        page.evaluate(DECIDE, False)
        assert settled(page) == [False, False]

        assert [one["categories"] for one in klaro.said()] == [
            {"marketing": True, "analytics": True, "session": True},
            {"marketing": False, "analytics": False, "session": True},
        ]
        assert klaro.calls[0].body["banner"] == "klaro"


def test_of_what_klaro_remembers_only_noes_are_taken(browser: Browser, klaro: Web) -> None:
    with visiting(browser, klaro) as page:
        open_klaro(page, klaro)
        page.evaluate(
            "const one = klaro.getManager(klaroConfig); one.updateConsent('marketing', true);"
            " one.updateConsent('analytics', false); one.saveAndApplyConsents('save')"
        )
        settled(page)
        page.evaluate("localStorage.clear()")
        klaro.calls.clear()
        open_klaro(page, klaro)
        page.wait_for_load_state("load")

        assert settled(page) == [False, False]
        assert [one["categories"] for one in klaro.said()] == [{"analytics": False}]
        open_klaro(page, klaro)
        assert len(klaro.said()) == 1


def test_a_button_of_klaros_banner_is_heard(browser: Browser, klaro: Web) -> None:
    with visiting(browser, klaro) as page:
        open_klaro(page, klaro)
        page.locator(".cn-decline").first.click(force=True)
        page.wait_for_function("Object.keys(accordant.choices()).length")

        assert settled(page) == [False, False]
        [said] = klaro.said()
        assert said["categories"] == {"marketing": False, "analytics": False, "session": True}
