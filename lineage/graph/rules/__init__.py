"""How events become a graph, and what the graph says. Pure."""
