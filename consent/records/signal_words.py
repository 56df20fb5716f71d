"""What officers read of signals instead of codes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.records.types import YES, Choice, SignalKind
from consent.signals.mapping.types import ATT, EXPLICIT, GPC, TCF, USP, Conflict, Unread

KIND_WORDS: Mapping[SignalKind, str] = {
    SignalKind.TCF: "TC string",
    SignalKind.GPP: "GPP string",
    SignalKind.GPC: "Global Privacy Control",
    SignalKind.USP: "US Privacy string",
}
_SOURCES = {
    EXPLICIT: "the person's own choice",
    GPC: "the Global Privacy Control",
    TCF: "a TC string",
    USP: "a US Privacy string",
    ATT: "Apple's status of app tracking",
}
_NOES: Mapping[str, str] = {
    Choice.REFUSED: "no",
    Choice.WITHDRAWN: "no (withdrawn)",
    Choice.OBJECTED: "no (objection)",
    Choice.OPTED_OUT: "no (opt-out)",
    Choice.LIMITED: "no (limit on sensitive data)",
    Choice.SIGNAL: "no (opt-out signal)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictInWords:
    """Two that spoke against each other, and which of them is followed."""

    purpose: str
    """The purpose's slug."""
    heard: str
    against: str
    outcome: str
    """What is followed, and why."""
    is_new_followed: bool
    """Whether it is what came by the signal."""


def tell_conflict(found: Conflict) -> ConflictInWords:
    """Return a conflict in words."""
    is_new = found.won == "heard"
    followed = found.heard if is_new else found.against
    verb = "What came is followed" if is_new else "What stood stays"
    return ConflictInWords(
        purpose=found.purpose,
        heard=f"{name_source(found.heard_from)} said {name_choice(found.heard)}",
        against=f"{name_source(found.against_from)} said {name_choice(found.against)}",
        outcome=f"{verb}, {name_choice(followed)}: {found.explanation}",
        is_new_followed=is_new,
    )


def tell_unread(found: Unread) -> str:
    """Return in words what of a signal came to nothing, and why."""
    return f"{name_source(found.source)}: {found.reason}"


def name_source(source: str) -> str:
    """Return which way a choice came."""
    kind, _, section = source.partition(":")
    if kind == SignalKind.GPP.value:
        return f"a GPP string (section {section})" if section else "a GPP string"
    return _SOURCES.get(source, source)


def name_choice(choice: str) -> str:
    """Return yes or no, and what kind of no."""
    return "yes" if choice in YES else _NOES.get(choice, choice)
