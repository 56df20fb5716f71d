"""What the fork server loads once, so that a process of a schedule starts in milliseconds."""

import gc

import django

django.setup()

import tests.chaos.check_roles  # noqa: E402
import tests.chaos.roles  # noqa: E402, F401
from tests.records_world import make_new_row  # noqa: E402

make_new_row()  # loads what validation loads on first use
gc.collect()
gc.freeze()  # else each process's first collection walks, and copies, all of Django
