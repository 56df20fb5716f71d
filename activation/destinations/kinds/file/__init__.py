"""A folder on a disk of ours: one file for each audience, its manifest beside it."""

from activation.destinations.kinds.file.connector import FileConnector, open_connector
from activation.destinations.kinds.file.naming import name_dataset
from activation.destinations.kinds.file.settings import FileSettings
from activation.destinations.kinds.interface import Kind

__all__ = ["KIND", "FileConnector", "FileSettings"]

KIND = Kind(
    slug="file",
    title="Files in a folder",
    settings=FileSettings,
    secrets={},
    open=open_connector,
    replaces=True,
    lists=True,
    name_dataset=name_dataset,
)
