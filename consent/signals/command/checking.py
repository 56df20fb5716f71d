"""Whether a vendor may, as the command line answers it."""

import argparse
from dataclasses import asdict
from datetime import datetime
from typing import Any

from consent.signals.command.kinds import TCF, detect
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
    if detect(asked.string) is not TCF:
        raise MalformedSignal(Fault("unknown_kind", "vendors are told of in TC strings", 0))
    tc = decode(asked.string, demand_segments=False)  # it is told as a reason, not as an error
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
    except OSError as fault:
        detail = f"the vendor list cannot be read: {fault.strerror}"
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
