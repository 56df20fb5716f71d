"""Takes in what other systems tell of the way of data: OpenLineage events, for the graph."""
