"""The status of Apple's App Tracking Transparency (`ATTrackingManager.AuthorizationStatus`).

Apple's documentation of the framework gives four statuses with the raw values 0 to 3. Tracking there means to
link data of an app with data of other companies for targeted advertising or its measurement, or to give it to
data brokers. A status of `denied` or `restricted` says no; `authorized` is a permission of the platform, and
no consent under any law, so it never says yes; `notDetermined` says that nobody was asked.
"""

from enum import IntEnum

from consent.signals.errors import Fault, MalformedSignal

NAMES = ("notDetermined", "restricted", "denied", "authorized")
"""Apple's names, by raw value."""


class AppTracking(IntEnum):
    """A status, by Apple's raw value."""

    NOT_DETERMINED = 0
    RESTRICTED = 1  # the device does not let the person be asked: a guardian's or an employer's no
    DENIED = 2
    AUTHORIZED = 3

    @property
    def is_no(self) -> bool:
        """Whether the app may not track and somebody decided so."""
        return self in (AppTracking.RESTRICTED, AppTracking.DENIED)


def read_status(value: object) -> AppTracking:
    """Return the status that Apple's name or raw value names.

    :raises MalformedSignal: if it is neither; a truth or a text of digits is no raw value.
    """
    if isinstance(value, str) and value in NAMES:
        return AppTracking(NAMES.index(value))
    if type(value) is int and 0 <= value < len(NAMES):
        return AppTracking(value)
    detail = f"expected one of {', '.join(NAMES)}, or 0 to {len(NAMES) - 1}"
    raise MalformedSignal(Fault("unknown_status", detail, field="trackingAuthorizationStatus"))


def write_status(status: AppTracking) -> str:
    """Return Apple's name of the status."""
    return NAMES[status]
