"""The purchases are the published ones, whole and unchanged."""

import hashlib
import lzma
from datetime import date
from decimal import Decimal

from config.demo.purchases import CDNOW, CustomerTotals, Purchase, list_totals, read_purchases


def test_the_file_holds_the_text_that_its_readme_names() -> None:
    digest = hashlib.sha256(lzma.decompress(CDNOW.read_bytes())).hexdigest()

    assert digest in CDNOW.with_name("README.md").read_text(encoding="utf-8")


def test_every_purchase_of_the_source_is_there() -> None:
    purchases = list(read_purchases())

    assert len(purchases) == 69_659
    assert sum(purchase.units for purchase in purchases) == 167_881
    assert sum(purchase.dollars for purchase in purchases) == Decimal("2500315.63")
    days = [purchase.ordered_on for purchase in purchases]
    assert (min(days), max(days)) == (date(1997, 1, 1), date(1998, 6, 30))


def test_a_purchase_is_read_as_it_was_written() -> None:
    first = next(read_purchases())

    assert first == Purchase("00001", date(1997, 1, 1), 1, Decimal("11.77"))


def test_every_customer_has_totals() -> None:
    totals = list_totals()

    assert [one.customer_id for one in totals] == [f"{number:05}" for number in range(1, 23_571)]
    assert sum(one.orders for one in totals) == 69_659


def test_two_purchases_on_one_day_are_two_orders() -> None:
    assert list_totals()[1] == CustomerTotals(
        customer_id="00002", orders=2, total_spent=Decimal("89.00"), last_order_on=date(1997, 1, 12)
    )
