"""Reading what pages send: strictly, and by the site's configuration."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from consent.portal.embed.types import DEVICE, EVERYTHING, EmbeddedSite, Statement
from consent.records.rules.fields import Fields
from consent.records.types import Fault, FaultCode

MOST_BYTES = 16 * 1024
MOST_CHOICES = 100
MOST_SECONDS_AGO = 400 * 24 * 3600  # banners remember for about a year
_PURPOSE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*", re.ASCII)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}", re.ASCII)
_BANNER = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}", re.ASCII)
_LONGEST = 128

STATEMENT = frozenset(
    {
        "site",
        "device",
        "choices",
        "categories",
        "notice",
        "notice_version",
        "language",
        "banner",
        "gpc",
        "after_conflict_notice",
        "seconds_ago",
    }
)
QUESTION = frozenset({"site", "device"})


def read_fields(body: object, known: frozenset[str]) -> Fields | list[Fault]:
    """Return the fields of a body, or what is wrong with it as a whole."""
    if not isinstance(body, dict):
        return [Fault("", FaultCode.WRONG_TYPE, "the body is a JSON object")]
    return Fields(body, path="", known=known, faults=[])


def read_device(fields: Fields) -> str:
    """Return the device's id; empty, beside a fault, if it is none that the script made."""
    device = fields.text("device", required=True)
    if device is not None and not DEVICE.fullmatch(device):
        fields.fault("device", FaultCode.MALFORMED_IDENTIFIER, "is no id that the script makes")
        return ""
    return device or ""


def read_statement(
    body: Mapping[str, Any], fields: Fields, *, site: EmbeddedSite, at: datetime, is_in_header: bool = False
) -> Statement | list[Fault]:
    """Return what was said, or all that is wrong with it."""
    statement = Statement(
        device=read_device(fields),
        choices=_read_choices(body, fields, site),
        said_at=at - timedelta(seconds=_read_age(body, fields)),
        notice=fields.slug("notice") or site.notice,
        notice_version=fields.count("notice_version"),
        language=_read_word(fields, "language", _LANGUAGE, "must be a language tag such as de or pt-BR"),
        banner=_read_word(fields, "banner", _BANNER, "must be up to 31 lower-case letters, digits, _ or -"),
        gpc=fields.flag("gpc"),
        is_in_header=is_in_header,
        after_conflict_notice=fields.flag("after_conflict_notice"),
    )
    if not fields.faults and not ({"choices", "categories"} & body.keys()) and not statement.gpc:
        fields.fault(
            "choices", FaultCode.EMPTY_ROW, "nothing is said: neither choices, categories nor a signal"
        )
    return fields.faults or statement


def _read_choices(body: Mapping[str, Any], fields: Fields, site: EmbeddedSite) -> dict[str, bool]:
    """Return yes or no by purpose. Where several things said speak of one purpose, a no wins."""
    found: dict[str, bool] = {}
    for name, is_yes in _read_flags(body, fields, "categories").items():
        for purpose in site.categories.get(name, ()):  # a banner has categories of its own, too
            found[purpose] = is_yes and found.get(purpose, True)
    for purpose, is_yes in _read_flags(body, fields, "choices").items():
        if purpose == EVERYTHING and not is_yes:
            found |= dict.fromkeys(site.purposes, False)
        elif is_yes and purpose not in site.purposes:
            fields.fault("choices", FaultCode.UNKNOWN_PURPOSE, "a yes names purposes that the site asks for")
        elif not _PURPOSE.fullmatch(purpose) or len(purpose) > _LONGEST:
            fields.fault("choices", FaultCode.MALFORMED_VALUE, "purposes are lower-case words joined by dots")
        else:
            found[purpose] = is_yes and found.get(purpose, True)
    return found


def _read_flags(body: Mapping[str, Any], fields: Fields, name: str) -> dict[str, bool]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(one, bool) for one in value.values()):
        fields.fault(name, FaultCode.WRONG_TYPE, "must be an object of true and false")
        return {}
    if len(value) > MOST_CHOICES:
        fields.fault(name, FaultCode.TOO_MANY, f"must hold at most {MOST_CHOICES}")
        return {}
    return value


def _read_age(body: Mapping[str, Any], fields: Fields) -> int:
    value = body.get("seconds_ago", 0)
    if isinstance(value, bool) or not isinstance(value, int):
        fields.fault("seconds_ago", FaultCode.WRONG_TYPE, "must be a whole number")
        return 0
    if not 0 <= value <= MOST_SECONDS_AGO:
        fields.fault("seconds_ago", FaultCode.MALFORMED_VALUE, f"must be 0 to {MOST_SECONDS_AGO}")
        return 0
    return value


def _read_word(fields: Fields, name: str, form: re.Pattern[str], message: str) -> str:
    value = fields.text(name)
    if value is not None and not form.fullmatch(value):
        fields.fault(name, FaultCode.MALFORMED_VALUE, message)
        return ""
    return value or ""
