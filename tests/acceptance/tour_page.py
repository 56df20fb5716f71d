"""`docs/tour.md`, written from the tour."""

from tests.acceptance.tour import PARTS, WIDTHS, Stop

_HEAD = """# A tour of every page

<!-- Written by tests/acceptance/test_tour.py when it makes pictures. -->

Each page as a desk shows it (1280 wide) and as a telephone does (390 wide), in
[the demo](../README.md#two-commands). The pictures and this page are made by a test:

```
ACCORDANT_PICTURES=docs/images/tour ./dev test tests/acceptance/test_tour.py -n 0
```
"""
_SHOWN = {1280: 620, 390: 189}
"""How wide each picture is shown: both are equally high, or nearly so."""


def write_page() -> str:
    """Return the page: its parts, and each page's pictures side by side."""
    contents = [f"* [{part.title}](#{_anchor(part.title)})" for part in PARTS]
    lines = [_HEAD, *contents, ""]
    for part in PARTS:
        lines += [f"## {part.title}", ""]
        lines += [part.lead, ""] if part.lead else []
        for stop in part.stops:
            lines += [f"**{stop.title}**", "", " ".join(_pictures(stop)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _pictures(stop: Stop) -> list[str]:
    return [
        f'<img src="images/tour/{stop.name}-{width}.webp" width="{_SHOWN[width]}"'
        f' alt="{stop.title.replace("`", "")}, {width} pixels wide">'
        for width in WIDTHS
    ]


def _anchor(title: str) -> str:
    kept = "".join(one for one in title.lower() if one.isalnum() or one in " -_.")
    return kept.replace(".", "").replace(" ", "-")
