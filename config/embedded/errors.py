"""What the local services' errors have in common."""


class EmbeddedError(Exception):
    """The local services cannot do what was asked. The message says what to do about it."""
