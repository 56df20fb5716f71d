"""Section 2, the TC string of the EU: read and written by the codec of TC strings."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from consent.signals.errors import MalformedSignal
from consent.signals.gpp.kinds import Place
from consent.signals.gpp.types import TC_STRING, Section
from consent.signals.reading import Reader

if TYPE_CHECKING:
    from consent.signals.tcf.types import TCString

ID = 2
PREFIX = "tcfeuv2"


def read(text: str, start: int, reader: Reader) -> Section | None:
    """Return the section of `text`, which starts at the character `start` of the whole, or None.

    :raises MalformedSignal: strictly.
    """
    from consent.signals import tcf  # noqa: PLC0415  # most GPP strings have no such section

    if reader.lenient:
        value, faults = tcf.decode_leniently(text)
        for fault in faults:
            reader.ignore(fault.at(start))
        return None if value is None else _section(value)
    try:
        return _section(tcf.decode(text))
    except MalformedSignal as error:
        raise MalformedSignal(error.fault.at(start)) from None


def write(section: Section) -> str:
    """Return the TC string of a section.

    :raises MalformedSignal: if the section has no TC string, something else, or one that is not allowed.
    """
    from consent.signals import tcf  # noqa: PLC0415

    return tcf.encode(_tc_string(section))


def to_json(section: Section) -> dict[str, object]:
    """Return the TC string under the names of the TC string's own reference.

    :raises MalformedSignal: if the section has none.
    """
    from consent.signals import tcf  # noqa: PLC0415

    return tcf.to_json(_tc_string(section))


def _tc_string(section: Section) -> "TCString":
    from consent.signals.tcf.types import TCString  # noqa: PLC0415

    value = section.fields.get(TC_STRING)
    if not isinstance(value, TCString) or len(section.fields) != 1:
        detail = f"{PREFIX} has one field, {TC_STRING}, with a TC string"
        Place(TC_STRING, section.fields).refuse("wrong_type", detail)
    return value


def from_json(told: Mapping[str, object]) -> Section:
    """Return the section of what `to_json` gave.

    :raises MalformedSignal: if it does not tell a TC string.
    """
    from consent.signals import tcf  # noqa: PLC0415

    return _section(tcf.from_json(told))


def _section(value: object) -> Section:
    return Section(ID, PREFIX, 2, {TC_STRING: value})
