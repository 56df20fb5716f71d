"""What we know of the way of data: events that we emitted or received, kept as a graph."""
