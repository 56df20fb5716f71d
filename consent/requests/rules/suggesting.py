"""Which law speaks to a request, and whether it gives the right. A suggestion: an officer decides. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from consent.policies.law.types import LawTable, Statute
from consent.policies.law.words import Right
from consent.requests.types import NEVER_VERIFIED, RequestType

RIGHTS: Mapping[RequestType, frozenset[Right]] = {
    RequestType.ACCESS: frozenset(
        {
            Right.ACCESS,
            Right.ACCESS_SUMMARY,
            Right.CONFIRM,
            Right.COPY,
            Right.KNOW,
            Right.KNOW_CATEGORIES,
            Right.KNOW_SPECIFIC,
        }
    ),
    RequestType.PORTABILITY: frozenset({Right.PORTABILITY}),
    RequestType.ERASURE: frozenset({Right.ERASE, Right.ERASE_CONSENTED, Right.ANONYMISE_BLOCK_ERASE}),
    RequestType.RECTIFICATION: frozenset({Right.CORRECT, Right.COMPLETE, Right.UPDATE}),
    RequestType.RESTRICTION: frozenset(
        {Right.RESTRICT, Right.SUSPEND, Right.STOP_USE, Right.ANONYMISE_BLOCK_ERASE}
    ),
    RequestType.AUTOMATED_DECISION: frozenset(
        {
            Right.AUTOMATED_DECISION,
            Right.AUTOMATED_DECISION_ACCESS,
            Right.AUTOMATED_DECISION_INFORMATION,
            Right.AUTOMATED_DECISION_OPT_OUT,
            Right.QUESTION_PROFILING,
            Right.REVIEW_AUTOMATED,
        }
    ),
    RequestType.APPEAL: frozenset({Right.APPEAL}),
}
"""What a law has to give for a request of that type. A no and a complaint are always taken."""
ALWAYS_TAKEN = NEVER_VERIFIED | {RequestType.COMPLAINT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Which law speaks, and what it says of the right."""

    jurisdiction: str
    """Empty: an officer has to decide."""
    reason: str
    """In words, for the officer. No personal data but codes of places."""
    has_right: bool | None
    """None: nobody has read that law yet, or it is not known which one it is."""
    right_reason: str
    free_requests: int | None = None
    """How many a year are free there; None: no number is set."""


def suggest(
    law: LawTable,
    request_type: RequestType,
    *,
    said: str = "",
    residences: Collection[str] = (),
    establishment: Collection[str] = (),
) -> Suggestion:
    """Return what the law table says of a request.

    `said`: where the person says they live. `residences`: what is recorded of those whom they were proven to
    be. `establishment`: where the controller is; its law speaks for everybody it deals with (GDPR Art. 3(1)).
    """
    place, reason = _choose(law, said, frozenset(residences), frozenset(establishment))
    has_right, right_reason = _look_up(law, request_type, place, sorted(establishment))
    statute = law.first(Statute, place) if place else None
    return Suggestion(
        jurisdiction=place,
        reason=reason,
        has_right=has_right,
        right_reason=right_reason,
        free_requests=statute.free_requests if statute else None,
    )


def _choose(
    law: LawTable, said: str, residences: frozenset[str], establishment: frozenset[str]
) -> tuple[str, str]:
    recorded = _narrow(law, residences)
    if said and recorded:
        return _compare(law, said, recorded)
    if said:
        return said, f"The person says that they live in {said}."
    if recorded:
        return _only_one(recorded, "on record as where the person lives")
    if len(establishment) == 1:
        place = min(establishment)
        return place, f"Nothing is known of where the person lives; the controller is established in {place}."
    return "", "Nothing is known of where the person lives: decide."


def _compare(law: LawTable, said: str, recorded: frozenset[str]) -> tuple[str, str]:
    names = ", ".join(sorted(recorded))
    both = _narrow(law, recorded | {said})
    if len(both) == 1:
        return min(both), f"The person says {said}, and {names} is on record."
    return "", f"The person says {said}, but {names} is on record: decide which."


def _only_one(places: frozenset[str], what: str) -> tuple[str, str]:
    if len(places) == 1:
        return min(places), f"{min(places)} is {what}."
    return "", f"Several places are {what}: {', '.join(sorted(places))}. Decide which."


def _narrow(law: LawTable, places: frozenset[str]) -> frozenset[str]:
    """Return `places` without those that another of them lies in: US-CA says more than US."""
    wider = {outer for place in places for outer in law.chain(place)[1:]}
    return places - wider


def _look_up(
    law: LawTable, request_type: RequestType, place: str, establishment: Collection[str]
) -> tuple[bool | None, str]:
    if request_type in ALWAYS_TAKEN:
        return True, "A no, and a complaint, is taken wherever it comes from."
    if not place:
        return None, "Which law speaks is not decided."
    found = [(code, law.first(Statute, code)) for code in dict.fromkeys((place, *establishment))]
    read = [(code, statute) for code, statute in found if statute is not None and statute.rights]
    for code, statute in read:
        if RIGHTS[request_type] & set(statute.rights):
            return True, f"{statute.title} gives it ({code}: {statute.citation})."
    if place not in {code for code, _ in read}:
        return None, f"Nobody has entered yet which rights the law of {place} gives."
    told = "; ".join(f"{statute.title} ({code}: {statute.citation})" for code, statute in read)
    return False, f"No right to it is entered for {told}: refusing with `no_such_right` may be right."
