"""`./dev test`: the tests, on a real database, broker and browser."""

import os
import sys
from collections.abc import Mapping, Sequence

from config import embedded
from config.embedded import home as homes
from config.launch import browser
from config.launch.arguments import ROOT, Arguments
from config.launch.children import foreground
from config.launch.console import say

PROCESSES = 2


def run(arguments: Arguments) -> int:
    """Run the tests and return pytest's exit code."""
    homes.create(arguments.home)
    chromium = browser.find() if is_narrowed(arguments.rest) else browser.find_or_install()
    with embedded.services(home=arguments.home / "test", durable=False, say=say) as services:
        variables = {**os.environ, **_variables(services, chromium=chromium)}
        return foreground(pytest_command(arguments.rest, long=arguments.long), variables, folder=ROOT)


def _variables(services: Mapping[str, str], *, chromium: str | None) -> dict[str, str]:
    """Return what the tests need to know. Their keys are in the test settings, the same everywhere."""
    servers = {name: url for name, url in services.items() if name in {"DATABASE_URL", "BROKER_URL"}}
    browser = {"CHROMIUM_PATH": chromium} if chromium else {}
    return {"DJANGO_SETTINGS_MODULE": "config.settings.test", **servers, **browser}


def pytest_command(rest: Sequence[str], *, long: bool) -> list[str]:
    """Return the command; the caller's own options come last, so that they win."""
    marks = [] if long else ["-m", "not long"]
    return [sys.executable, "-m", "pytest", "-n", str(PROCESSES), "--dist=loadgroup", *marks, *rest]


def is_narrowed(rest: Sequence[str]) -> bool:
    """Return whether the caller named the tests to run."""
    return any((ROOT / word.partition("::")[0]).exists() for word in rest if not word.startswith("-"))
