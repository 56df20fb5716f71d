"""Officers' accounts: what is told of them, who administers, and the ending of their sessions."""

from collections.abc import Collection

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.db import transaction

from config.roles.declared import ADMINISTRATOR
from config.signing_in import factors
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream

ACCOUNT_MADE, ACCOUNT_CHANGED, SESSIONS_ENDED = "account_made", "account_changed", "sessions_ended"


def is_last_administrator(account: User) -> bool:
    """Return whether nobody else is left who gives roles. Others who change accounts wait until this is done.

    :raises TransactionManagementError: outside a transaction: nothing would hold them back.
    """
    for _ in Group.objects.select_for_update().filter(name=ADMINISTRATOR.title).order_by("pk"):
        pass
    administrators = get_user_model().objects.filter(
        is_active=True, is_staff=True, groups__name=ADMINISTRATOR.title
    )
    here = set(administrators.order_by("pk").values_list("pk", flat=True))
    return here == {account.pk}


def tell_account(
    account: User, *, officer_id: int, roles_before: Collection[str], is_new: bool = False
) -> None:
    """Tell the ledger which roles the account has now, in the transaction that made it so."""
    roles = set(account.groups.order_by("pk").values_list("name", flat=True))
    body = {
        "officer": officer_id,
        "account": account.pk,
        "given": sorted(roles - set(roles_before)),
        "taken": sorted(set(roles_before) - roles),
        "is_active": account.is_active,
    }
    kind = ACCOUNT_MADE if is_new else ACCOUNT_CHANGED
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])


@transaction.atomic
def end_sessions(account: User, *, officer_id: int) -> int:
    """Sign the account out everywhere, tell the ledger, and return how many sessions ended."""
    count = factors.end_sessions(account)
    body = {"officer": officer_id, "account": account.pk, "sessions": count}
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(SESSIONS_ENDED, body)])
    return count
