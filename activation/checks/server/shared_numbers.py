"""Where the workers' numbers lie: one row of words for each, in memory that all of them see."""

import mmap
from array import array
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

OTHER: Final = "other"
STATUSES: Final = [*(str(int(status)).encode() for status in HTTPStatus), OTHER.encode()]
STATUS_PLACE: Final = {status: place for place, status in enumerate(STATUSES)}
OTHER_STATUS: Final = len(STATUSES) - 1
DURATIONS: Final = 65  # one for each length in bits of a number of nanoseconds
TOTALS: Final = ("nanoseconds", "received", "sent", "opened", "closed", "failures")
_WORD: Final = 8


class SharedNumbers:
    """Room for every worker's numbers, in memory that all of them see. Make it before they are forked."""

    def __init__(self, paths: Sequence[bytes] = (), *, workers: int = 1) -> None:
        """Make room for `workers` that count requests to each of `paths`, and to all others together."""
        self.labels = [OTHER, *(path.decode() for path in paths)]
        self.places: Mapping[bytes, int] = {
            path: place * len(STATUSES) for place, path in enumerate(paths, start=1)
        }
        self.workers = workers
        self.width = len(self.labels) * len(STATUSES) + DURATIONS + len(TOTALS)
        self._words = memoryview(mmap.mmap(-1, self.width * workers * _WORD)).cast("Q")

    def read(self, worker: int) -> list[int]:
        """Return the numbers that the worker left last."""
        return self._words[worker * self.width : (worker + 1) * self.width].tolist()

    def write(self, worker: int, numbers: list[int]) -> None:
        """Leave the worker's numbers for the others to see."""
        self._words[worker * self.width : (worker + 1) * self.width] = memoryview(array("Q", numbers))

    def sums(self) -> list[int]:
        """Return the sum over all workers, number by number."""
        return [sum(column) for column in zip(*map(self.read, range(self.workers)), strict=True)]
