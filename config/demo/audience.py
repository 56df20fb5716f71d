"""The audience of the demo: real customers who spent much and have not come back."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from config.demo.people import HARBOR, Person, make_person
from config.demo.purchases import CustomerTotals, list_totals

LAPSED_SINCE = date(1998, 1, 1)
"""Who has not ordered since then, in the last six months of the data, has lapsed."""
HIGH_VALUE_SHARE = 3
"""One customer in so many, the best ones by what they spent in all, is of high value."""

COLUMNS = ("customer_id", "email", "phone", "country", "orders", "total_spent", "last_order_on")


@dataclass(frozen=True, slots=True)
class AudienceMember:
    """One customer in the audience: the generated person, and the real purchases."""

    person: Person
    totals: CustomerTotals


def list_audience(controller: str = HARBOR) -> list[AudienceMember]:
    """Return the lapsed high-value customers of the brand `controller`, ordered by customer number."""
    customers = list_totals()
    enough = _least_of_high_value(customers)
    lapsed = [
        AudienceMember(make_person(totals.customer_id), totals)
        for totals in customers
        if totals.last_order_on < LAPSED_SINCE and totals.total_spent >= enough
    ]
    return [member for member in lapsed if controller in member.person.brands]


def write_audience(path: Path, controller: str = HARBOR) -> int:
    """Write the audience of `controller` to `path` as CSV, under `COLUMNS`, and return its number of rows.

    `country` is an ISO 3166-1 code, `phone` is empty where none is known, dates are YYYY-MM-DD.
    """
    audience = list_audience(controller)
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_row(member.person, member.totals) for member in audience)
    return len(audience)


def _least_of_high_value(customers: list[CustomerTotals]) -> Decimal:
    by_value = sorted((totals.total_spent for totals in customers), reverse=True)
    return by_value[len(by_value) // HIGH_VALUE_SHARE]


def _row(person: Person, totals: CustomerTotals) -> tuple[object, ...]:
    return (
        person.customer_id,
        person.email,
        person.phone or "",
        person.country,
        totals.orders,
        totals.total_spent,
        totals.last_order_on.isoformat(),
    )
