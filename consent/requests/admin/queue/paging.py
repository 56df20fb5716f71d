"""Pages of a long queue, without counting it whole."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from consent.requests.attention import MOST_COUNTED

MOST = MOST_COUNTED
"""So many requests are counted, and can be paged through; filters lead to the others."""


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic when it runs
    """Counts up to `MOST`: what more there is costs nothing, and is told as "more than"."""

    template_name = "admin/requests/paging.html"

    @cached_property
    def counted(self) -> int:
        """Return how many there are, at most one more than `MOST`."""
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[: MOST + 1].count()

    @cached_property
    def count(self) -> int:
        """Return how many can be paged through."""
        return min(self.counted, MOST)

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return self.counted > MOST
