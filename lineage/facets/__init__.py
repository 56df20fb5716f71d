"""Our OpenLineage facets, the official ones that we emit, and the check of events against both. No Django."""
