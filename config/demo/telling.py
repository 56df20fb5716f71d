"""How the demo tells its story: numbered chapters, indented lines, and how long each took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Writer(Protocol):
    """Where lines go: a management command's standard output."""

    def write(self, text: str) -> object:
        """Write one line."""


class Teller:
    """Writes the story, and keeps the seconds that each chapter took."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._chapters = 0
        self.timings: dict[str, float] = {}

    @contextmanager
    def chapter(self, name: str, title: str) -> Iterator[None]:
        """Tell what follows under `title`; its seconds are kept in `timings` under `name`."""
        self._chapters += 1
        self._writer.write(f"\n{self._chapters}. {title}")
        started = time.perf_counter()
        yield
        self.timings[name] = round(time.perf_counter() - started, 3)

    def say(self, text: str) -> None:
        """Tell one line of the chapter."""
        self._writer.write(f"   {text}")

    def say_counts(self, counts: dict[str, int]) -> None:
        """Tell counts in a column, the largest first."""
        for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            self.say(f"  {count:>8,}  {name}")
