"""Ctrl-C and SIGTERM, held back where they would leave a process behind."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """A signal asked us to end. Uncaught, it ends the process with the shell's 128 + signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)
        self.signum = signum


@contextmanager
def raised() -> Iterator[None]:
    """Turn each ending signal into `Stopped`, so that every `finally` runs."""

    def stop(signum: int, _: FrameType | None) -> None:
        raise Stopped(signum)

    before = {signum: signal.signal(signum, stop) for signum in ENDINGS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@contextmanager
def held() -> Iterator[None]:
    """Hold ending signals back for the length of the block; then let the last one through."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread only
        return
    arrived: list[int] = []
    before = {signum: signal.signal(signum, lambda number, _: arrived.append(number)) for signum in ENDINGS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
    if arrived:
        signal.raise_signal(arrived[-1])
