"""One step of the work: a transaction that reads what was true at one moment, and writes what follows."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg import errors


class Overtaken(Exception):
    """Another worker wrote what this step rests on. Nothing of the step was written: do it anew."""


@contextmanager
def one_moment() -> Iterator[None]:
    """Let everything read meanwhile be of one moment. In a transaction of the caller's, as that reads.

    :raises Overtaken: if it met what another worker wrote meanwhile; all of it is undone then.
    """
    is_own = not connection.in_atomic_block
    try:
        with transaction.atomic():
            if is_own:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, errors.SerializationFailure | errors.DeadlockDetected):
            raise Overtaken from error
        raise
