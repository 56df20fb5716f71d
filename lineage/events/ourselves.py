"""What is ours in every event: the engine that runs, and a tag of our own."""

from lineage.events.types import Engine

ENGINE = Engine("accordant", "0.1.0")
"""The software that runs our jobs."""

DENIED_ROWS = "accordant.denied"
"""The key of the tag of an output that holds what an enforcement denied: nothing in it may go anywhere."""
