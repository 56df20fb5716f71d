"""What is told of signing in: one function, into the ledger's `audit` stream.

Bodies hold the ids of officers and what happened. What somebody typed is never among it.
"""

from django.db import transaction

from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream

Fact = str | int | bool | None | list[str]


@transaction.atomic
def tell(kind: str, *, officer_id: int | None = None, **facts: Fact) -> None:
    """Append what happened to the audit stream; `officer_id` is None where no account is known."""
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, {"officer": officer_id, **facts})])
