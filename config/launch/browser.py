"""The browser for the tests: the system's Chromium. None is downloaded."""

import os
import shutil
import subprocess
from pathlib import Path

from config.launch.console import say
from config.launch.errors import LaunchError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = ("apt-get", "--quiet=2")


class NoBrowser(LaunchError):
    """The tests need a Chromium, and there is none."""


def find() -> str | None:
    """Return the path of the browser, if there is one.

    :raises NoBrowser: if CHROMIUM_PATH names none.
    """
    if given := os.environ.get("CHROMIUM_PATH"):
        if shutil.which(given):
            return given
        raise NoBrowser(f"CHROMIUM_PATH is {given}, which is no program.")
    return next(filter(None, map(shutil.which, NAMES)), None)


def find_or_install() -> str:
    """Return the path of the browser. Root on Debian gets it installed.

    :raises NoBrowser: if there is none; the message holds the one command to run.
    """
    if found := find():
        return found
    if os.geteuid() != 0 or not is_debian(_release()):
        raise NoBrowser(f"The tests need Chromium. Run: {advice(_release())}")
    say("Installing Chromium …")
    for words in (("update",), ("install", "--yes", "--no-install-recommends", "chromium")):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        if subprocess.run([*APT, *words], env=environment, check=False).returncode:  # noqa: S603 - fixed words
            raise NoBrowser(
                f"apt-get {words[0]} failed; see above. The tests need Chromium, or CHROMIUM_PATH."
            )
    if found := find():
        return found
    raise NoBrowser("Chromium was installed and is not on the PATH. Set CHROMIUM_PATH.")


def is_debian(release: str) -> bool:
    """Return whether /etc/os-release speaks of Debian itself: others ship Chromium in other ways."""
    return "ID=debian" in release.splitlines()


def advice(release: str) -> str:
    """Return the command that gives this system a Chromium."""
    if is_debian(release):
        return "sudo apt-get install chromium"
    if "ID=ubuntu" in release.splitlines():
        return "sudo snap install chromium"
    return "CHROMIUM_PATH=/path/to/chromium ./dev test"


def _release() -> str:
    path = Path("/etc/os-release")
    return path.read_text() if path.exists() else ""
