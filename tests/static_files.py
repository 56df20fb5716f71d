"""Which static files there are, looked for once in a process.

Each client of a test loads the middleware anew, and WhiteNoise looks for every file then. The files are
those of installed packages: no test makes one where the finders look without other settings, and those are
another key.
"""

from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

OF_FILES = ("FORCE_SCRIPT_NAME", "INSTALLED_APPS", "STATIC", "STORAGES", "WHITENOISE")
"""What the names of the settings begin with that say which files there are, and how they are served."""


def install() -> None:
    """Let WhiteNoise look for files once for the same settings."""
    look = WhiteNoiseMiddleware.add_files_from_finders
    known: dict[str, dict[str, Any]] = {}

    def add(middleware: Any) -> None:
        if middleware.files:  # there are others already: of a folder of collected files
            look(middleware)
            return
        key = describe_settings()
        if key not in known:
            look(middleware)
            known[key] = dict(middleware.files)
        middleware.files.update(known[key])

    WhiteNoiseMiddleware.add_files_from_finders = add


def describe_settings() -> str:
    """Return all that the settings say about static files."""
    names = (name for name in dir(settings) if name.startswith(OF_FILES))
    return repr([(name, getattr(settings, name)) for name in sorted(names)])
