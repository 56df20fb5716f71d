"""What lineage calls an object in a bucket."""

from activation.destinations.kinds.interface import Surroundings
from activation.destinations.kinds.object_store.settings import ObjectStoreSettings
from lineage.events.naming import DatasetName
from lineage.events.stores import object_store


def name_dataset(settings: ObjectStoreSettings, audience: str, _: Surroundings) -> DatasetName:
    """Return the name of the audience's object."""
    return object_store(f"s3://{settings.bucket}/{settings.prefix}/{audience}.{settings.format}")
