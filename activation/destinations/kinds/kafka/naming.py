"""What lineage calls a Kafka topic."""

from activation.destinations.kinds.interface import Surroundings
from activation.destinations.kinds.kafka.settings import KafkaSettings
from lineage.events.naming import DatasetName
from lineage.events.stores import kafka_topic


def name_dataset(settings: KafkaSettings, _: str, __: Surroundings) -> DatasetName:
    """Return the name of the topic, which all audiences of the destination share."""
    return kafka_topic(servers=",".join(settings.servers), topic=settings.topic)
