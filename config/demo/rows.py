"""The rows that tell of one person, in the format that consents are imported in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from config.demo.acts import ACTS, ACTS_BY_EMAIL, NEWSLETTER, OFFERS, Act, When
from config.demo.draws import draw
from config.demo.groups import Group
from config.demo.people import Person, Residence
from config.demo.purchases import CustomerTotals
from consent.records.types import NO, Choice
from consent.subjects.types import FactName, IdentifierKind

Row = dict[str, Any]

RECENT = date(1998, 4, 1)
"""Who ordered since then, in the last three months of the data, still has a contract with the shop."""
WANTS_OFFERS = 55
WANTS_NEWSLETTER = 8
"""Of 100 who were asked, how many said yes to offers by e-mail, or began to order the newsletter."""

_DAY = 86_400
_PAPER = {"form": "generated:printed-card-2024", "method": "paper"}
_CHECKOUT = {"form": "generated:checkout-2026", "method": "checkbox"}
_BROWSER = {"form": "generated:shop-2026", "method": "http_header"}


def list_rows(person: Person, totals: CustomerTotals, *, day: datetime) -> list[Row]:
    """Return the rows about `person`, oldest source first; none for one who left no record.

    `day` is the start of today: everything lies before it.
    """
    if person.group is Group.UNRECORDED:
        return []
    told = _Telling(person, day)
    facts = [*told.residence(When.FIRST), *told.birthday(), *told.contract(totals), *told.restriction()]
    choices = told.choices((*ACTS[person.group], *_acts_about_email(person)))
    if person.group not in ACTS_BY_EMAIL:
        return [_row(told.both, choices, facts)]
    by_email = told.choices(ACTS_BY_EMAIL[person.group])
    separate = [_row(told.number, choices, facts), _row(told.address, by_email, told.residence(When.SECOND))]
    linking = [_row(told.both, [], told.residence(When.THIRD))] if person.group is Group.CONFLICTING else []
    return separate + linking


@dataclass(frozen=True, slots=True)
class _Telling:
    """Puts what a person did and is into the format's words."""

    person: Person
    day: datetime

    @property
    def number(self) -> list[Row]:
        return [{"kind": IdentifierKind.CUSTOMER_ID, "value": self.person.customer_id}]

    @property
    def address(self) -> list[Row]:
        return [{"kind": IdentifierKind.EMAIL, "value": self.person.email}]

    @property
    def both(self) -> list[Row]:
        return self.number + self.address

    def choices(self, acts: tuple[Act, ...]) -> list[Row]:
        return [self._choice(act, brand) for act in acts for brand in self._spoken_to(act)]

    def _spoken_to(self, act: Act) -> tuple[str | None, ...]:
        """A yes is said to each brand, or to the one named; a no is said once, to all."""
        if act.choice in NO:
            return (None,)
        return (act.brand,) if act.brand else self.person.brands

    def _choice(self, act: Act, brand: str | None) -> Row:
        told: Row = {
            "purpose": act.purpose,
            "choice": act.choice,
            "effective_at": _moment(self.person.customer_id, act.when, self.day),
        }
        if act.choice is Choice.SIGNAL:
            return told | _BROWSER
        told |= _PAPER if act.notice_version == 1 else _CHECKOUT
        if brand is not None:
            told |= {"controller": brand, "notice": "privacy", "notice_version": act.notice_version}
        flags = {"by_guardian": act.by_guardian, "after_conflict_notice": act.after_conflict_notice}
        return told | {name: True for name, holds in flags.items() if holds}

    def residence(self, when: When) -> list[Row]:
        return [self._fact(FactName.RESIDENCE, self.person.residence, when)]

    def birthday(self) -> list[Row]:
        born_on = self.person.born_on(self.day.date())
        return [self._fact(FactName.BORN_ON, born_on.isoformat(), When.FIRST)] if born_on else []

    def contract(self, totals: CustomerTotals) -> list[Row]:
        if totals.last_order_on < RECENT:
            return []
        fact = self._fact(FactName.CONTRACT_ACTIVE, "yes", When.FIRST)
        return [fact | {"controller": self.person.brands[0]}]

    def restriction(self) -> list[Row]:
        is_restricted = self.person.group is Group.RESTRICTED
        return [self._fact(FactName.RESTRICTED, "yes", When.SECOND)] if is_restricted else []

    def _fact(self, name: FactName, value: str, when: When) -> Row:
        return {
            "name": name,
            "value": value,
            "effective_at": _moment(self.person.customer_id, when, self.day),
        }


@lru_cache(maxsize=len(When))  # what one person did at one time takes several lines of a row
def _moment(customer_id: str, when: When, day: datetime) -> str:
    """Return the moment of what the person did at `when`; all that they did then, they did at once."""
    least, below = when.value
    seconds = draw(customer_id, when.name, (below - least) * _DAY)
    moment = day.astimezone(UTC).replace(tzinfo=None) - timedelta(days=below) + timedelta(seconds=seconds)
    return f"{moment.isoformat()}Z"


def _acts_about_email(person: Person) -> tuple[Act, ...]:
    """What those who were asked for consent also said about e-mail."""
    if person.residence is Residence.CALIFORNIA or person.group is Group.PENDING:
        return ()
    wants_offers = draw(person.customer_id, "offers", 100) < WANTS_OFFERS
    offers = Act(Choice.GRANTED if wants_offers else Choice.REFUSED, OFFERS)
    wants_newsletter = draw(person.customer_id, "newsletter", 100) < WANTS_NEWSLETTER
    return (offers, Act(Choice.PENDING, NEWSLETTER)) if wants_offers and wants_newsletter else (offers,)


def _row(identifiers: list[Row], choices: list[Row], facts: list[Row]) -> Row:
    return {"identifiers": identifiers, "choices": choices, "facts": facts}
