"""How codes are made, and how often one may be asked for and tried. Pure."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from consent.requests.rules.references import make_word, read_word

LIFETIME = timedelta(minutes=15)
RESENT_AFTER = timedelta(minutes=1)
WINDOW = timedelta(days=1)
"""In how long the limits of one contact are counted, whichever requests ask."""
ATTEMPTS_PER_CODE = 5
ATTEMPTS_PER_REQUEST = 15
CODES_PER_REQUEST = 8
ATTEMPTS_PER_CONTACT = 50
CODES_PER_CONTACT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """What was tried so far."""

    codes: int
    """Of the request, ever."""
    attempts: int
    codes_of_contact: int
    """Within `WINDOW`, of all requests that ask the same contact."""
    attempts_of_contact: int

    @property
    def is_locked(self) -> bool:
        """Whether the request takes no code any more: an officer has to look at it."""
        return self.attempts >= ATTEMPTS_PER_REQUEST or self.codes > CODES_PER_REQUEST

    @property
    def may_ask(self) -> bool:
        """Whether another code may be sent to the contact."""
        within = self.codes < CODES_PER_REQUEST and self.codes_of_contact < CODES_PER_CONTACT
        return within and not self.is_locked

    @property
    def may_try(self) -> bool:
        """Whether another code may be tried."""
        return not self.is_locked and self.attempts_of_contact < ATTEMPTS_PER_CONTACT


def make_code() -> str:
    """Return a code of eight characters, which is one of 10^11, such as `7K3F-9QXW`."""
    return make_word(secrets.choice)


def read_code(text: str) -> str:
    """Return what somebody typed, as it is compared."""
    return read_word(text)
