"""Reads of the daily counts of choices: one index range each, whatever the ledger holds."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.db.models import Sum

from activation.desk.home.models import ChoiceCount

ByChoice = Mapping[str, int]


def list_by_day(
    *, since: date, until: date, purpose: str | None = None, jurisdiction: str | None = None
) -> Mapping[date, ByChoice]:
    """Return how many choices of each kind were recorded on each day of the span, both ends within."""
    rows = ChoiceCount.objects.filter(day__gte=since, day__lte=until)
    if purpose is not None:
        rows = rows.filter(purpose=purpose)
    if jurisdiction is not None:
        rows = rows.filter(jurisdiction=jurisdiction)
    summed = rows.values("day", "choice").annotate(total=Sum("count")).order_by("day", "choice")
    found: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for day, choice, total in summed.values_list("day", "choice", "total"):
        found[day][choice] = int(total)
    return found


def list_by_place(*, since: date, until: date) -> Mapping[tuple[str, str], ByChoice]:
    """Return the same by purpose and jurisdiction."""
    rows = ChoiceCount.objects.filter(day__gte=since, day__lte=until)
    names = ("purpose", "jurisdiction", "choice")
    summed = rows.values(*names).annotate(total=Sum("count")).order_by(*names)
    found: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for purpose, jurisdiction, choice, total in summed.values_list(*names, "total"):
        found[purpose, jurisdiction][choice] = int(total)
    return found
