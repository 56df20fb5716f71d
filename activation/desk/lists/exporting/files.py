"""Rows written into a file for a spreadsheet, one at a time: memory does not grow with them."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import xlsxwriter  # type: ignore[import-untyped]  # it has no types

from activation.desk.lists.exporting.cells import Cell
from consent.kernel.spreadsheets import BYTE_ORDER_MARK, disarm

Rows = Iterable[Sequence[Cell]]
LONGEST_CELL = 32_767
"""A cell of Excel's holds no more."""
_LARGEST_NUMBER = 2**53
_CUT = " … (cut: the whole text is in the CSV)"


@dataclass(frozen=True)
class Form:
    """A form of file: how it is called, and what writes it. The writer returns how many rows it wrote."""

    title: str
    content_type: str
    write: Callable[[IO[bytes], Sequence[str], Rows], int]


def write_csv(file: IO[bytes], headings: Sequence[str], rows: Rows) -> int:
    """Write UTF-8 with a byte order mark, as Excel reads it."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    text.write(BYTE_ORDER_MARK)
    writer, count = csv.writer(text), 0
    writer.writerow([disarm(one) for one in headings])
    for row in rows:
        writer.writerow([disarm(one) if isinstance(one, str) else one for one in row])
        count += 1
    text.detach()
    return count


def write_xlsx(file: IO[bytes], headings: Sequence[str], rows: Rows) -> int:
    """Write a workbook of one sheet. What is text stays text: no formula, no link."""
    options: dict[str, Any] = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book, count = xlsxwriter.Workbook(file, options), 0
    sheet, bold = book.add_worksheet("List"), book.add_format({"bold": True})
    sheet.freeze_panes(1, 1)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, disarm(heading), bold)
    for count, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            _write_cell(sheet, count, column, cell)
    book.close()
    return count


def _write_cell(sheet: Any, row: int, column: int, cell: Cell) -> None:
    if not isinstance(cell, str) and math.isfinite(cell) and -_LARGEST_NUMBER < cell < _LARGEST_NUMBER:
        sheet.write_number(row, column, cell)
        return
    text = disarm(cell) if isinstance(cell, str) else str(cell)
    if len(text.encode("utf-16-le")) // 2 > LONGEST_CELL:
        room = LONGEST_CELL - len(_CUT)
        text = text.encode("utf-16-le")[: room * 2].decode("utf-16-le", errors="ignore") + _CUT
    sheet.write_string(row, column, text)


FORMS: Mapping[str, Form] = {
    "csv": Form("CSV", "text/csv; charset=utf-8", write_csv),
    "xlsx": Form(
        "XLSX (Excel)", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx
    ),
}
