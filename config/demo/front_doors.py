"""The story's chapter on the two front doors: the officer's desk, and the pages of the people themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activation.decisions.types import Question
from config.demo import at_the_shop
from config.demo.asking import Asking
from config.demo.calls import Api
from config.demo.evidence import StoryFailed
from config.demo.pages import Browser, Page
from config.demo.people import HARBOR
from config.demo.stage import signing_in
from config.demo.telling import Teller

ADS, MAIL = "advertising.audience", "marketing.email"
MAILING = Question(purpose=MAIL, destination="lumen_mail", controller=HARBOR)
_TRIED = 200
"""So many customers are asked about, until one is found who is allowed."""
_CASE = "case 2026-117"
_ROW = rf"{re.escape(ADS)}</bdi></span></th>\s*<td>.*?</td>\s*<td>\s*(?:<span.*?</span>)?"
"""Of the person's page: up to the words that say what holds for advertising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where both doors are, and who asks at the check server whether a no holds."""

    api: Api
    asking: Asking
    shop_url: str
    """Where the shop's page is: its origin."""
    teller: Teller


def open_both(doors: Doors, customers: Sequence[str], *, at: datetime) -> dict[str, Any]:
    """Have an officer find a customer, and customers choose on their own pages. Return figures.

    `customers`: who was sent to the ad platform; some of them may not be any more.

    :raises StoryFailed: if a page does not show what it must, or a no does not hold.
    """
    customer = _choose(doors.api, doors.asking.question, customers)
    mailed = _choose(doors.api, MAILING, [one for one in customers if one != customer])
    with signing_in() as login:
        desk = Browser(doors.api.url)
        desk.send(desk.open("/account/login/"), login)
        found = _find(doors, desk, customer)
        links = _make_links(doors.api, customer, mailed)
        return {
            "found": found,
            "preferences": _say_no(doors, links[0], customer),
            "one_click": _unsubscribe(doors, links[1], mailed),
            "site": at_the_shop.choose(
                url=doors.api.url, shop_url=doors.shop_url, at=at, teller=doors.teller
            ),
            "home": _look_at_home(doors, desk),
        }


def _find(doors: Doors, desk: Browser, customer_id: str) -> dict[str, str]:
    """Have the officer find the customer, see what holds, and ask the engine why it allows."""
    asked = {"kind": "customer_id", "value": customer_id, "access": "complaint", "reason": _CASE}
    person = desk.send(desk.open("/admin/activation_desk/personvisit/find/"), asked)
    holds = person.find(rf"{_ROW}(.*?)</td>", "what holds for advertising")
    since = person.find(rf"{_ROW}.*?</td>\s*<td[^>]*>([^<]*)", "since when it holds")
    question = {"why-purpose": ADS, "why-destination": "meridian_ads", "why-controller": HARBOR}
    answer = desk.open(person.url, **question).find(r'id="answer".*?<h3>(.*?)</h3>', "the engine's answer")
    if not answer.startswith("allow"):
        raise StoryFailed("the engine denies what it allowed before")
    say = doors.teller.say
    say(f"Ada signs in and finds customer {customer_id} for {_CASE}: that she did is on record, whom is not.")
    say(f"  Advertising on other sites: {holds}, since {since}.")
    say(f"  Why would a check allow it? {answer.removeprefix('allow').strip()}")
    return {"customer_id": customer_id, "holds": holds, "since": since, "answer": answer}


def _choose(api: Api, question: Question, customers: Sequence[str]) -> str:
    """Return the first customer who said yes to `question`, and of whom a check allows it.

    :raises StoryFailed: if there is none among the first.
    """
    for one in customers[:_TRIED]:
        answer = api.evaluate(question=question, customer_id=one)
        if answer["decision"] and answer["context"]["reason"] == "granted":
            return one
    raise StoryFailed(f"no customer said yes to {question.purpose}")


def _make_links(api: Api, *customers: str) -> list[dict[str, Any]]:
    people = [{"identifiers": [{"kind": "customer_id", "value": one}]} for one in customers]
    body = {"kind": "mailing", "controller": HARBOR, "purpose": MAIL, "people": people}
    links: list[dict[str, Any]] = api.post("/api/v1/preference-links", body)["links"]
    return links


def _say_no(doors: Doors, link: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Have the customer open a mailing's link, and say no to one purpose on the page."""
    browser, say = Browser(doors.api.url), doors.teller.say
    page = browser.open(link["url"])
    offered = page.list_all(r'name="no" value="([^" ]+)')
    button = page.find(rf'name="no" value="({re.escape(ADS)}[^"]*)"', "a button that says no to advertising")
    say(f"They open the link of a mailing. The preference centre asks about {len(offered)} purposes.")
    browser.send(page, {"no": button}).find(r"(Saved: no\.)", "that the no is saved")
    milliseconds = doors.asking.wait_until_denied(customer_id)
    say(f"One click on no to advertising; the check server denies {milliseconds:,.1f} ms after the answer.")
    doors.asking.ask("the customer who said no", customer_id, expected=False)
    return {"purposes": len(offered), "denied_after_ms": milliseconds}


def _unsubscribe(doors: Doors, link: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """Have a mail program unsubscribe a customer: one POST without cookies (RFC 8058)."""
    mail = Asking(doors.asking.web, doors.asking.check_server, MAILING, doors.teller)
    address = link["headers"]["List-Unsubscribe"].strip("<>")
    name, _, value = link["headers"]["List-Unsubscribe-Post"].partition("=")
    doors.teller.say(f"Customer {customer_id} presses “unsubscribe” in their mail program: one POST.")
    Browser(doors.api.url).send(Page(address, ""), {name: value})
    milliseconds = mail.wait_until_denied(customer_id)
    mail.ask("the customer, by e-mail", customer_id, expected=False)
    return {"customer_id": customer_id, "denied_after_ms": milliseconds}


def _look_at_home(doors: Doors, desk: Browser) -> dict[str, Any]:
    """Have the officer look at what needs them."""
    home = desk.open("/admin/")
    headline = home.find(r'<h1 id="home-headline">.*?</span>(.*?)</h1>', "whether anything needs an officer")
    needs = home.list_all(r'<li class="home-(?:wrong|waits|calm)"><a[^>]*>(.*?)</a>')
    doors.teller.say(f"Ada's home page: {headline}.")
    for need in needs:
        doors.teller.say(f"  {need}")
    return {"headline": headline, "needs": needs}
