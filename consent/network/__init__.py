"""The network: the way out to recipients, by addresses that were checked, and where visitors come from."""
