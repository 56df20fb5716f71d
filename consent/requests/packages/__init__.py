"""Access packages: put together, looked at, released, taken."""
