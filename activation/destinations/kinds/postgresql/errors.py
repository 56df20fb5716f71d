"""What PostgreSQL says, told without what it quotes: its messages may repeat values of rows."""

import psycopg

from consent.network.errors import DeliveryFailed, DeliveryRefused

_LASTING_AT_CONNECT = {
    "authentication failed": "the user name or the password is wrong",
    "no password supplied": "a password is needed: enter it as a credential",
    "does not exist": "there is no such database or user",
    "not permitted to log in": "the user may not log in",
    "permission denied for database": "the user may not connect to the database",
    "no pg_hba.conf entry": "the server's pg_hba.conf does not let us in from here",
    "certificate verify failed": "the server's certificate is not trusted",
    "does not match host name": "the server's certificate is for another name",
    "server does not support SSL": "the server does not speak TLS",
}
_PASSING = frozenset({"08", "40", "53", "55", "57", "58", "XX"})
"""Classes of SQLSTATE that a repeat may not meet: connection, rollback, resources, state, system."""
_WORDS = {
    "22021": "a text holds a character that PostgreSQL has no form for (such as NUL)",
    "22001": "a text is longer than its column takes",
    "22003": "a number is larger than its column takes",
    "22P02": "a value has not the form of its column's type",
    "22007": "a day or a time has not the form of its column's type",
    "23502": "the table wants a value in a column that the rows leave empty or do not have",
    "23505": "two rows have the same key",
    "23514": "a check of the table says no",
    "23503": "the table refers to another one, which lacks what the rows name",
    "42501": "the user has not the permission that it takes",
    "42804": "a column of the table has another type",
    "42P01": "the table is gone",
    "42703": "the table lacks a column",
    "25006": "the server takes no writes (it may be a standby)",
    "57014": "it took longer than `step_seconds`",
    "57P01": "the server is shutting down",
    "53100": "the server's disk is full",
    "53300": "the server has no connection left",
}


def tell(error: psycopg.Error) -> DeliveryRefused | DeliveryFailed:
    """Return what the operator is told of an error of a statement."""
    state = error.sqlstate
    if state is None:
        return DeliveryFailed("the connection to PostgreSQL broke off, or its server did not answer in time")
    names = (error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
    where = ", ".join(name for name in names if name)
    told = f"PostgreSQL: {_WORDS.get(state, 'it said no')} (SQLSTATE {state}{', ' + where if where else ''})"
    if state[:2] in _PASSING:
        return DeliveryFailed(f"{told}; run again later")
    return DeliveryRefused(f"{told}; nothing was delivered")


def tell_connecting(error: psycopg.Error) -> DeliveryRefused | DeliveryFailed:
    """Return what the operator is told when there is no connection. Servers say why in words only."""
    said = str(error)
    for word, told in _LASTING_AT_CONNECT.items():
        if word in said:
            return DeliveryRefused(f"PostgreSQL cannot be connected to: {told}")
    return DeliveryFailed(
        "PostgreSQL cannot be connected to now: it is not reached, does not"
        " answer in time, or takes no more connections"
    )
