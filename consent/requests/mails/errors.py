"""What may become of a message to a person. None of these names whom it was for."""

from consent.kernel.errors import AccordantError


class MessageRefused(AccordantError):
    """It will never arrive: the address is none, or its host does not know it."""

    code = "message_refused"
    status = 409


class NotSentNow(AccordantError):
    """The way out does not take it now. Later it may."""

    code = "not_sent_now"
    status = 503
