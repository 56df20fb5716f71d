"""The real part of the demo: the CDNOW purchases, described in data/README.md beside this file."""

import csv
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

CDNOW = Path(__file__).parent / "data" / "cdnow.csv.xz"


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase of one customer. Two purchases may be alike in everything."""

    customer_id: str
    """Five digits, `00001` to `23570`."""
    ordered_on: date
    units: int
    dollars: Decimal
    """What it cost, with two decimals; zero for a gift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerTotals:
    """What one customer bought in all."""

    customer_id: str
    orders: int
    total_spent: Decimal
    """In US dollars, with two decimals."""
    last_order_on: date


def read_purchases() -> Iterator[Purchase]:
    """Yield every purchase, in the order of the file: by customer, then by day."""
    with lzma.open(CDNOW, "rt", encoding="ascii", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for customer_id, ordered_on, units, dollars in rows:
            yield Purchase(customer_id, date.fromisoformat(ordered_on), int(units), Decimal(dollars))


def list_totals() -> list[CustomerTotals]:
    """Return the totals of every customer, ordered by customer number."""
    bought: dict[str, list[Purchase]] = {}
    for purchase in read_purchases():
        bought.setdefault(purchase.customer_id, []).append(purchase)
    return [_add_up(purchases) for _, purchases in sorted(bought.items())]


def _add_up(purchases: list[Purchase]) -> CustomerTotals:
    return CustomerTotals(
        customer_id=purchases[0].customer_id,
        orders=len(purchases),
        total_spent=sum((purchase.dollars for purchase in purchases), Decimal("0.00")),
        last_order_on=max(purchase.ordered_on for purchase in purchases),
    )
