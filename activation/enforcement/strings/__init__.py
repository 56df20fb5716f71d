"""People's own strings where rows leave: columns that are owed them carry them, and nobody goes without."""
