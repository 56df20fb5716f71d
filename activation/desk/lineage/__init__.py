"""Pages over the graph of lineage: the picture, runs, ungated paths, and what officers declare."""
