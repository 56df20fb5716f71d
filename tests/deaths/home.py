"""Where the runs of one folder keep what is neither their audience nor their output: beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.test import override_settings


def home_of(folder: Path) -> Path:
    """Return the place. Its name begins with that of `folder`, so what happens there is a point too."""
    return folder.with_name(f"{folder.name}.home")


@contextmanager
def at_home(folder: Path) -> Iterator[Path]:
    """Let the runs of `folder` keep things there."""
    home = home_of(folder)
    home.mkdir(exist_ok=True)
    with override_settings(
        SCRATCH=home / "scratch", MEMBERS=home / "members", DELIVERY_FOLDER=home / "deliveries"
    ):
        yield home
