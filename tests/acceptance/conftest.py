"""The demo, run once for all acceptance tests: with its own databases, its own worker and its own server."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from config.launch.arguments import ROOT

expect.set_options(timeout=20_000)  # two browsers, a database and a demo share two processors
OURS = ("ACCORDANT_", "DATABASE_URL", "KEYS_DATABASE_URL", "BROKER_URL", "SECRET_KEY", "DJANGO_", "PYTEST_")
SERVING = re.compile(r"Serving at (http://127\.0\.0\.1:\d+)")
SHOP = re.compile(r"shop's page with a banner is at (http://127\.0\.0\.1:\d+)")
LOGIN = re.compile(r"name: (\S+)  password: (\S+)")


@dataclass(frozen=True)
class Demo:
    """A demo that serves."""

    home: Path
    url: str
    shop: str
    """Where the shop's page is."""
    story: str
    login: tuple[str, str]
    summary: dict[str, Any]
    process: "subprocess.Popen[str]"


def clean_environment() -> dict[str, str]:
    """Return this environment without what the test run has set: the demo starts from nothing."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Run `./dev demo` in a home of its own until it serves; end it afterwards."""
    folder = tmp_path_factory.mktemp("demo")
    home, figures = folder / "home", folder / "out.json"
    command = [sys.executable, "dev", "demo", "--home", str(home), "--json", str(figures)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            story = _read_until_serving(process)
            yield _demo(home, story, json.loads(figures.read_text()), process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _read_until_serving(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if SERVING.search(line):
            return "".join(lines)
    pytest.fail("the demo ended before it served:\n" + "".join(lines))


def _demo(home: Path, story: str, summary: dict[str, Any], process: "subprocess.Popen[str]") -> Demo:
    serving, login, shop = SERVING.search(story), LOGIN.search(story), SHOP.search(story)
    assert serving is not None
    assert shop is not None
    assert login is not None
    return Demo(home, serving[1], shop[1], story, (login[1], login[2]), summary, process)
