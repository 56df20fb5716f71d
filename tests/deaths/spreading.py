"""Walks that go to some points each time, and to all of them with `--long`."""

import pytest
from _pytest.mark import ParameterSet


def spread(step: int, *, own: int = 0) -> list[ParameterSet]:
    """Return where walks begin and how far their steps are: from `own` always, from the rest with `--long`.

    Walks with starts of their own go to different points of one way, so that together they see more of it.
    """
    rest = [one for one in range(step) if one != own]
    return [
        pytest.param(own, step, id="spread"),
        *(pytest.param(first, step, id=f"from-{first}", marks=pytest.mark.long) for first in rest),
    ]
