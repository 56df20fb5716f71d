"""What the HTTP API tells of subscriptions, and takes for them."""
