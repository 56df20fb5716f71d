"""The page on which the demo's ad platform shows what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

_SHOWN = 50
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>Meridian Ads, a pretended ad platform</title>
<style>
body {{ font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 44rem; padding: 0 1rem; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: 0.2rem 1.5rem 0.2rem 0; text-align: left; }}
td.number {{ text-align: right; }}
</style>
</head>
<body>
<h1>Meridian Ads</h1>
<p>A pretended ad platform on this machine. It holds who was handed over to it; this page does not
say who that is.</p>
<h2>Held now</h2>
{held}
<h2>Taken out</h2>
<p>{removed_in_all} in all. Doubled messages that had no second effect: {repeated}. Messages refused:
{refused}.</p>
{removed}
</body>
</html>
"""


@dataclass(frozen=True)
class Removed:
    """Somebody was taken out."""

    at: datetime
    audience: str
    person: str
    """A label that says nothing of who it is."""

    def figures(self) -> dict[str, str]:
        """Return it for a program."""
        return {"at": self.at.isoformat(), "audience": self.audience, "person": self.person}


def write_page(
    held: Mapping[str, int],
    removed: Sequence[Removed],
    *,
    removed_in_all: int,
    repeated: int,
    refused: int,
) -> str:
    """Return the page: how many are held, and who was taken out last, the last one first."""
    counts = [(audience, f"{number:,}") for audience, number in sorted(held.items())]
    last = [
        (f"{one.at:%Y-%m-%d %H:%M:%S}.{one.at.microsecond // 1000:03} UTC", one.audience, one.person)
        for one in list(removed)[: -_SHOWN - 1 : -1]
    ]
    return _PAGE.format(
        held=_table(("audience", "people"), counts, "Nobody yet."),
        removed=_table(("when", "audience", "person"), last, "Nobody yet."),
        removed_in_all=removed_in_all,
        repeated=repeated,
        refused=refused,
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> str:
    if not rows:
        return f"<p>{empty}</p>"
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    body = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}\n</table>"
