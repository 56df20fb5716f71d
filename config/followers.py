"""Who follows the change feed in this installation."""

from collections.abc import Mapping

from activation.changes import services as changes
from activation.desk import services as desk
from activation.enforcement.suppression.finding import services as suppressions
from consent.ledger.services import Follower

FOLLOWERS: Mapping[str, Follower] = {
    "withdrawals": suppressions.follow_feed,
    "subscriptions": changes.wake_subscriptions,
    "choice_counts": desk.count_next,
}
"""By name: the same in every process and for ever, for a follower's lock is named by it."""
