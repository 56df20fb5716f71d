"""Deciding pages again that time, the policy or the register may have made wrong: a few people at a time.

Nobody says anything when a consent ends, or when a policy takes effect. So pages carry the moment at which
the first of their allows ends, and the world they were decided by. Whatever is due is found by these alone,
however long nobody looked. A step is short, so that a million people who end at one midnight keep nobody
waiting.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from time import monotonic

from activation.decisions.reasons import Reason
from activation.enforcement.membership.models import Page
from activation.enforcement.membership.queries import list_due_pages
from activation.enforcement.membership.types import DuePage
from activation.enforcement.suppression.finding.asking import Ground
from activation.enforcement.suppression.finding.beginning import NO_WORLD
from activation.enforcement.suppression.finding.causes import Origin, cause_of
from activation.enforcement.suppression.finding.deciding import Asked, decide_pages
from activation.enforcement.suppression.finding.judging import Judged, lay_ground
from activation.enforcement.suppression.finding.steps import Overtaken, one_moment
from activation.enforcement.suppression.finding.worlds import note_world
from activation.enforcement.suppression.types import Cause
from activation.enforcement.suppression.waking import wake_for_destinations
from consent.kernel.errors import AccordantError

MOST_PAGES = 4
"""Pages that one step takes at most: about a thousand people."""


class PolicyMissing(AccordantError):
    """No policy is in force that can be read. Nobody is taken out for that."""

    code = "policy_missing"
    status = 503


def sweep(*, until: float, clock: Callable[[], float] = monotonic) -> bool:
    """Decide due pages until `clock` says `until`, and return whether none is left for this worker.

    Any number of workers may sweep at once, and each page is decided by one of them.

    :raises PolicyMissing: if no policy is in force, or its text is not the one that was published.
    :raises KeysUnavailable: if the keys cannot be asked for. What was decided before stays so.
    :raises MappingUnreadable: if what strings are read by was lost while it worked.
    """
    while clock() < until:
        if not sweep_once():
            return True
    return False


def sweep_once(*, limit: int = MOST_PAGES) -> bool:
    """Decide a few due pages, and return whether there were any. One transaction.

    :raises PolicyMissing, KeysUnavailable, MappingUnreadable: as `sweep` does.
    """
    try:
        with one_moment():
            pages, written = _step(limit)
    except Overtaken:
        return True
    wake_for_destinations(written)
    return pages > 0


def _step(limit: int) -> tuple[int, Counter[str]]:
    ground = lay_ground()
    pages = list_due_pages(world=ground.world, limit=limit)
    if not pages:
        return 0, Counter()
    if not ground.policy.intact:
        raise PolicyMissing("no policy is in force that can be read: nothing is decided until there is one")
    since, worlds = note_world(ground), _list_worlds(pages)

    def trace(page: DuePage, person: Judged) -> Origin:
        return _trace(person, worlds.get(page.page_id, NO_WORLD), ground, since)

    asked = [_ask(page, worlds.get(page.page_id, NO_WORLD), ground) for page in pages]
    return len(pages), decide_pages(ground, asked, trace)


def _ask(page: DuePage, world: str, ground: Ground) -> Asked:
    """Return those on a page to be asked about: all, or, in the same world, those whose time is over."""
    if world != ground.world:
        return Asked(page, page.members)
    ended = [one for one in page.members if one.ends_at is not None and one.ends_at <= ground.now]
    return Asked(page, ended)


def _trace(person: Judged, world: str, ground: Ground, since: datetime) -> Origin:
    """Return what a denial comes from that nobody told of: time, another world, or what nobody followed."""
    ends_at, reason = person.member.ends_at, person.decision.reason
    has_ended = ends_at is not None and ends_at <= ground.now
    if world not in {NO_WORLD, ground.world} and not (has_ended and reason is Reason.EXPIRED):
        return Origin(Cause.POLICY, since)
    is_over = has_ended and not person.lacks_string and cause_of(reason) in {Cause.EXPIRY, Cause.CHANGE}
    if ends_at is not None and is_over:
        return Origin(Cause.EXPIRY, ends_at)
    return person.trace_back()


def _list_worlds(pages: list[DuePage]) -> Mapping[int, str]:
    wanted = [page.page_id for page in pages]
    return dict(Page.objects.filter(pk__in=wanted).order_by("pk").values_list("pk", "world"))
