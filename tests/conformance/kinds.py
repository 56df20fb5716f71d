"""Which harness shows which kind. Add a line for yours."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from tests.conformance.harness import Harness

Start = Callable[[Path], AbstractContextManager[Harness]]
"""Starts the recipient (it may use the folder, empty and its own) and gives the harness."""

HARNESSES: Mapping[str, Start] = {}
