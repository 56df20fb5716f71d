"""From a parsed command line to the function that carries it out, and from its end to an exit code."""

import sys
from collections.abc import Callable, Mapping

from config.embedded import EmbeddedError
from config.embedded.interrupts import raised
from config.launch import bench, checks, demo, lock, manage, suite
from config.launch.arguments import Arguments
from config.launch.errors import LaunchError

COMMANDS: Mapping[str, Callable[[Arguments], int]] = {
    "demo": demo.run,
    "test": suite.run,
    "check": checks.run,
    "bench": bench.run,
    "manage": manage.run,
    "lock": lock.run,
}


def run(arguments: Arguments) -> int:
    """Carry out the command and return its exit code."""
    try:
        with raised():
            return COMMANDS[arguments.command](arguments)
    except (EmbeddedError, LaunchError) as error:
        sys.stderr.write(f"./dev {arguments.command}: {error}\n")
        return 1
