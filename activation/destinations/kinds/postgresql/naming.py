"""What lineage calls a table in PostgreSQL."""

from activation.destinations.kinds.interface import Surroundings
from activation.destinations.kinds.postgresql.settings import PostgresqlSettings
from lineage.events.naming import DatasetName
from lineage.events.stores import postgres_table


def name_dataset(settings: PostgresqlSettings, _: str, __: Surroundings) -> DatasetName:
    """Return the name of the table, which all audiences of the destination share."""
    return postgres_table(
        host=settings.host,
        port=settings.port,
        database=settings.database,
        schema=settings.schema,
        table=settings.table,
    )
