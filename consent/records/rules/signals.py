"""The signals of a row: standard strings and headers, decoded strictly. Pure.

What cannot be read is a fault with its place, and nothing of the row is written. What is wrong is never told
with more of a string than one character: a whole one is personal data.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from consent.records.rules.fields import CLOCK_TOLERANCE, Fields
from consent.records.types import FaultCode, NewSignal, NewSignals, SignalFault, SignalKind, Vocabulary
from consent.signals import gpc, tcf, us_privacy
from consent.signals.errors import Fault as Wrong
from consent.signals.errors import MalformedSignal
from consent.signals.mapping.gpp_strings import read_gpp
from consent.signals.mapping.types import Received

DAY = timedelta(days=1)
MOST_PLACES = 5

_KNOWN = frozenset({*SignalKind, "controller", "notice", "notice_version", "effective_at", "jurisdictions"})
_PLACE = re.compile(r"[A-Z]{2,3}(-[A-Z0-9]{1,3})?", re.ASCII)
_Decoded = tuple[Any, Mapping[str, Any]]
"""A signal as the mapping reads it, and what it says of its framework."""


def read_signals(row: Fields, value: object, *, vocabulary: Vocabulary, at: datetime) -> NewSignals | None:
    """Return the signals in a row's object of them; None, with faults added to the row's, if any is wrong."""
    before = len(row.faults)
    if not isinstance(value, dict):
        row.fault("signals", FaultCode.WRONG_TYPE, "must be an object")
        return None
    fields = Fields(value, path="signals", known=_KNOWN, faults=row.faults)
    decoded = {kind: found for kind, found in _decode_all(value, row.faults) if found}
    given = _read_given(fields, value, vocabulary, at)
    if len(row.faults) == before and not decoded:
        row.fault("signals", FaultCode.EMPTY_ROW, "needs at least one of tcf, gpp, gpc and usp")
    if len(row.faults) > before:
        return None
    if (found := decoded.get(SignalKind.TCF)) is not None:
        made_at = _date(found[0].last_updated, fields, given.effective_at, vocabulary, at)
        decoded[SignalKind.TCF] = (replace(found[0], last_updated=made_at), found[1])
    received = Received(
        gpp_unread=tuple(decoded[SignalKind.GPP][1]["unread"]) if SignalKind.GPP in decoded else (),
        **{kind.value: signal for kind, (signal, _) in decoded.items()},
    )
    signals = tuple(_new_signal(kind, value, received, facts, given) for kind, (_, facts) in decoded.items())
    return replace(given, signals=signals, received=received) if len(row.faults) == before else None


def _read_given(fields: Fields, value: Mapping[str, Any], vocabulary: Vocabulary, at: datetime) -> NewSignals:
    """Return what the signals were given under, without them."""
    given = NewSignals(
        signals=(),
        received=None,
        effective_at=fields.past("effective_at", at=at, within=vocabulary.max_back_dating),
        controller=fields.slug("controller"),
        notice=fields.slug("notice"),
        notice_version=fields.count("notice_version"),
        places=_read_places(fields, value.get("jurisdictions")),
    )
    if given.controller is not None and given.controller not in vocabulary.controllers:
        fields.fault("controller", FaultCode.UNKNOWN_CONTROLLER, "the policy in force does not declare it")
    if (given.notice is None) != (given.notice_version is None):
        fields.fault("notice", FaultCode.UNKNOWN_NOTICE, "a notice and its version are given together")
    elif given.notice is not None and (given.notice, given.notice_version) not in vocabulary.notices:
        fields.fault(
            "notice_version", FaultCode.UNKNOWN_NOTICE, "the policy in force has no such notice version"
        )
    return given


def _read_places(fields: Fields, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if (
        not isinstance(value, list)
        or len(value) > MOST_PLACES
        or not all(isinstance(one, str) and _PLACE.fullmatch(one) for one in value)
    ):
        fields.fault(
            "jurisdictions",
            FaultCode.MALFORMED_VALUE,
            f"must be a list of at most {MOST_PLACES} codes such as DE or US-CA",
        )
        return ()
    return tuple(dict.fromkeys(value))


def _decode_all(value: Mapping[str, Any], faults: list[Any]) -> Iterator[tuple[SignalKind, _Decoded | None]]:
    for kind in SignalKind:
        if (told := value.get(kind.value)) is None:
            continue
        try:
            yield kind, _DECODERS[kind](told)
        except MalformedSignal as error:
            faults.append(_fault_of(kind, error.fault))


def _fault_of(kind: SignalKind, wrong: Wrong) -> SignalFault:
    return SignalFault(
        f"signals.{kind.value}",
        FaultCode.MALFORMED_SIGNAL,
        f"{wrong.field}: {wrong.detail}" if wrong.field else wrong.detail,
        signal=kind.value,
        reason=wrong.reason,
        position=wrong.position,
        field=wrong.field,
    )


def _new_signal(
    kind: SignalKind,
    value: Mapping[str, Any],
    received: Received,
    facts: Mapping[str, Any],
    given: NewSignals,
) -> NewSignal:
    dated = received.tcf if kind is SignalKind.TCF else None
    return NewSignal(
        kind=kind,
        text=gpc.SIGNAL if kind is SignalKind.GPC else str(value[kind.value]),
        effective_at=given.effective_at if dated is None else dated.last_updated,
        has_own_time=dated is not None,
        facts=facts,
    )


def _date(
    told: datetime, fields: Fields, given_at: datetime, vocabulary: Vocabulary, at: datetime
) -> datetime:
    """Return when a TC string was made: as it says, but not after it was given.

    LastUpdated names a day since TCF 2.2, by the midnight that it begins with, wherever the person is: up to
    a day ahead of us. A source that says when on that day it was given is believed.
    """
    if told > given_at + DAY + CLOCK_TOLERANCE:
        fields.faults.append(_out_of_bounds("lies after the string was given"))
    elif told < at - vocabulary.max_back_dating:
        days = vocabulary.max_back_dating.days
        fields.faults.append(_out_of_bounds(f"lies more than {days} days in the past"))
    names_a_day = told.timetz().replace(tzinfo=None) == time.min
    says_when = given_at != at and names_a_day and told <= given_at < told + DAY
    return given_at if says_when else min(told, given_at)


def _out_of_bounds(detail: str) -> SignalFault:
    return _fault_of(SignalKind.TCF, Wrong("time_out_of_bounds", detail, field="LastUpdated"))


def _decode_tcf(value: object) -> _Decoded:
    found = tcf.decode(_as_text(value), demand_segments=False)  # the mapping takes its noes, and no yes
    facts = {
        "cmp_id": found.cmp_id,
        "cmp_version": found.cmp_version,
        "policy_version": found.policy_version,
        "vendor_list_version": found.vendor_list_version,
    }
    return found, facts


def _decode_gpp(value: object) -> _Decoded:
    found, unread = read_gpp(_as_text(value))
    versions = {str(number): section.version for number, section in found.sections.items()}
    facts = {"sections": list(found.sections), "section_versions": versions, "unread": list(unread)}
    return found, facts


def _decode_usp(value: object) -> _Decoded:
    return us_privacy.decode(_as_text(value)), {}


def _decode_gpc(value: object) -> _Decoded:
    if value is True or gpc.is_signalled(value):
        return True, {}
    raise MalformedSignal(Wrong("not_the_signal", 'must be "1" or true: anything else is no signal'))


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise MalformedSignal(Wrong("not_a_text", "must be a string"))


_DECODERS: Mapping[SignalKind, Callable[[object], _Decoded]] = {
    SignalKind.TCF: _decode_tcf,
    SignalKind.GPP: _decode_gpp,
    SignalKind.GPC: _decode_gpc,
    SignalKind.USP: _decode_usp,
}
