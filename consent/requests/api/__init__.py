"""What the HTTP API takes and tells of data subject requests."""
