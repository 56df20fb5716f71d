"""Values of the preference centre: how a visitor came in, and what that lets them see."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.subjects.types import Identifier


class Trust(StrEnum):
    """How well we know that a visitor is who they come as."""

    DEVICE = "device"
    """Nobody is known: choices are the device's."""
    LINK = "link"
    """By a link of a mailing, which can be passed on: choices are seen and changed, and nothing else."""
    PROVEN = "proven"
    """By a code, a link that was asked for and works once, or a caller's token: all of it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whose preferences are open, and until when."""

    visit_id: str
    controller: str
    trust: Trust
    identifiers: tuple[Identifier, ...]
    """Normalised; of a device, its `cookie_id`."""
    until: datetime
    purpose: str = ""
    """What a mailing's link was about, if it was about one purpose."""


class MailKind(StrEnum):
    """What the preference centre writes to people."""

    CODE = "code"  # a code, and a link that works once, to whoever asked by their address
    NEW_ADDRESS = "new_address"  # a code to an address that the visitor says is theirs, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Somebody who was sent data about a person, as far as it is on record."""

    destination: str
    title: str
    purposes: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    """None: it is not on record when."""
