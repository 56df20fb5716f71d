"""Where following begins: at the ledger's end, with everybody who is held due to be decided."""

from django.db import connection, transaction

from activation.enforcement.membership.models import Page
from activation.enforcement.suppression.finding import feed

NO_WORLD = ""
"""The world of pages that nobody decided yet under any that is known."""
_LOCK = "LOCK TABLE activation_enforcement_feedposition IN SHARE ROW EXCLUSIVE MODE"


@transaction.atomic
def begin() -> None:
    """Begin to follow, unless somebody did."""
    _hold()
    if not feed.is_begun():
        _begin()


@transaction.atomic
def begin_anew() -> None:
    """Follow the ledger from its end on, and have all pages decided again, whatever was read before."""
    _hold()
    _begin()


def _hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)  # there may be no row yet that could be held


def _begin() -> None:
    """Set position and pages down together.

    What a big ledger tells of the past need not be read: what it comes to is what people's states say now,
    and the sweep asks about these. A segment that is not among the pages yet belongs to a run that looks at
    the feed itself once its segment stands: it sees all that is before the position.
    """
    feed.begin_at_end()
    Page.objects.update(world=NO_WORLD)
