"""Reads of the law as officers keep it."""

from datetime import date

from consent.policies.law.rows import read_table
from consent.policies.law.shipped import load_shipped_law
from consent.policies.law.types import LawTable
from consent.policies.models import Jurisdiction


def get_law(*, at: date) -> LawTable:
    """Return the rows that hold on the day `at`.

    Where nobody has run `import_law` yet, the shipped table answers: a policy is never held against nothing.
    """
    table = read_table() if Jurisdiction.objects.exists() else load_shipped_law()
    return table.in_force(at)
