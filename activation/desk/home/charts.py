"""Pictures for chart.js, which the theme brings. What they say, a table beside them says too. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from activation.desk.home.types import Chart

_INK = "#7c8492"  # between the page's two backgrounds: text that is read on either
_COLOURS = (
    "var(--color-orange-500)",
    "var(--color-primary-600)",
    "var(--color-red-600)",
    "var(--color-blue-500)",
    "var(--color-yellow-500)",
)
_ALLOWED, _OTHERS = "var(--color-green-600)", "var(--color-base-400)"


def stack(
    labels: Sequence[str], allowed: Sequence[int], denied: Mapping[str, Sequence[int]], description: str
) -> Chart:
    """Return bars of rows: what was allowed at the foot, then each reason; the last one is all others."""
    colours = [*_COLOURS[: max(len(denied) - 1, 0)], _OTHERS] if len(denied) > len(_COLOURS) else _COLOURS
    datasets = [
        {"label": "allowed", "data": list(allowed), "backgroundColor": _ALLOWED},
        *(
            {"label": name, "data": list(counts), "backgroundColor": colour}
            for (name, counts), colour in zip(denied.items(), colours, strict=False)
        ),
    ]
    data = {"labels": list(labels), "datasets": datasets}
    return Chart("bar", data, _options(stacked=True), description)


def draw_rate(labels: Sequence[str], percents: Sequence[float | None], description: str) -> Chart:
    """Return a line of percentages; a gap where there is none."""
    line = {
        "label": "consent rate",
        "data": list(percents),
        "borderColor": "var(--color-primary-600)",
        "backgroundColor": "var(--color-primary-600)",
        "borderWidth": 2,
        "pointRadius": 2,
        "tension": 0,
    }
    data = {"labels": list(labels), "datasets": [line]}
    options = _options(stacked=False)
    options["scales"]["y"] |= {"min": 0, "max": 100, "title": _title("% yes")}
    return Chart("line", data, options, description)


def _options(*, stacked: bool) -> dict[str, Any]:
    ticks = {"color": _INK, "maxRotation": 0, "autoSkipPadding": 16}
    return {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {
            "legend": {"display": stacked, "position": "bottom", "labels": {"color": _INK, "boxWidth": 12}}
        },
        "scales": {
            "x": {"stacked": stacked, "ticks": ticks, "grid": {"display": False}},
            "y": {"stacked": stacked, "beginAtZero": True, "ticks": {**ticks, "precision": 0}, "grid": {}},
        },
    }


def _title(text: str) -> dict[str, Any]:
    return {"display": True, "text": text, "color": _INK}
