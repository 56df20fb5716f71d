"""What is wrong with a request as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.kernel.errors import AccordantError


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request. It never repeats a value: values may be personal data."""

    path: str
    """JSON Pointer (RFC 6901) into the body; empty for the body itself."""
    code: str
    message: str


class MalformedRequest(AccordantError):
    """The body is JSON, but no request that this address takes."""

    code = "invalid_request"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"The request has {len(faults)} fault{'s' if len(faults) != 1 else ''}.")
        self.faults = tuple(faults)


class BodyTooLarge(AccordantError):
    """The body is longer than this address takes."""

    code = "body_too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is longer than {limit} bytes. Send it in parts.")


class TooManyItems(AccordantError):
    """The request asks more at once than this address answers."""

    code = "too_many_items"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request holds more than {limit} items. Send them in parts.")


class ExplainNotPermitted(AccordantError):
    """The caller asked for an explained answer, and its key lacks the scope `explain`."""

    code = "explain_not_permitted"
    status = 403

    def __init__(self) -> None:
        super().__init__("An explained answer needs a key with the scope explain.")


class ShadowNotPermitted(AccordantError):
    """The caller asked for an advisory answer, and its key lacks the scope `shadow`."""

    code = "shadow_not_permitted"
    status = 403

    def __init__(self) -> None:
        super().__init__("An advisory answer needs a key with the scope shadow.")
