"""What the fork server loads once, so that a process of a schedule starts in milliseconds."""

import django

django.setup()

import tests.chaos.roles  # noqa: E402, F401
