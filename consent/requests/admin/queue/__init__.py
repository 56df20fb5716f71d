"""The queue: which requests wait, the one that is due first on top."""
