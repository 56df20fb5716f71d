"""Whether a request is the person's own."""
