"""Whether a vendor may, as the command line answers it."""

import argparse
from dataclasses import asdict
from datetime import datetime
from typing import Any

from consent.signals.command.kinds import GPP, TCF, detect
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.tcf import decode
from consent.signals.tcf.evaluation import Answer, may_process, may_process_special, may_use_feature
from consent.signals.tcf.gvl.errors import MalformedVendorList
from consent.signals.tcf.gvl.parsing import parse
from consent.signals.tcf.gvl.types import VendorList
from consent.signals.tcf.rules import check_rules
from consent.signals.tcf.types import TCString


def check(asked: argparse.Namespace) -> dict[str, Any]:
    """Return the answer as JSON: whether, on which basis, why, and which rules the string breaks.

    :raises MalformedSignal: if the string, the vendor list or the time cannot be read.
    """
    tc = _read_string(asked.string)
    answer = _ask(tc, _read_list(asked), asked)
    return {
        "allowed": answer.allowed,
        "basis": answer.basis,
        "reason": answer.reason,
        "text": answer.text,
        "findings": [
            {**asdict(one), "invalid": one.invalid, "detail": one.detail} for one in check_rules(tc)
        ],
    }


def _read_string(text: str) -> TCString:
    """Return the TC string, or the one that a GPP string has as its section 2; no other section is looked at.

    A missing DisclosedVendors segment is told as a reason, not as an error.
    """
    kind = detect(text)
    if kind is TCF:
        return decode(text, demand_segments=False)
    if kind is not GPP:
        raise MalformedSignal(Fault("unknown_kind", "vendors are told of in TC and GPP strings", 0))
    from consent.signals.gpp import codec, european  # noqa: PLC0415 - TC strings need no sections

    if (found := codec.find_section(text, european.ID)) is None:
        detail = f"the string has no section {european.ID}, {european.PREFIX}: it tells nothing of vendors"
        raise MalformedSignal(Fault("no_such_section", detail, 0, field="Sections"))
    part, start = found
    try:
        return decode(part, demand_segments=False)
    except MalformedSignal as refused:
        raise MalformedSignal(refused.fault.at(start)) from None


def _ask(tc: TCString, vendors: VendorList, asked: argparse.Namespace) -> Answer:
    at = _read_time(asked.at)
    if asked.special_purpose is not None:
        return may_process_special(tc, vendors, asked.vendor, asked.special_purpose, at)
    if asked.special_feature is not None:
        return may_use_feature(tc, vendors, asked.vendor, asked.special_feature, at)
    return may_process(tc, vendors, asked.vendor, asked.purpose, at)


def _read_list(asked: argparse.Namespace) -> VendorList:
    try:
        return parse(asked.gvl.read_bytes())
    except MalformedVendorList as fault:
        raise MalformedSignal(Fault(fault.code, fault.detail, field=fault.place)) from None
    except (OSError, ValueError) as fault:  # the latter of a name with a zero byte
        detail = f"the vendor list cannot be read: {getattr(fault, 'strerror', fault)}"
        raise MalformedSignal(Fault("unreadable_file", detail, field="gvl")) from None


def _read_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.utcoffset() is None:
        raise MalformedSignal(Fault("not_a_time", "a time has a zone, as 2026-03-01T00:00:00Z", field="at"))
    return time
