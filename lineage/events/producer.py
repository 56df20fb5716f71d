"""Who produces our events and facets."""

PRODUCER = "https://accordant.example/producer"
"""Passed to every facet by name: the client would fill in its own URL, and its `set_producer()` sets a global
that other code in the process may set as well. The facet `processing_engine` holds the version of what
ran."""

TAG_SOURCE = "ACCORDANT"
"""Who set a tag."""
