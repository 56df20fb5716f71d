"""A table in a PostgreSQL of the recipient's: an audience's rows are replaced in one transaction."""

from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.postgresql.connector import PostgresqlConnector, open_connector
from activation.destinations.kinds.postgresql.naming import name_dataset
from activation.destinations.kinds.postgresql.settings import PostgresqlSettings

__all__ = ["KIND", "PostgresqlConnector", "PostgresqlSettings"]

KIND = Kind(
    slug="postgresql",
    title="A table in PostgreSQL",
    settings=PostgresqlSettings,
    secrets={"password": "The database user's password"},
    open=open_connector,
    replaces=True,
    lists=True,
    name_dataset=name_dataset,
)
