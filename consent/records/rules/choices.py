"""One choice of a row.

A yes is narrow: it must name a purpose and a controller that the policy knows, and an act that affirms.
A no is wide: it is taken for every purpose that can be written, and for all of them at once.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from consent.records.rules.fields import Fields
from consent.records.rules.reach import find_overreach
from consent.records.types import (
    ANY_PURPOSE,
    NO,
    OFFICER,
    SIGNAL_ID,
    YES,
    Choice,
    Fault,
    FaultCode,
    NewChoice,
    Vocabulary,
)

NO_AFFIRMATIVE_ACT = frozenset(
    {
        "assumed",
        "browsing",
        "continued_browsing",
        "continued_use",
        "default",
        "implicit",
        "implied",
        "inactivity",
        "passive",
        "pre_checked",
        "pre_selected",
        "pre_ticked",
        "prechecked",
        "preselected",
        "preticked",
        "scroll",
        "scrolling",
        "silence",
    }
)
"""Ways of collecting that affirm nothing (GDPR recital 32; CJEU C-673/17, Planet49)."""
_ONLY_BY_ITSELF = frozenset({"default"})  # "default_off_switch" is an act, "implied_consent" is none

_KNOWN = frozenset(
    {
        "purpose",
        "choice",
        "controller",
        "effective_at",
        "notice",
        "notice_version",
        "method",
        "form",
        "expires_at",
        "destination",
        "explicit",
        "by_guardian",
        "after_conflict_notice",
        "refers_to",
    }
)
_CHOICES = {choice.value: choice for choice in Choice}
_SENT_BY_SOURCES = ", ".join(choice.value for choice in Choice if choice not in OFFICER)
_PURPOSE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
_MAX_PURPOSE = 128


def read_choice(
    value: Mapping[str, Any], *, path: str, vocabulary: Vocabulary, at: datetime, faults: list[Fault]
) -> NewChoice | None:
    """Return the choice that the JSON object holds; None, with its faults added to `faults`, if any."""
    before = len(faults)
    fields = Fields(value, path=path, known=_KNOWN, faults=faults)
    choice, purpose = _read_choice_name(fields), _read_purpose(fields)
    bound = None if choice in NO else vocabulary.max_back_dating  # a no is taken, however old
    effective_at = fields.past("effective_at", at=at, within=bound)
    read = NewChoice(
        purpose=purpose,
        choice=choice,
        effective_at=effective_at,
        controller=_read_declared(fields, "controller", vocabulary.controllers, FaultCode.UNKNOWN_CONTROLLER),
        destination=_read_declared(
            fields, "destination", vocabulary.destinations, FaultCode.UNKNOWN_DESTINATION
        ),
        notice=fields.slug("notice"),
        notice_version=fields.count("notice_version"),
        method=fields.slug("method"),
        form=fields.slug("form"),
        expires_at=fields.end("expires_at", start=effective_at),
        explicit=fields.flag("explicit"),
        by_guardian=fields.flag("by_guardian"),
        after_conflict_notice=fields.flag("after_conflict_notice"),
        refers_to=_read_reference(fields),
    )
    if len(faults) == before:
        _check_reach(read, fields, vocabulary)
    return read if len(faults) == before else None


def _read_choice_name(fields: Fields) -> Choice:
    """Return the choice; `DISMISSED`, which says nothing, beside a fault."""
    name = fields.text("choice", required=True)
    choice = _CHOICES.get(name or "")
    if name is not None and choice is None:
        fields.fault("choice", FaultCode.UNKNOWN_CHOICE, f"must be one of {_SENT_BY_SOURCES}")
    elif choice in OFFICER:
        fields.fault("choice", FaultCode.OFFICERS_CHOICE, "only an officer records this, in the admin")
    return choice or Choice.DISMISSED


def _read_purpose(fields: Fields) -> str:
    purpose = fields.text("purpose", required=True)
    if purpose is None or purpose == ANY_PURPOSE:
        return purpose or ""
    if len(purpose) > _MAX_PURPOSE or not _PURPOSE.fullmatch(purpose):
        fields.fault(
            "purpose",
            FaultCode.MALFORMED_VALUE,
            "must be lower-case words joined by dots, such as marketing.email",
        )
    return purpose


def _read_reference(fields: Fields) -> str | None:
    """Return the record that the choice refers to. A signal is named by what is read from it alone.

    A no of the person's own would else pass for one of a framework's, which that framework could lift.
    """
    value = fields.slug("refers_to")
    if value is not None and value.startswith(f"{SIGNAL_ID}_"):
        fields.fault("refers_to", FaultCode.UNKNOWN_RECORD, "names a record, not a signal")
    return value


def _read_declared(fields: Fields, name: str, declared: frozenset[str], code: FaultCode) -> str | None:
    """Return a name that the policy declares.

    A no is held to this too: one that is narrowed to an unknown name would, in silence, speak to nobody.
    """
    value = fields.slug(name)
    if value is not None and value not in declared:
        fields.fault(name, code, "the policy in force does not declare it")
    return value


def _check_reach(choice: NewChoice, fields: Fields, vocabulary: Vocabulary) -> None:
    if choice.choice in NO:
        return  # a no is never lost for want of a notice, a controller or a purpose that we know
    for name, code, message in find_overreach(choice):
        fields.fault(name, code, message)
    _check_notice(choice, fields, vocabulary)
    if choice.choice in YES:
        _check_yes(choice, fields, vocabulary)


def _check_notice(choice: NewChoice, fields: Fields, vocabulary: Vocabulary) -> None:
    if choice.notice is None and choice.notice_version is None:
        return
    if choice.notice is None or choice.notice_version is None:
        fields.fault("notice", FaultCode.UNKNOWN_NOTICE, "a notice and its version are given together")
    elif (choice.notice, choice.notice_version) not in vocabulary.notices:
        fields.fault(
            "notice_version", FaultCode.UNKNOWN_NOTICE, "the policy in force has no such notice version"
        )


def _check_yes(choice: NewChoice, fields: Fields, vocabulary: Vocabulary) -> None:
    if choice.purpose not in vocabulary.purposes and choice.purpose != ANY_PURPOSE:
        fields.fault("purpose", FaultCode.UNKNOWN_PURPOSE, "the policy in force has no such purpose")
    if choice.method is not None and _affirms_nothing(choice.method):
        fields.fault("method", FaultCode.NO_AFFIRMATIVE_ACT, "a grant needs an act that affirms it")


def _affirms_nothing(method: str) -> bool:
    """Return whether the words of `method` are, or begin or end with, a way of collecting that is no act."""
    words = re.sub(r"[-.:]", "_", method.lower())
    return words in NO_AFFIRMATIVE_ACT or any(
        words.startswith(f"{way}_") or words.endswith(f"_{way}")
        for way in NO_AFFIRMATIVE_ACT - _ONLY_BY_ITSELF
    )
