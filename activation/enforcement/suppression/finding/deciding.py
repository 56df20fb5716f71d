"""Deciding pages of members, whoever asks for it, and writing what came of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from activation.enforcement.membership.services import settle_page
from activation.enforcement.membership.types import DuePage, Member
from activation.enforcement.suppression.finding.asking import Ground
from activation.enforcement.suppression.finding.causes import Origin
from activation.enforcement.suppression.finding.judging import Candidate, Judged, judge
from activation.enforcement.suppression.finding.setting_down import set_down

Trace = Callable[[DuePage, Judged], Origin]


@dataclass(frozen=True, slots=True)
class Asked:
    """A page, and those on it who are to be asked about."""

    page: DuePage
    members: Sequence[Member]


def decide_pages(ground: Ground, asked: Sequence[Asked], trace: Trace) -> Counter[str]:
    """Decide these members, set down who may not stay, and settle the pages. Who is not asked about stays.

    Return how many suppressions of each destination were written. `trace` says where a denial comes from.

    :raises KeyUnreadable, KeysUnavailable, MappingUnreadable: if what opens or reads anything cannot be had.
        Nothing must be kept then.
    """
    places = [(one.page, member) for one in asked for member in one.members]
    people = judge(ground, [Candidate(page.holding, member) for page, member in places])
    found = [(page, one) for (page, _), one in zip(places, people, strict=True)]
    for one in asked:
        settle(one.page, [judged for page, judged in found if page is one.page], ground)
    return set_down(one.deny(trace(page, one)) for page, one in found if not one.may_stay)


def settle(page: DuePage, people: Sequence[Judged], ground: Ground) -> None:
    """Let the page say until when those may stay who may, and that it was decided by the ground's world."""
    ends = {member.name: member.ends_at for member in page.members}
    denied = {one.member.name for one in people if not one.may_stay}
    ends |= {one.member.name: one.decision.valid_until for one in people if one.may_stay}
    allowed = {name: end for name, end in ends.items() if name not in denied}
    settle_page(page, allowed=allowed, denied=denied, world=ground.world)
