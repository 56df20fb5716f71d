"""How often a code may be tried. The count is in the database: it holds across processes and restarts."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from config.signing_in.models import FactorAttempts

MOST = 10
SPAN = timedelta(minutes=15)
_SPENT_FOR = timedelta(minutes=3)  # longer than a code of an app is taken


@transaction.atomic
def take_attempt(*, officer_id: int, at: datetime) -> bool:
    """Count one try, and return whether it may be made. The time begins anew by itself."""
    row = _lock(officer_id, at)
    if at - row.since_at >= SPAN:
        row.count, row.since_at = 0, at
    if row.count >= MOST:
        return False
    row.count += 1
    row.save()
    return True


@transaction.atomic
def spend(*, officer_id: int, code: str, at: datetime) -> bool:
    """Return whether this code was not used before, and note it: one that was overseen is worth nothing."""
    row = _lock(officer_id, at)
    recent = (at - _SPENT_FOR).timestamp()
    row.spent = {key: used for key, used in row.spent.items() if used > recent}
    key = _hash(code)
    if key in row.spent:
        return False
    row.spent[key] = at.timestamp()
    row.save()
    return True


def forgive(*, officer_id: int) -> None:
    """Forget how often codes were tried: the right one came, or an administrator lets the officer try."""
    FactorAttempts.objects.filter(officer_id=officer_id).update(count=0)


def _lock(officer_id: int, at: datetime) -> FactorAttempts:
    FactorAttempts.objects.get_or_create(officer_id=officer_id, defaults={"since_at": at})
    return FactorAttempts.objects.select_for_update().get(officer_id=officer_id)


def _hash(code: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"spent code:{code}".encode(), sha256).hexdigest()
