"""The error that the errors of this floor derive from."""


class LineageError(Exception):
    """Something a caller can act on: a stable `code`, and a message without personal data."""

    code = "lineage_error"
