"""What a person's choices come to, purpose by purpose, in the terms of a page. Pure.

It says what stands as the decision engine reads it: a no covers all below it and stands until a later yes to
exactly this; among linked people, a yes counts only against a no that was said after they were joined.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from consent.kernel.periods import Period
from consent.portal.preferences.pages.offers import Offer
from consent.portal.preferences.policy import covers
from consent.records.types import NO, YES, Choice, ChoiceInForce


class Says(StrEnum):
    """What stands."""

    YES = "yes"
    NO = "no"
    WAITING = "waiting"  # a yes that has to be confirmed
    ENDED = "ended"  # a yes whose time is over
    OUTDATED = "outdated"  # a yes to a notice that no longer counts
    INVALID = "invalid"  # a yes that an officer found to be none
    OVERRULED = "overruled"  # an objection that an officer weighed, with a ground
    NOTHING = "nothing"


class Because(StrEnum):
    """Where a no comes from."""

    OWN = "own"
    ABOVE = "above"  # said at a purpose above this one
    ALL = "all"  # "unsubscribe from all"
    SIGNAL = "signal"  # the browser's


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands for one purpose."""

    says: Says
    at: datetime | None = None
    """When it was said."""
    because: Because = Because.OWN
    above: str = ""
    """The purpose at which an inherited no was said."""
    earlier_yes_at: datetime | None = None
    """When the person said the yes that a later no covers."""
    record_id: str = ""
    recorded_at: datetime | None = None
    version_seen: tuple[str, int] | None = None
    """The notice and version that a yes was given on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What is on record of a person towards one controller."""

    in_force: Sequence[ChoiceInForce]
    joined_at: Mapping[frozenset[str], datetime]
    """When each two linked people were joined."""
    against_signal: Mapping[str, datetime] = field(default_factory=dict)
    """When the person's last word at a purpose was a yes, told that it conflicts with their signal."""


def find_standing(offer: Offer, choices: Choices, *, tops: Collection[str], at: datetime) -> Standing:
    """Return what stands for `offer` at `at`. `tops`: where "unsubscribe from all" is said."""
    ours = [one for one in choices.in_force if one.destination is None]
    yes = _latest(one for one in ours if one.purpose == offer.slug and one.choice in YES)
    heeded = NO if offer.heeds_signal else NO - {Choice.SIGNAL}
    noes = [one for one in ours if one.choice in heeded and covers(one.purpose, offer.slug)]
    standing = [no for no in noes if not _is_lifted(offer, no, yes, choices, at)]
    if no := _speaking(standing):
        return _no(offer, no, yes, tops)
    if yes is not None:
        return _yes(offer, yes, at)
    return _other(offer, ours)


def _speaking(noes: Sequence[ChoiceInForce]) -> ChoiceInForce | None:
    """Return the no to tell of: the person's own before their browser's, the latest."""
    return _latest(one for one in noes if one.choice is not Choice.SIGNAL) or _latest(noes)


def _is_lifted(
    offer: Offer, no: ChoiceInForce, yes: ChoiceInForce | None, choices: Choices, at: datetime
) -> bool:
    if no.choice is Choice.SIGNAL:
        confirmed_at = choices.against_signal.get(offer.slug)
        if confirmed_at is not None and confirmed_at <= no.effective_at:
            return True
    if yes is None or (yes.expires_at is not None and yes.expires_at <= at):
        return False
    if yes.back_dated and no.recorded_at < yes.recorded_at:
        return False
    if yes.subject_ref == no.subject_ref:
        return (yes.effective_at, yes.version) > (no.effective_at, no.version)
    joined = choices.joined_at.get(frozenset({yes.subject_ref, no.subject_ref}))
    return joined is not None and yes.effective_at > max(joined, no.effective_at)


def _no(offer: Offer, no: ChoiceInForce, yes: ChoiceInForce | None, tops: Collection[str]) -> Standing:
    because = Because.OWN
    if no.choice is Choice.SIGNAL:
        because = Because.SIGNAL
    elif no.purpose != offer.slug:
        because = Because.ALL if no.purpose in tops else Because.ABOVE
    return Standing(
        says=Says.NO,
        at=no.effective_at,
        because=because,
        above=no.purpose if no.purpose != offer.slug else "",
        earlier_yes_at=yes.effective_at if yes and yes.effective_at <= no.effective_at else None,
        record_id=no.record_id,
        recorded_at=no.recorded_at,
    )


def _yes(offer: Offer, yes: ChoiceInForce, at: datetime) -> Standing:
    return Standing(
        says=_read_yes(offer, yes, at),
        at=yes.effective_at,
        record_id=yes.record_id,
        recorded_at=yes.recorded_at,
        version_seen=(yes.notice, yes.notice_version) if yes.notice and yes.notice_version else None,
    )


def _read_yes(offer: Offer, yes: ChoiceInForce, at: datetime) -> Says:
    ends = [Period.parse(one).after(yes.effective_at) for one in offer.validities]
    if any(end <= at for end in (*ends, *([yes.expires_at] if yes.expires_at else []))):
        return Says.ENDED
    for key, oldest in offer.oldest_versions.items():
        if offer.basis == "consent" and (yes.notice != key or (yes.notice_version or 0) < oldest):
            return Says.OUTDATED
    is_open = offer.is_confirmed_later and yes.choice is not Choice.CONFIRMED
    return Says.WAITING if is_open else Says.YES


def _other(offer: Offer, ours: Iterable[ChoiceInForce]) -> Standing:
    said = {
        Choice.PENDING: Says.WAITING,
        Choice.INVALIDATED: Says.INVALID,
        Choice.OVERRULED: Says.OVERRULED,
    }
    last = _latest(one for one in ours if one.purpose == offer.slug and one.choice in said)
    if last is None:
        return Standing(says=Says.NOTHING)
    return Standing(
        says=said[last.choice], at=last.effective_at, record_id=last.record_id, recorded_at=last.recorded_at
    )


def _latest(choices: Iterable[ChoiceInForce]) -> ChoiceInForce | None:
    return max(choices, key=lambda one: (one.effective_at, one.version), default=None)
