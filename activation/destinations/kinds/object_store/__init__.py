"""A bucket of an S3-compatible object store: one object for each audience, its manifest beside it."""

from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.object_store.connector import ObjectStoreConnector, open_connector
from activation.destinations.kinds.object_store.naming import name_dataset
from activation.destinations.kinds.object_store.settings import ObjectStoreSettings

__all__ = ["KIND", "ObjectStoreConnector", "ObjectStoreSettings"]

KIND = Kind(
    slug="object_store",
    title="Objects in an S3-compatible store",
    settings=ObjectStoreSettings,
    secrets={
        "access_key_id": "The access key's id",
        "secret_access_key": "The access key's secret",
    },
    open=open_connector,
    replaces=True,
    lists=True,
    name_dataset=name_dataset,
)
