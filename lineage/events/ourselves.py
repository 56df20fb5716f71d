"""What is ours in every event: the engine that runs, and the datasets that lie in this service."""

from lineage.events.naming import DatasetName
from lineage.events.types import Engine

ENGINE = Engine("accordant", "0.1.0")
"""The software that runs our jobs."""

LEDGER = DatasetName("accordant://ledger", "consent")
"""What people were told and chose, and what became of it: the ledger with all that is made from it."""

DENIED_ROWS = "accordant.denied"
"""The key of the tag of an output that holds what an enforcement denied: nothing in it may go anywhere."""

POLICIES_NAMESPACE = "accordant://policies"
IMPORTS_NAMESPACE = "accordant://imports"


def policy(key: str) -> DatasetName:
    """Return the name of a policy; its versions are versions of the dataset."""
    return DatasetName(POLICIES_NAMESPACE, key)


def imports(file_format: str) -> DatasetName:
    """Return the name of what is imported in a format.

    Not the file's: people name files after people, and each would be another dataset.
    """
    return DatasetName(IMPORTS_NAMESPACE, file_format)
