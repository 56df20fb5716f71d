"""Signing the log: checkpoints, and the keys that sign them."""

import base64

from django.conf import settings
from django.db import connection, transaction

from consent.kernel import checkpoints
from consent.kernel.checkpoints import Checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.handover import write_handover
from consent.kernel.signing import SigningKey, VerifyKey
from consent.ledger import models, queries

_SIGN_LOCK = 0x5349474E  # "SIGN": the key of the advisory lock of who signs


class KeyNotHandedOver(AccordantError):
    """The configured key is not the one that signs this log."""

    code = "key_not_handed_over"
    status = 409


class LogRolledBack(AccordantError):
    """The log holds less, or something else, than was signed or witnessed before: a backup was restored."""

    code = "log_rolled_back"
    status = 409


def get_signing_key() -> SigningKey:
    """Return the key that signs this installation's checkpoints and manifests."""
    return SigningKey.from_seed(settings.SIGNING_NAME, base64.b64decode(settings.SIGNING_KEY))


def get_log_key() -> SigningKey:
    """Return the key that signs this log now: the configured one, if it is.

    :raises KeyNotHandedOver: if the key that signs this log is another one, or nothing was ever signed.
    """
    key, keys = get_signing_key(), queries.list_log_keys()
    if not keys or keys[-1].verify_key != key.verify_key.text:
        raise KeyNotHandedOver("the configured key does not sign this log: configure the one that does")
    return key


@transaction.atomic
def sign_checkpoint() -> bytes | None:
    """Sign the log as it is now, if it has grown since it was signed, and return the note.

    The note is stored in the same transaction, under the next number: of two processes that sign, one fails.

    :raises KeyNotHandedOver: if the key that signs this log is another one.
    :raises LogRolledBack: if the log is shorter than what was signed before.
    """
    _take_turns()
    frontier, last = queries.get_frontier(), queries.get_checkpoint()
    if frontier.size < (last.size if last else 0):
        raise LogRolledBack(f"the ledger has {frontier.size} entries, and {last and last.size} were signed")
    if frontier.size == (last.size if last else 0):
        return None
    key = get_signing_key()
    origin = _enter_key(key)
    note = checkpoints.sign_checkpoint(Checkpoint(origin, frontier.size, frontier.root), key)
    models.Checkpoint.objects.create(
        number=last.number + 1 if last else 0, size=frontier.size, root=frontier.root, note=note
    )
    return note


@transaction.atomic
def hand_over_key(*, to: SigningKey) -> bytes:
    """Let the configured key sign the log as it is, and hand over to `to`; return the note that both sign.

    From the next checkpoint on only `to` signs: configure it, and restart what signs.

    :raises KeyNotHandedOver: if the key that signs this log is not the configured one.
    :raises MalformedHandover: if `to` is the configured key.
    """
    sign_checkpoint()
    _take_turns()
    old, last = get_signing_key(), queries.get_checkpoint()
    size, keys = last.size if last else 0, queries.list_log_keys()
    note = write_handover(_enter_key(old), old, to, size)
    models.LogKey.objects.create(
        number=max(len(keys), 1), from_size=size, verify_key=to.verify_key.text, handover=note
    )
    return note


def _take_turns() -> None:
    """Hold the lock of signing until the transaction ends: nobody signs while a key hands over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SIGN_LOCK])


def _enter_key(key: SigningKey) -> str:
    """Return the log's origin if `key` signs it; the first key that comes is entered, and gives its name."""
    keys = queries.list_log_keys()
    if not keys:
        models.LogKey.objects.create(number=0, from_size=0, verify_key=key.verify_key.text, handover=b"")
        return key.verify_key.name
    if keys[-1].verify_key != key.verify_key.text:
        raise KeyNotHandedOver(
            f"this ledger is signed by {keys[-1].verify_key}, and the configured key is another one:"
            " configure that key, or let it hand over (hand_over_key)"
        )
    return VerifyKey.parse(keys[0].verify_key).name
