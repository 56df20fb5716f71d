"""The last steps before a stream's events may be seen, so that no withdrawal passes them by unseen.

Two read the same feed: the stream by its decision store, and the follower that takes people out of what
destinations hold. The follower reads an entry and the membership in one transaction, with one view. A no that
the stream has not seen yet must be seen by the follower, with the person in the membership; or the other way
round. So, with the events written and not yet visible:

1. It is asked whom others have begun to take out. They do not count as told of any more: if one of them was
   sent for that reason, all of it is done anew, and they are newly sent then.
2. Whoever is newly sent is put into the membership, and that is committed; at T, at the latest.
3. They are decided once more, by a store whose last look at the feed began after T. If the answer is another
   one, all of it is done anew.
4. The transaction is committed.

*The newly sent.* A follower's view from before T, which lacks the membership, holds only entries from before
T. The look of 3. began after T, so the store has them too: the no is seen, and the transaction is undone.
Any view from T on has the membership: the follower writes a suppression.

*Those told of before* need no second look while they stay in the membership. They are taken out there only
when a suppression is acknowledged, and that was written before. Either 1. sees it; or it is written after 1.,
when the events lie in Kafka already, before the high watermark. So a destination that reads on to the high
watermark it finds when it is told to take somebody out, and takes them out then, holds nothing of them.

*One suppression may stand for a second no* while it waits, without a new row. So whoever is being taken out
when they are newly sent is not remembered: of them it is told each time, with a second look each time.

Without transactions, events are seen as soon as they are written. Steps 1 to 3 go before; a suppression that
is written between 1. and the end of the batch may be carried out before its person's last events are there.
"""

import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from activation.enforcement.membership.world import world_digest
from activation.enforcement.streaming.deciding import Decider
from activation.enforcement.streaming.holding import Keeper, ToldPeople
from activation.enforcement.streaming.readiness import Basis, Readiness
from activation.enforcement.streaming.tally import Tally
from activation.enforcement.streaming.types import NotReady
from activation.enforcement.strings.lacking import name_reading

logger = logging.getLogger(__name__)
_LOOKED_EVERY = 0.002
_KEPT_NOT = "the note of whom this stream sends cannot be kept: see the log"


class Outdated(Exception):
    """What events were decided by changed since: they are decided again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Sees to everything that must be so before what was written may be seen."""

    keeper: Keeper
    told: ToldPeople
    readiness: Readiness
    decider: Decider
    monotonic: Callable[[], int]
    """Nanoseconds, of the clock that the store's looks are told by."""
    patience: float
    """Seconds to wait for a look that began late enough."""

    def settle(self, tally: Tally) -> None:
        """Take the steps for what `tally` holds.

        :raises NotReady: if they cannot be taken now.
        :raises Outdated: if something changed, and all is to be decided again.
        """
        if not tally.events:
            return
        if self.keeper.is_followed:
            self._hear(tally)
        if tally.members:
            self._keep(tally)
        if not self.readiness.still_holds(held_since=tally.held_since, world=tally.world):
            raise Outdated

    def _keep(self, tally: Tally) -> None:
        policy, register = tally.rules
        taken_out = self._ask(
            lambda: self.keeper.keep(
                tally.members, world=world_digest(policy, register, name_reading(policy, register))
            )
        )
        basis = self._look_again(after=self.monotonic())
        if basis.world != tally.world:
            raise Outdated
        people = list(tally.people)
        now = dict(zip(people, self.decider.decide(basis, people), strict=True))
        same = {one: now[one] for one, answer in tally.people.items() if now[one].lets_the_same_pass(answer)}
        away = frozenset(taken_out)
        self.told.add({one: answer for one, answer in same.items() if away.isdisjoint(answer.refs)})
        if len(same) < len(people):
            raise Outdated
        tally.members, tally.people = [], {}

    def _look_again(self, *, after: int) -> Basis:
        """Wait for a store whose last look at the feed began after this moment."""
        ends_at = time.monotonic() + self.patience
        while (basis := self.readiness.open()).looked_at < after:
            if time.monotonic() > ends_at:
                raise NotReady(
                    "the decision store has not looked at the feed for some seconds: see whether run_tailer"
                    " runs, and reaches PostgreSQL"
                )
            time.sleep(_LOOKED_EVERY)
        return basis

    def _hear(self, tally: Tally) -> None:
        gone = self._ask(self.keeper.list_suppressed)
        if gone and self.told.forget(gone) & tally.sent - tally.people.keys():
            raise Outdated

    def _ask(self, call: Callable[[], Collection[str]]) -> Collection[str]:
        try:
            return call()
        except Exception as error:
            logger.warning("nobody took note of whom the stream sends: %s", type(error).__name__)
            raise NotReady(_KEPT_NOT) from error
