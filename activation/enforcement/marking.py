"""Keeping whom a run is about to send, before it does: so that each of them can be taken out again."""

from collections.abc import Iterable

from django.db import transaction

from activation.enforcement.delivering import state_terms
from activation.enforcement.drafting import Draft
from activation.enforcement.lifecycle import insist
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.gathering import gather
from activation.enforcement.membership.world import world_digest
from activation.enforcement.models import EnforcementRun
from activation.enforcement.roll import refs_of
from activation.enforcement.strings.lacking import name_reading


def mark_sending(run: EnforcementRun, drafted: Draft, audience_name: str) -> None:
    """Commit who is in the draft, in place of who was in an earlier one of the run.

    Whatever is recorded after this finds them. What was recorded before, the run has to look for itself: so
    it looks at the feed again after this.

    :raises KeyUnreadable, KeysUnavailable: if the key that seals them cannot be had. Nothing may leave then.
    :raises RunTakenOver: if the run is not running any more: nobody would ever end what is kept here.
    """
    judge, order = drafted.judge, drafted.order
    gathered = gather(
        judge.duck,
        told=drafted.told,
        columns=state_terms(drafted, audience_name).columns,
        has_strangers=judge.lets_strangers_leave and bool(order.columns),
        stranger_until=judge.outcomes.stranger_until,
    )
    holding_id = membership.open_holding(
        destination=run.destination, audience=audience_name, purpose=run.purpose, controller=run.controller
    )
    reading = name_reading(drafted.policy, drafted.register)
    world = world_digest(drafted.policy, drafted.register, reading)
    with transaction.atomic():
        insist(run)
        membership.write_segment(run_id=run.pk, holding_id=holding_id, gathered=gathered, world=world)


def recheck_changed(run: EnforcementRun, drafted: Draft) -> None:
    """Have those decided again of whom the run knows that they changed, and whom it lets leave all the same.

    Where nothing is handed over, nothing can be taken back: whoever holds the files is told like everybody.
    """
    judge = drafted.judge
    everybody = judge.lets_strangers_leave  # one who has become known is found by nothing that was written
    membership.recheck(run.pk, None if everybody else _refs(judge.list_people_now_denied()))


def list_taken_back(drafted: Draft) -> frozenset[str]:
    """Return who is in no row any more, once the rows are taken back of those who are now denied."""
    judge = drafted.judge
    denied = judge.list_people_now_denied()
    standing = _refs(person for person in judge.several() if person not in denied)
    return frozenset(person for person in denied if len(refs_of(person)) == 1) - standing


def _refs(people: Iterable[str]) -> frozenset[str]:
    return frozenset(ref for person in people for ref in refs_of(person))
