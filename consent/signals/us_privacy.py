"""The US Privacy string of the CCPA: a version and three letters, such as `1YNN`.

Source: IAB Tech Lab, "U.S. Privacy String", version 1.0 of the CCPA framework. It is also section 6 of GPP.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.signals.errors import Fault, MalformedSignal
from consent.signals.reading import Lenient, Reader, Strict

VERSION = 1
YES, NO, NOT_APPLICABLE = ANSWERS = ("Y", "N", "-")
_LENGTH = 4
_NAMES = ("Notice", "OptOutSale", "LspaCovered")


@dataclass(frozen=True, slots=True)
class UsPrivacy:
    """What a US Privacy string says; each answer is "Y", "N" or "-" (not applicable)."""

    notice: str
    """Whether notice and the opportunity to opt out were given."""
    opt_out_sale: str
    """Whether the person opted out of the sale of personal information."""
    lspa_covered: str
    """Whether the publisher acts under the Limited Service Provider Agreement."""
    version: int = VERSION


def decode(text: str) -> UsPrivacy:
    """Return what `text` says.

    :raises MalformedSignal: if it is not a US Privacy string of version 1, with the place of the first fault.
    """
    return _read(text, Strict())


def decode_leniently(text: str) -> tuple[UsPrivacy, tuple[Fault, ...]]:
    """Return what can be read of `text`, and what was ignored. What cannot be read is not applicable."""
    reader = Lenient()
    return _read(text, reader), tuple(reader.ignored)


def encode(value: UsPrivacy) -> str:
    """Return the string.

    :raises MalformedSignal: if the version is not 1, or an answer is none of Y, N and -.
    """
    if type(value.version) is not int or value.version != VERSION:
        raise MalformedSignal(
            Fault("unknown_version", f"version {value.version!r} is not 1", field="Version")
        )
    answers = (value.notice, value.opt_out_sale, value.lspa_covered)
    for name, answer in zip(_NAMES, answers, strict=True):
        if answer not in ANSWERS:
            raise MalformedSignal(Fault("not_allowed", f"{answer!r} is none of Y, N, -", field=name))
    return f"{VERSION}{''.join(answers)}"


def to_json(value: UsPrivacy) -> dict[str, object]:
    """Return the value under the names that GPP gives the parts of the string."""
    answers = zip(_NAMES, (value.notice, value.opt_out_sale, value.lspa_covered), strict=True)
    return {"Version": value.version, **dict(answers)}


def from_json(value: Mapping[str, object]) -> UsPrivacy:
    """Return the value of what `to_json` gave.

    :raises MalformedSignal: if a part is missing, unknown or not allowed.
    """
    for name in _NAMES:
        if value.get(name) not in ANSWERS:
            raise MalformedSignal(Fault("not_allowed", f"{value.get(name)!r} is none of Y, N, -", field=name))
    for name in value:
        if name not in ("Version", *_NAMES):
            raise MalformedSignal(Fault("unknown_field", "there is no such part", field=name))
    notice, opt_out_sale, lspa_covered = (str(value[name]) for name in _NAMES)
    version = value.get("Version", VERSION)
    if type(version) is not int or version != VERSION:
        raise MalformedSignal(Fault("unknown_version", f"version {version!r} is not 1", field="Version"))
    return UsPrivacy(notice, opt_out_sale, lspa_covered)


def _read(text: str, reader: Reader) -> UsPrivacy:
    if text[:1] != str(VERSION):
        reader.ignore(Fault("unknown_version", f"{text[:1]!r} is not version 1", 0, field="Version"))
    notice, opt_out_sale, lspa_covered = (
        _answer(text, place, name, reader) for place, name in enumerate(_NAMES, 1)
    )
    if len(text) > _LENGTH:
        reader.ignore(Fault("overlong", f"{len(text)} characters instead of {_LENGTH}", _LENGTH))
    return UsPrivacy(notice, opt_out_sale, lspa_covered)


def _answer(text: str, place: int, name: str, reader: Reader) -> str:
    if place >= len(text):
        reader.ignore(
            Fault("truncated", f"{len(text)} characters instead of {_LENGTH}", len(text), field=name)
        )
        return NOT_APPLICABLE
    if text[place] in ANSWERS:
        return text[place]
    reader.ignore(Fault("not_allowed", f"{text[place]!r} is none of Y, N, -", place, field=name))
    upper = text[place].upper()
    return upper if upper in ANSWERS else NOT_APPLICABLE
