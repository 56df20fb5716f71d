"""How columns show what is dear to make."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Shown = TypeVar("Shown")


def once_per_row(show: Callable[[Any, Any], Shown]) -> Callable[[Any, Any], Shown]:
    """Keep what `show` returns with the row: the page's templates ask for it several times."""

    @wraps(show)
    def shown(admin: Any, row: Any) -> Shown:
        kept: dict[str, Shown] = row.__dict__.setdefault("_shown", {})
        if show.__name__ not in kept:
            kept[show.__name__] = show(admin, row)
        return kept[show.__name__]

    return shown
