"""How many ungated paths nobody knows of: asked on every page, so it is counted once in a while."""

from django.core.cache import cache

from lineage.graph import queries

_KEY = "desk.lineage.ungated"
_SECONDS = 300


def count_ungated() -> int:
    """Return how many paths counted within the last five minutes, as far as this process knows."""
    count: int = cache.get_or_set(_KEY, queries.count_ungated_paths, _SECONDS) or 0
    return count


def count_anew() -> None:
    """Have the next page count: something was declared."""
    cache.delete(_KEY)
