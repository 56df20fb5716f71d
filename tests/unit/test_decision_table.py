"""The decision table in words: every reason the engine can give is in it once, in the enum's order."""

from activation.decisions.reasons import ALLOWING, Reason
from activation.decisions.table import TABLE, write_table
from config.launch.reference import decisions_page


def test_every_reason_stands_in_one_row_in_the_order_of_the_enum() -> None:
    listed = [reason for row in TABLE for reason in row.reasons]

    assert listed == list(Reason)


def test_the_allowing_reasons_are_marked() -> None:
    assert all(f"**allow** `{reason.value}`" in write_table() for reason in ALLOWING)
    assert write_table().count("**allow**") == len(ALLOWING)


def test_what_people_wrote_around_the_table_stays() -> None:
    page = decisions_page(
        "before\n<!-- Written by ./dev check --fix from activation/decisions/table.py. -->\n"
        "| old |\n<!-- End of what is written. -->\nafter\n"
    )

    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    assert "| old |" not in page
    assert write_table() in page
