"""Values of the embed: a site's configuration, and what is said through it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

CONSENT_TYPES = (
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
)
"""What Google Consent Mode (version 2) asks about."""
DEVICE = re.compile(r"acd_[0-9a-f]{32}", re.ASCII)
"""An id that the script made: 128 random bits. The embed speaks for no other identifier."""
EVERYTHING = "*"
"""In a no: all that the site asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedSite:
    """A web site as its row describes it."""

    slug: str
    key: str
    controller: str
    notice: str
    origins: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    """What its banner calls things, and the purposes that each stands for."""
    signals: Mapping[str, str]
    """Google Consent Mode: each consent type's purpose."""

    @property
    def purposes(self) -> tuple[str, ...]:
        """All that the site may ask for."""
        named = {purpose for purposes in self.categories.values() for purpose in purposes}
        return tuple(sorted(named | set(self.signals.values())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody said on a site, found to be in order."""

    device: str
    choices: Mapping[str, bool]
    """By purpose, as the site's configuration reads what the banner said."""
    said_at: datetime
    notice: str
    notice_version: int | None = None
    """None: the version that was in force when it was said."""
    language: str = ""
    banner: str = ""
    gpc: bool = False
    is_in_header: bool = False
    """The browser sent the signal itself; else the page's script told of it."""
    after_conflict_notice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What holds for a device now. A purpose that is not named was not decided, which means no."""

    holds: Mapping[str, bool]
    after_conflict: tuple[str, ...] = ()
    """Yeses that were given in knowledge of the conflict with the browser's signal."""
    until: datetime | None = None
    """When the first of the yeses ends."""

    def describe(self) -> dict[str, object]:
        """Return it for an answer."""
        return {
            "holds": dict(self.holds),
            "after_conflict": list(self.after_conflict),
            "until": None if self.until is None else self.until.isoformat(),
        }
