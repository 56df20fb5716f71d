"""A Kafka topic: one message for each row, all of a delivery's in one transaction."""

from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.kafka.connector import KafkaConnector, open_connector
from activation.destinations.kinds.kafka.naming import name_dataset
from activation.destinations.kinds.kafka.settings import KafkaSettings

__all__ = ["KIND", "KafkaConnector", "KafkaSettings"]

KIND = Kind(
    slug="kafka",
    title="A Kafka topic",
    settings=KafkaSettings,
    secrets={"password": "The user's password, where the settings name a user"},
    open=open_connector,
    replaces=False,
    lists=True,
    name_dataset=name_dataset,
)
