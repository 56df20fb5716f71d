"""The error that all of Accordant's own errors derive from."""


class AccordantError(Exception):
    """Something a caller can act on.

    `code` is stable; the message says what to do; neither holds personal data.
    """

    code = "accordant_error"
    status = 400
    """The HTTP status that an API answers with when this error reaches it."""
