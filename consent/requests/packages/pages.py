"""Pages of a package: self-contained, without a script, and allowed to load nothing."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from consent.requests.packages.archive import Archive
from consent.requests.packages.cells import for_page
from consent.requests.packages.naming import name_page
from consent.requests.packages.wording import Words

ROWS_A_PAGE = 500
_PAGE_SIZE = 1 << 20  # characters of rows: a page of very long ones ends earlier


@lru_cache(maxsize=1)
def _style() -> str:
    return (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _policy() -> str:
    """Return the content security policy of every page: nothing but its own style."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render(template: str, words: Words, **context: Any) -> str:
    """Return a page. Templates escape all that they are given."""
    shown = {
        "language": words.language,
        "page": words.section("page"),
        "policy": mark_safe(_policy()),  # noqa: S308 - our own
        "style": mark_safe(_style()),  # noqa: S308 - our own
        **context,
    }
    return render_to_string(f"requests/package/{template}.html", shown)


def cell(text: str, *, is_gone: bool = False) -> str:
    """Return text as a cell of a table."""
    return f'<td class="gone">{for_page(text)}</td>' if is_gone else f"<td>{for_page(text)}</td>"


def link_cell(text: str, address: str) -> str:
    """Return a link as a cell of a table."""
    return f'<td><a href="{for_page(address)}">{for_page(text)}</a></td>'


class PagedTable:
    """A table that goes on over as many pages as it needs. One page is in memory."""

    def __init__(
        self,
        archive: Archive,
        words: Words,
        *,
        stem: str,
        title: str,
        columns: Sequence[str],
        about: str = "",
    ) -> None:
        self._archive, self._words, self._stem = archive, words, stem
        self._frame: Mapping[str, Any] = {"title": title, "columns": columns, "about": about}
        self._rows: list[str] = []
        self._size = 0
        self._done = 0
        self.pages = 0
        """How many were written."""

    def add(self, cells: str) -> None:
        """Take the cells of the next row."""
        if len(self._rows) >= ROWS_A_PAGE or self._size >= _PAGE_SIZE:
            self._write(has_next=True)
        self._rows.append(f"<tr>{cells}</tr>\n")
        self._size += len(cells)

    def close(self) -> None:
        """Write the last page; none if there were no rows."""
        if self._rows:
            self._write(has_next=False)

    def _write(self, *, has_next: bool) -> None:
        self.pages += 1
        first, last = self._done + 1, self._done + len(self._rows)
        page = render(
            "rows",
            self._words,
            **self._frame,
            number=self._words.say("page.page", number=self.pages),
            caption=self._words.say("page.rows", first=first, last=last),
            previous=self._neighbour(self.pages - 1) if self.pages > 1 else "",
            next=self._neighbour(self.pages + 1) if has_next else "",
            rows=SafeString("".join(self._rows)),
        )
        with self._archive.file(name_page(self._stem, self.pages)) as file:
            file.write(page)
        self._rows, self._size, self._done = [], 0, last

    def _neighbour(self, page: int) -> str:
        return name_page(self._stem, page).removeprefix("pages/")
