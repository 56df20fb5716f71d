"""What a verification tells: one statement for each thing that was checked."""

from collections.abc import Iterable
from dataclasses import dataclass

_MARKS = {True: "ok     ", False: "FAILED ", None: "skipped"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked; `passed` is None if it could not be."""

    passed: bool | None
    statement: str

    def __str__(self) -> str:
        return f"{_MARKS[self.passed]} {self.statement}"


def is_verified(checks: Iterable[Check]) -> bool:
    """Return whether none of `checks` failed, and there was at least one that passed."""
    found = [check.passed for check in checks]
    return True in found and False not in found
