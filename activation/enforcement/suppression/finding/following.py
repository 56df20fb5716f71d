"""Following the ledger: whoever it speaks of is asked about again at every destination that holds them.

Which entry says what is not looked at to find them. Anything may turn an allow into a denial: a choice, a
fact, a link to somebody who said no. So everybody whom an entry touches is decided anew, with all they are
linked to.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from activation.enforcement.membership import services as membership
from activation.enforcement.membership.queries import list_held
from activation.enforcement.membership.types import HeldMember, Name
from activation.enforcement.suppression.finding import feed
from activation.enforcement.suppression.finding.causes import (
    Told,
    trace_string_to_entries,
    trace_to_entries,
)
from activation.enforcement.suppression.finding.ends import bring_forward
from activation.enforcement.suppression.finding.judging import (
    Candidate,
    Judged,
    judge,
    lay_ground,
)
from activation.enforcement.suppression.finding.people import list_touched_groups
from activation.enforcement.suppression.finding.setting_down import Denial, set_down
from activation.enforcement.suppression.finding.steps import Overtaken, one_moment
from activation.enforcement.suppression.finding.told import list_told
from activation.enforcement.suppression.waking import wake_for_destinations
from consent.ledger.types import Touched
from consent.subjects.types import SubjectRef

MOST_ENTRIES = 500
"""Entries that one step takes at most: a step is short, and what it finds goes out when it ends."""


def follow(*, limit: int = MOST_ENTRIES) -> bool:
    """Read the next entries, set down who is to be taken out, and return whether the feed's end was reached.

    Suppressions and position are written together, or not at all. While another worker follows, there is
    nothing to do here: that is as good as the end.

    :raises AnotherLedger: if it is not the ledger that was followed before. Nothing moves then.
    :raises KeysUnavailable: if the keys that open facts cannot be asked for. Nothing moves then.
    """
    try:
        with one_moment():
            is_end, written = _step(limit)
    except Overtaken:
        return False
    wake_for_destinations(written)
    return is_end


def _step(limit: int) -> tuple[bool, Counter[str]]:
    row = feed.hold_position()
    if row is None:
        return True, Counter()
    news = feed.read_news(row, limit=limit)
    if not news.entries:
        return True, Counter()
    written = set_down(_list_denials(news.entries))
    feed.move_position(news.entries[-1])
    return news.is_end, written


def _list_denials(entries: Sequence[Touched]) -> list[Denial]:
    """Return whom holdings may not hold of all whom `entries` touch, in the order that they were told of."""
    touching = _list_touching(entries)
    held = list_held([SubjectRef(ref) for ref in touching])
    if not held:
        return []
    people = _judge(held)
    bring_forward(people)
    denied = [one for one in people if not one.may_stay]
    indexes = [_indexes_of(one, touching) for one in denied]
    told = list_told(index for found in indexes for index in found)
    found = [
        (found[:1], _deny(one, [told[index] for index in found]))
        for one, found in zip(denied, indexes, strict=True)
    ]
    return [denial for _, denial in sorted(found, key=lambda each: each[0])]  # stable: as they came


def _judge(held: Sequence[HeldMember]) -> list[Judged]:
    """Return the answers about all who are held.

    While what strings are read by cannot be, a no must go on all the same, and nobody is taken out for that:
    these people are decided anew once it can be.
    """
    ground = lay_ground()
    if not ground.reads_strings:
        membership.decide_again({one.segment_id for one in held})
    return judge(ground, _list_candidates(held))


def _list_candidates(held: Iterable[HeldMember]) -> list[Candidate]:
    """Return each member of each segment once, with everybody who led to them."""
    found: dict[tuple[int, Name], Candidate] = {}
    for one in held:
        key, led = (one.segment_id, one.member.name), frozenset({SubjectRef(one.found_by)})
        known = found.get(key)
        found[key] = Candidate(one.holding, one.member, led | known.found_by if known else led)
    return list(found.values())


def _list_touching(entries: Sequence[Touched]) -> Mapping[str, list[int]]:
    """Return everybody whom `entries` may count for, with the entries that do, by index."""
    by_ref: defaultdict[str, list[int]] = defaultdict(list)
    for entry in entries:
        if entry.subject_ref:
            by_ref[entry.subject_ref].append(entry.index)
    touching: dict[str, list[int]] = {}
    for refs in list_touched_groups(by_ref):
        indexes = sorted(index for ref in refs for index in by_ref.get(ref, ()))
        touching.update(dict.fromkeys(refs, indexes))
    return touching


def _indexes_of(person: Judged, touching: Mapping[str, list[int]]) -> list[int]:
    return sorted({index for ref in person.asked for index in touching.get(ref, ())})


def _deny(person: Judged, told: Sequence[Told]) -> Denial:
    if not told:
        return person.deny(person.trace_back())
    if person.lacks_string:
        return person.deny(trace_string_to_entries(told))
    return person.deny(trace_to_entries(person.decision, told, person.member.ends_at))
