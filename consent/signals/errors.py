"""The one error that reading or writing a signal raises."""

from dataclasses import dataclass

from consent.kernel.errors import AccordantError


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a signal.

    `reason` is a stable word (`truncated`); `detail` says what was found and what is allowed; `field` is
    the specification's name of the field, or empty. `position` counts characters of the signal from 0, and
    `bit` the bits of its segment or section from 0; either is None where there is no such place, as in
    values that were to be encoded.
    """

    reason: str
    detail: str
    position: int | None = None
    bit: int | None = None
    field: str = ""

    def at(self, offset: int) -> "Fault":
        """Return the same fault of a text that starts `offset` characters into a longer one."""
        if self.position is None or not offset:
            return self
        return Fault(self.reason, self.detail, self.position + offset, self.bit, self.field)


class MalformedSignal(AccordantError):
    """A signal that its specification does not allow. `fault` says what, why, and where."""

    code = "malformed_signal"

    def __init__(self, fault: Fault) -> None:
        place = "" if fault.position is None else f" at character {fault.position}"
        field = f"{fault.field}: " if fault.field else ""
        super().__init__(f"{field}{fault.detail}{place}")
        self.fault = fault
