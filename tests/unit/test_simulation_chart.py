"""The chart of a simulation fits its picture, and says the same in words."""

from typing import Any

from activation.desk.chart import MOST_ROWS, draw


def shift(name: str, taken: int, given: int) -> dict[str, Any]:
    return {"purpose": name, "allow_to_deny": taken, "deny_to_allow": given, "people": 1}


def test_the_largest_bar_ends_within_the_picture_and_the_smallest_is_seen() -> None:
    chart = draw([shift("a", 1_000_000, 1), shift("b", 500_000, 0)], "purpose")

    first, second = chart.rows
    assert chart.bar_x + first.taken.width < first.taken.text_x < chart.width
    assert second.taken.width * 2 == first.taken.width
    assert (first.given.width, second.given.width) == (2, 0)
    assert max(row.given.y + chart.bar_height for row in chart.rows) <= chart.height


def test_the_description_says_every_number_drawn() -> None:
    chart = draw([shift("marketing.email", 1200, 3)], "purpose")

    assert chart.description == "marketing.email: 1,200 from allow to deny, 3 from deny to allow"
    assert [chart.rows[0].taken.number, chart.rows[0].given.number] == ["1,200", "3"]


def test_long_names_are_cut_and_what_is_not_drawn_is_counted() -> None:
    chart = draw([shift("marketing." * 9, 1, 1)] * (MOST_ROWS + 2), "purpose")

    assert (len(chart.rows), chart.left_out) == (MOST_ROWS, 2)
    assert chart.rows[0].label.endswith("…")


def test_nothing_to_draw_is_an_empty_chart() -> None:
    chart = draw([], "purpose")

    assert (chart.rows, chart.height, chart.description) == ([], 0, "")
