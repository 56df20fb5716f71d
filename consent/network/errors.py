"""What may become of a message to another's service. Pure."""

from consent.kernel.errors import AccordantError


class DeliveryRefused(AccordantError):
    """The recipient, its settings or the form of the rows stand against it: it would fail again."""

    code = "delivery_refused"
    status = 409


class DeliveryFailed(AccordantError):
    """The recipient did not take it now: slow, gone, or in trouble itself. Later it may."""

    code = "delivery_failed"
    status = 503
