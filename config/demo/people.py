"""Who the customers are. All of it is generated from the customer's number; none of it is real."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from config.demo.draws import draw, pick
from config.demo.groups import UNDER_CONSENT, UNDER_CONSENT_WITH_TWO_BRANDS, UNDER_OPT_OUT, Group
from config.demo.phones import find_phone

NORTHWIND = "northwind"
HARBOR = "harbor"

TWO_BRANDS_IN_EUROPE = 3
"""One in so many European customers also buys from Harbor, which ships worldwide."""
BIRTHDAY_KNOWN = 45
"""Of how many in 100 adults the birthday is known."""


class Residence(StrEnum):
    """Where a customer lives, as a jurisdiction code."""

    GERMANY = "DE"
    FRANCE = "FR"
    NETHERLANDS = "NL"
    UNITED_KINGDOM = "GB"
    CALIFORNIA = "US-CA"
    BRAZIL = "BR"


RESIDENCES: Mapping[Residence, int] = {
    Residence.CALIFORNIA: 28,
    Residence.UNITED_KINGDOM: 19,
    Residence.GERMANY: 18,
    Residence.BRAZIL: 18,
    Residence.FRANCE: 11,
    Residence.NETHERLANDS: 6,
}
"""Of 100 customers, how many live there."""

AGES_IN_DAYS: Mapping[Group, tuple[int, int]] = {
    Group.MINOR: (5200, 6390),  # 14 to 17 years
    Group.CHILD: (2950, 4560),  # 8 to 12
    Group.CHILD_WITH_GUARDIAN: (2950, 4560),
    Group.TEEN: (4870, 5730),  # 13 to 15
    Group.TEEN_GRANTED: (4870, 5730),
}
ADULT_AGE_IN_DAYS = (6950, 29000)  # 19 to 79 years


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One generated customer."""

    customer_id: str
    residence: Residence
    brands: tuple[str, ...]
    """The controllers that the person is a customer of."""
    group: Group

    @property
    def country(self) -> str:
        """The country's ISO 3166-1 code."""
        return self.residence.partition("-")[0]

    @property
    def email(self) -> str:
        """An address at a name reserved for examples (RFC 6761)."""
        return f"c{self.customer_id}@customers.example"

    @property
    def phone(self) -> str | None:
        """A number reserved for fiction, no one else's; None if there is none for the person."""
        return find_phone(self.country, int(self.customer_id) - 1)

    def born_on(self, today: date) -> date | None:
        """Return the day of birth that the shop knows of, if any. Ages hold on `today`."""
        ages = AGES_IN_DAYS.get(self.group)
        if ages is None and draw(self.customer_id, "birthday known", 100) >= BIRTHDAY_KNOWN:
            return None
        youngest, oldest = ages or ADULT_AGE_IN_DAYS
        return today - timedelta(days=youngest + draw(self.customer_id, "age", oldest - youngest))


def make_person(customer_id: str) -> Person:
    """Return the customer of that number: the same one each time."""
    residence = pick(customer_id, "residence", RESIDENCES)
    brands = _brands(customer_id, residence)
    shares = _shares(residence, brands)
    group = pick(customer_id, "group", shares)
    return Person(customer_id=customer_id, residence=residence, brands=brands, group=group)


def _brands(customer_id: str, residence: Residence) -> tuple[str, ...]:
    if residence in {Residence.CALIFORNIA, Residence.BRAZIL}:
        return (HARBOR,)
    has_two = draw(customer_id, "brands", TWO_BRANDS_IN_EUROPE) == 0
    return (NORTHWIND, HARBOR) if has_two else (NORTHWIND,)


def _shares(residence: Residence, brands: tuple[str, ...]) -> Mapping[Group, int]:
    if residence is Residence.CALIFORNIA:
        return UNDER_OPT_OUT
    return UNDER_CONSENT_WITH_TWO_BRANDS if len(brands) > 1 else UNDER_CONSENT
