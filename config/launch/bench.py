"""`./dev bench [NAME]`: the benchmarks in `tests/bench`, on services of their own."""

import sys

from config import embedded
from config.embedded import home as homes
from config.launch.arguments import ROOT, Arguments
from config.launch.children import as_owner, environment, foreground, migrate
from config.launch.console import say


def run(arguments: Arguments) -> int:
    """Run one benchmark or all, and return the exit code."""
    homes.create(arguments.home)
    home = arguments.home / "bench"
    with embedded.services(home=home, say=say) as services:
        variables = environment(services)
        migrate(variables, home=home)
        names = [arguments.name] if arguments.name else []
        command = [sys.executable, "-m", "tests.bench", *names]
        return foreground(command, as_owner(variables), folder=ROOT)  # a benchmark makes databases
