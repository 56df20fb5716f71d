"""What the HTTP API tells of runs."""
