"""Text that a spreadsheet is given: what looks like a formula stays text."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel takes UTF-8 for the code page of its machine, and spoils all but English letters."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - full-width signs begin a formula, too


def disarm(cell: str) -> str:
    """Return `cell` so that a spreadsheet takes it for text, whatever it begins with."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
