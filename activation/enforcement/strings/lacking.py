"""Whether people whom an allow lets be sent have the strings that it owes: asked of allows one by one.

Whoever is sent is looked up by a run, in portions (`holding_back`). Here it is asked of people who are held,
or counted: an allow whose person lacks a string is one that nobody may act on.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.register import Register
from activation.decisions.types import Decision
from activation.enforcement.strings.looking_up import LookUp, Wanted
from activation.enforcement.strings.types import Needs
from activation.enforcement.strings.vendors import judge_by, keeps_lists
from activation.obligations.plan import SIGNAL
from consent.ledger.queries import get_time
from consent.records.queries import MappingUnreadable, get_mapping
from consent.subjects.types import SubjectRef

UNREADABLE = "unreadable"
"""How strings are read where they cannot be: nobody's are judged then, but by runs, which send nobody."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided about somebody, towards a controller. Nobody on record: no references."""

    decision: Decision
    refs: frozenset[SubjectRef]
    controller: str


def list_lacking(answers: Sequence[Answer], *, at: datetime) -> list[bool]:
    """Return for each whether it is an allow whose person lacks a string that is owed. A few statements.

    Nothing is asked where no allow owes any.

    :raises MappingUnreadable: if what strings are read by cannot be: that says nothing about anybody.
    :raises KeysUnavailable: if the keys that open strings cannot be asked for. That neither.
    """
    lacking, owing = [False] * len(answers), defaultdict[str, dict[int, Wanted]](dict)
    for place, one in enumerate(answers):
        if owes_string(one.decision):
            owing[one.controller][place] = Wanted(one.refs, Needs.of(one.decision.obligations))
    may_process = judge_by(settings.VENDOR_LISTS)
    for controller, wanted in sorted(owing.items()):
        found = LookUp(controller, at, may_process).find(list(wanted.values()))
        for place, texts in zip(wanted, found, strict=True):
            lacking[place] = texts is None
    return lacking


def owes_string(decision: Decision) -> bool:
    """Return whether it is an allow on condition of a string of the person's."""
    return decision.allowed and bool(Needs.of(decision.obligations).strings)


def name_reading(policy: CompiledPolicy, register: Register) -> str:
    """Return what tells how strings are read from how they were; empty where nobody is owed any.

    `UNREADABLE` if this process has no mapping, or not one vendor list where a vendor is registered: that it
    was set up badly says nothing about anybody.
    """
    has_vendor = any(one.tcf for one in register.values())
    if not has_vendor and not _is_any_owed(policy):
        return ""
    if has_vendor and not keeps_lists(settings.VENDOR_LISTS):
        _log.error("nobody's strings are judged: no vendor list is kept here; run fetch_vendor_list")
        return UNREADABLE
    try:
        return get_mapping(at=get_time()).mapping.digest
    except MappingUnreadable as error:
        _log.error("nobody's strings are judged: %s", error)
        return UNREADABLE


def _is_any_owed(policy: CompiledPolicy) -> bool:
    rules = (rule for by_place in policy.rules.values() for rule in by_place.values())
    return any(obligation.kind == SIGNAL for rule in rules for obligation in rule.obligations)
