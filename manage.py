#!/usr/bin/env python
"""Django's command line, on this project's settings."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the setting above

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
